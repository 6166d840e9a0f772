"""[overdue] and [priorities] of the profile: what happens when a time is over, and what a priority brings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.deadlines import UNITS
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.reminders import USUAL, OverdueRule, PriorityRule
from orchestrator.sentences import say

SHORTEST: Mapping[str, int] = {"minutes": 5}
"""Unit → how seldom at least something is told again."""
RAISED = tuple(name for name in PRIORITIES if name != "normal")
"""Priorities that may have a rule."""


def read_overdue(
    top: Table, deadlines: Mapping[str, object], articles: Collection[str]
) -> dict[str, tuple[OverdueRule, ...]]:
    """Deadline or `default` → its stages, in order; empty where the profile has no such table."""
    table = top.table("overdue", required=False)
    if table is None:
        return {}
    result: dict[str, tuple[OverdueRule, ...]] = {}
    for name in table.names():
        if name not in deadlines and name != USUAL:
            table.refuse(
                say(
                    "“overdue.{name}”不是 [deadlines] 中的时限；没有单列的时限写在 [[overdue.default]]",
                    name=name,
                ),
                name,
            )
        result[name] = tuple(
            _stage(row, articles) for row in table.rows(name, required=False)
        )
    return result


def _stage(table: Table, articles: Collection[str]) -> OverdueRule:
    unit = "working_days"
    if "unit" in table:
        unit = table.text("unit", of=tuple(UNITS))
    day_in = ""
    if "after_day_in" in table:
        day_in = table.text("after_day_in")
    overdue_rule = OverdueRule(
        table.number("after", 0),
        unit,
        day_in,
        _repeat(table, unit),
        table.flag("notice", False),
        table.flag("mark", False),
        table.words("copy_to", []),
        table.words("escalate_to", []),
        table.flag("bulletin", False),
        read_citation(table, "citation", articles, USUAL),
    )
    if day_in and overdue_rule.after:
        table.refuse(
            say(
                "“{name}”的“after”和“after_day_in”只能写一个：从到期起算，或者从承诺的日期起算",
                name=table.name,
            ),
            "after_day_in",
        )
    done = (
        overdue_rule.notice,
        overdue_rule.mark,
        overdue_rule.copy_to,
        overdue_rule.escalate_to,
        overdue_rule.bulletin,
    )
    if not any(done):
        table.refuse(
            say(
                "“{name}”没有写到期以后做什么，可写 {listed}",
                name=table.name,
                listed="、".join(
                    ("notice", "mark", "copy_to", "escalate_to", "bulletin")
                ),
            )
        )
    table.done()
    return overdue_rule


def _repeat(table: Table, unit: str) -> int:
    if "repeat" not in table:
        return 0
    # One that is told every minute is no longer read.
    return table.number("repeat", at_least=SHORTEST.get(unit, 1))


def read_priorities(
    top: Table, articles: Collection[str]
) -> dict[str, PriorityRule]:
    """Priority → its rule; empty where the profile has no such table."""
    table = top.table("priorities", required=False)
    if table is None:
        return {}
    priorities = {}
    for name, below in top.tables("priorities"):
        if name not in RAISED:
            table.refuse(
                say(
                    "“priorities”的“{name}”不是紧急程度，应是 {listed} 之一",
                    name=name,
                    listed="、".join(RAISED),
                ),
                name,
            )
        priorities[name] = _priority(below, articles)
    return priorities


def _priority(table: Table, articles: Collection[str]) -> PriorityRule:
    repeat = None
    if "repeat_minutes" in table:
        repeat = table.number("repeat_minutes", at_least=SHORTEST["minutes"])
    name = ""
    if "name" in table:
        name = table.text("name")
    priority_rule = PriorityRule(
        table.words("tell", []),
        table.words("on_call", []),
        repeat,
        read_citation(table, "citation", articles, USUAL),
        name,
    )
    table.done()
    return priority_rule
