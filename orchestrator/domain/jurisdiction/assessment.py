"""[assessment] of the profile: who assesses whom, how often, by which indicators, from which day on."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from itertools import pairwise

from orchestrator.domain.assessment import (
    ASSESSED,
    EXCLUSIONS,
    FULL_MARK,
    PERIODS,
    AssessmentRule,
    Formula,
    Indicator,
)
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.sentences import say

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DAY = "2026-01-01"
LONGEST_NAME = 60
"""Letters of the name of a rule and of an indicator, as they are kept with a closed period."""
LONGEST_GRADE = 40
LATEST_CLOSING = 365
LONGEST_APPEAL = 60
"""Working days."""
LARGEST_VALUE = 1_000_000


def read_assessment(
    top: Table, articles: Collection[str]
) -> tuple[AssessmentRule, ...]:
    """The rules, in the file's order; none of a profile without the table."""
    if "assessment" not in top:
        return ()
    return tuple(
        _rule(key, table, articles) for key, table in top.tables("assessment")
    )


def _rule(key: str, table: Table, articles: Collection[str]) -> AssessmentRule:
    _require_key(table, key)
    rule = AssessmentRule(
        key,
        table.text("name", longest=LONGEST_NAME),
        table.text("of", of=ASSESSED),
        table.text("every", of=PERIODS),
        table.words("by"),
        table.words("closers", []),
        table.number("closes_after", 0, at_most=LATEST_CLOSING),
        table.number("appeal_days", at_least=1, at_most=LONGEST_APPEAL),
        tuple(_formula(row, articles) for row in table.rows("formulas")),
        read_citation(table, "citation", articles),
    )
    if not rule.by:
        table.refuse(say("“{name}.by”应写明由谁考核", name=table.name), "by")
    if not rule.formulas:
        table.refuse(say("“{name}”没有一套考核指标", name=table.name))
    days = [formula.from_on for formula in rule.formulas]
    if any(a >= b for a, b in pairwise(days)):
        table.refuse(
            say(
                "“{name}.formulas”的 from_on 应从早到晚排列，不能相同",
                name=table.name,
            ),
            "formulas",
        )
    table.done()
    return rule


def _formula(table: Table, articles: Collection[str]) -> Formula:
    from_on = table.day("from_on")
    if from_on is None:
        if "from_on" not in table:
            table.refuse(
                say(
                    "“{name}”缺少“from_on”：从哪一天起施行，如 {day}，不加引号",
                    name=table.name,
                    day=_DAY,
                )
            )
        from_on = date.min
    indicators = tuple(
        _indicator(row, articles) for row in table.rows("indicators")
    )
    weights = sum(indicator.weight for indicator in indicators)
    if weights != FULL_MARK:
        table.refuse(
            say(
                "“{name}”各项指标的 weight 合计是 {weights}，应是 100",
                name=table.name,
                weights=weights,
            ),
            "indicators",
        )
    keys = [indicator.key for indicator in indicators]
    if len(set(keys)) < len(keys):
        table.refuse(
            say("“{name}”的指标 key 有重复", name=table.name), "indicators"
        )
    formula = Formula(
        from_on,
        indicators,
        table.words("exclude", [], of=EXCLUSIONS),
        _grades(table.table("grades", required=False)),
        read_citation(table, "citation", articles),
    )
    table.done()
    return formula


def _grades(table: Table | None) -> tuple[tuple[str, int], ...]:
    if table is None:
        return ()
    grades = tuple((name, table.number(name)) for name in table.names())
    least = [score for _name, score in grades]
    if any(a <= b for a, b in pairwise(least)) or any(
        value > FULL_MARK for value in least
    ):
        table.refuse(
            say(
                "“{name}”应从高到低写，每级的最低分各不相同，在 0 到 100 之间",
                name=table.name,
            )
        )
    if any(len(name) > LONGEST_GRADE for name, _score in grades):
        table.refuse(
            say(
                "“{name}”的等次名称最多 {longest} 个字",
                name=table.name,
                longest=LONGEST_GRADE,
            )
        )
    return grades


def _indicator(table: Table, articles: Collection[str]) -> Indicator:
    indicator = Indicator(
        table.text("key"),
        table.text("name", longest=LONGEST_NAME),
        table.text("value"),
        table.number("weight", at_least=1),
        table.number("full_at", at_most=LARGEST_VALUE),
        table.number("zero_at", at_most=LARGEST_VALUE),
        read_citation(table, "citation", articles),
    )
    _require_key(table, indicator.key)
    if indicator.full_at == indicator.zero_at:
        table.refuse(
            say(
                "“{name}”的 full_at 和 zero_at 相同，分不出高低",
                name=table.name,
            ),
            "full_at",
        )
    table.done()
    return indicator


def _require_key(table: Table, key: str) -> None:
    if key and not _KEY.fullmatch(key):
        table.refuse(
            say(
                "“{name}”的名称“{key}”应由小写字母、数字和下划线组成，最多 40 个",
                name=table.name,
                key=key,
            )
        )
