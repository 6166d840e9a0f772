"""[grid] of the profile: kinds, codes, who must serve in a grid, and how large it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import (
    DEDICATED,
    SETTINGS,
    CodeSegment,
    GridRules,
)
from orchestrator.sentences import say

CODE_SEGMENTS = ("administrative", "kind", "serial")
STAFFING = {
    "full_time": say("专职至少一名"),
    "any": say("至少一名"),
    "none": say("不要求"),
}
"""What a grid needs → what it is called."""


def _optional_number(table: Table, key: str) -> int | None:
    return table.number(key) if key in table else None


def read_grid(table: Table | None, articles: Collection[str]) -> GridRules:
    """What the profile says of grids; nothing is asked of them where it says nothing."""
    if table is None:
        return GridRules({}, (), {}, {}, "default")
    segments = []
    for row in table.rows("code"):
        segments.append(
            CodeSegment(
                row.text("name", of=CODE_SEGMENTS),
                row.number("length", at_least=1),
            )
        )
        row.done()
    if segments and sorted(segment.name for segment in segments) != sorted(
        CODE_SEGMENTS
    ):
        table.refuse(
            say(
                "“grid.code”应正好各有一段 {listed}",
                listed="、".join(CODE_SEGMENTS),
            ),
            "code",
        )
    elif segments and segments[-1].name != "serial":
        table.refuse(say("“grid.code”的顺序码 serial 应排在最后"), "code")
    kinds = table.pairs("kinds")
    kind_codes = table.pairs("kind_codes")
    staffing = table.pairs("staffing")
    if kinds.keys() != kind_codes.keys():
        table.refuse(
            say("“grid.kind_codes”应给“grid.kinds”里的每一类写一个代码"),
            "kind_codes",
        )
    if len(set(kind_codes.values())) < len(kind_codes):
        table.refuse(
            say("“grid.kind_codes”的代码有重复，两类网格会编出相同的编码"),
            "kind_codes",
        )
    length = next(
        (segment.length for segment in segments if segment.name == "kind"), 99
    )
    if any(
        len(code) > length or not code.isdigit()
        for code in kind_codes.values()
    ):
        table.refuse(
            say(
                "“grid.kind_codes”的代码应是不超过 {length} 位的数字",
                length=length,
            ),
            "kind_codes",
        )
    known = dict.fromkeys((*SETTINGS, DEDICATED, *kinds))
    for setting, required in staffing.items():
        if setting not in known or required not in STAFFING:
            table.refuse(
                say(
                    "“grid.staffing”的“{setting} = {required}”不对，应是 {listed} 对 {settings}",
                    setting=setting,
                    required=required,
                    listed="、".join(known),
                    settings="、".join(STAFFING),
                ),
                "staffing",
            )
    smallest = _optional_number(table, "min_households")
    largest = _optional_number(table, "max_households")
    if smallest is not None and largest is not None and smallest > largest:
        table.refuse(
            say("“grid.min_households”大于“grid.max_households”"),
            "min_households",
        )
    fewest = _optional_number(table, "min_people")
    most = _optional_number(table, "max_people")
    if (fewest is None) != (most is None) or (fewest or 0) > (most or 0):
        table.refuse(
            say("“grid.min_people”和“grid.max_people”要都写，前者不大于后者"),
            "min_people",
        )
    grid_rules = GridRules(
        kinds,
        tuple(segments),
        kind_codes,
        staffing,
        read_citation(table, "staffing_citation", articles),
        smallest,
        largest,
        read_citation(table, "size_citation", articles, "default"),
        table.words("size_settings", list(SETTINGS), of=tuple(known)),
        fewest,
        most,
        _staffing_grounds(table, staffing, articles),
        table.words("managed", [], of=tuple(kinds)),
        read_citation(table, "managed_citation", articles, "default"),
    )
    table.done()
    return grid_rules


def _staffing_grounds(
    table: Table, staffing: Mapping[str, str], articles: Collection[str]
) -> dict[str, str]:
    grounds = table.table("staffing_citations", required=False)
    if grounds is None:
        return {}
    for setting in {*grounds.names()} - staffing.keys():
        grounds.refuse(
            say(
                "“grid.staffing_citations”的“{setting}”在“grid.staffing”里没有，请改正或者补上配备要求",
                setting=setting,
            ),
            setting,
        )
    return {
        setting: read_citation(grounds, setting, articles)
        for setting in grounds.names()
    }
