"""What a resident may report by the code of a grid's board, how much of it, and what he reads of it later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from orchestrator.sentences import say

LONGEST_CONTENT = 1000
LONGEST_PLACE = 120
MOST_PHOTOS = 3
MOST_PIXELS = 25_000_000
"""Of one photograph: what strangers send is decoded in a tenth of a gigabyte."""
FROM_AN_ADDRESS = 10
"""Reports that one network address may send within WINDOW: a whole courtyard may stand behind it."""
ATTEMPTS_OF_AN_ADDRESS = 3 * FROM_AN_ADDRESS
"""Those that were refused for a photograph are counted too: each costs the machine its decoding."""
ABOUT_A_GRID = 60
"""Reports about one grid within WINDOW, whoever sends them."""
WINDOW = timedelta(hours=1)
STATES: Mapping[str, str] = {
    "received": say("已收到，等待工作人员核实"),
    "accepted": say("已受理，正在办理"),
    "finished": say("已办结"),
    "void": say("受理后经核实不需要办理，已作废。有疑问请拨打公示牌上的电话"),
    "refused": say("未受理"),
}
"""State → what the resident reads. `finished` and `void` are those of the case which the report became."""
_PHONE = re.compile("[0-9+-]{7,20}")


def objections(content: str, place: str, phone: str) -> dict[str, list[str]]:
    """Field → what to change; empty when the report may be sent."""
    result: dict[str, list[str]] = {}
    if len(content) < 4:
        result["content"] = [say("请写明是什么情况，至少 4 个字")]
    if len(content) > LONGEST_CONTENT:
        result["content"] = [_too_long(LONGEST_CONTENT, len(content))]
    if not place:
        result["place"] = [say("请写明在哪里，例如几号楼、什么路口")]
    if len(place) > LONGEST_PLACE:
        result["place"] = [_too_long(LONGEST_PLACE, len(place))]
    if phone and _PHONE.fullmatch(phone) is None:
        result["phone"] = [
            say("电话只填数字和短横线，7 至 20 位；不愿留可以不填"),
        ]
    return result


def _too_long(most: int, count: int) -> str:
    return say(
        "最多 {most} 个字，现在有 {count} 个字，请删减",
        most=most,
        count=count,
    )
