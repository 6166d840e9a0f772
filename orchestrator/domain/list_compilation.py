"""A list that is drafted whole: the items of the draft, those that the approver left out, and what forbids
it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from orchestrator.domain.items import Objection, Stay, plain_name, same_name
from orchestrator.sentences import joined, say

FIRST = "first"
"""A list where there is none."""
ADDITION = "addition"
"""Items added to the list that there is."""
MOST_ITEMS = 99
"""A decision's items are numbered with two digits."""


def drafted(variables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of the draft."""
    rows = variables.get("listed_items")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return []
    return [row for row in rows if isinstance(row, Mapping)]


def names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the items, in the order of the draft."""
    return [str(row.get("name") or "").strip() for row in rows]


def admitted(variables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of the draft without those that an approver left out."""
    refused = {
        *map(str, variables.get("refused_items") or ()),
        *map(str, variables.get("also_refused_items") or ()),
    }
    rows = drafted(variables)
    return [
        row
        for row, name in zip(rows, names(rows), strict=True)
        if name not in refused
    ]


def draft_objection(rows: Sequence[Mapping[str, Any]]) -> Objection | None:
    """Why the draft itself can't become a list, whatever the list there is."""
    if not rows:
        return _in_rows(say("草案里没有事项，请至少写一项"))
    if len(rows) > MOST_ITEMS:
        return _in_rows(
            say(
                "草案有 {count} 项，一份最多 {most} 项，请分两份编制",
                count=len(rows),
                most=MOST_ITEMS,
            ),
        )
    first: dict[str, int] = {}
    twice = []
    for number, name in enumerate(names(rows), 1):
        earlier = first.setdefault(plain_name(name), number)
        if earlier != number:
            twice.append(
                say(
                    "第 {number} 项“{name}”与第 {earlier} 项重复",
                    number=number,
                    name=name,
                    earlier=earlier,
                ),
            )
    if twice:
        return _in_rows(joined("；", twice))
    return None


def compilation_objection(
    stays: Iterable[Stay],
    variables: Mapping[str, Any],
    today: date,
    word: str,
) -> Objection | None:
    """Why the draft, less what was left out, can't be put on the list today: it is no first list, or an item
    is there already. `word`: what the city calls the list."""
    rows = admitted(variables)
    if drafted(variables) and not rows:
        return Objection(
            "refused_items",
            say("草案的各项都不予列入，清单没有变动"),
        )
    standing = [stay for stay in stays if stay.open(today)]
    result = draft_objection(rows)
    return (
        result
        or _kind(variables, len(standing), word)
        or _taken(standing, rows, today)
    )


def _kind(
    variables: Mapping[str, Any],
    count: int,
    word: str,
) -> Objection | None:
    kind = variables.get("list_kind")
    if kind == FIRST and count:
        return Objection(
            "list_kind",
            say(
                "本级已有{word}（{count} 项），不是首份，应为增补现行清单",
                word=word,
                count=count,
            ),
        )
    if kind == ADDITION and not count:
        return Objection(
            "list_kind",
            say("本级还没有{word}，没有可以增补的，应为首份清单", word=word),
        )
    return None


def _taken(
    standing: Sequence[Stay],
    rows: Sequence[Mapping[str, Any]],
    today: date,
) -> Objection | None:
    taken = [
        there.name
        for name in names(rows)
        if (there := same_name(standing, name, today)) is not None
    ]
    if not taken:
        return None
    return _in_rows(
        say(
            "已在清单上或者已批准纳入的不能重复列入：{names}",
            names=joined("、", (f"“{name}”" for name in taken)),
        ),
    )


def _in_rows(sentence: str) -> Objection:
    return Objection("listed_items", sentence)
