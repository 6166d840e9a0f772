"""[deadlines], [extension] and [deadline_approvers] of the profile: how long, how much longer, and who allows
it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date

from orchestrator.domain.deadlines import OF_DAYS, UNITS, ExtensionRule
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import Role
from orchestrator.domain.limits import (
    ClassLimit,
    DatedLimit,
    DeadlineRule,
    LimitLength,
)
from orchestrator.sentences import say

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def read_deadline(
    key: str, table: Table, articles: Collection[str]
) -> DeadlineRule:
    """The deadline, with later limits, those of classes, and the bounds within which an office sets it."""
    usual = _limit(table, articles)
    chosen_in = ""
    at_least = at_most = 1
    if "chosen_in" in table:
        chosen_in = table.text("chosen_in")
        at_least = table.number("at_least", at_least=1)
        at_most = table.number("at_most", at_least=1)
        if not at_least <= usual.amount <= at_most:
            table.refuse(
                say(
                    "“deadlines.{key}”的 amount 应在 at_least 和 at_most 之间",
                    key=key,
                ),
                "amount",
            )
    deadline_rule = DeadlineRule(
        key,
        table.text("label"),
        usual.amount,
        usual.unit,
        usual.citation,
        table.day("from_on"),
        _changes(table, articles),
        tuple(
            _class(row, articles)
            for row in table.rows("classes", required=False)
        ),
        chosen_in,
        at_least,
        at_most,
        usual.until,
    )
    table.done()
    return deadline_rule


def _limit(table: Table, articles: Collection[str]) -> LimitLength:
    unit = table.text("unit", of=tuple(UNITS))
    return LimitLength(
        table.number("amount"),
        unit,
        read_citation(table, "citation", articles),
        _until(table, unit),
    )


def _until(table: Table, unit: str) -> str:
    """The time of day at which the limit ends on its last day; empty where none is written."""
    if "until" not in table:
        return ""
    how = say("应写成“12:00”，连同引号，到一天结束写“24:00”")
    until = table.text("until", how=how)
    if not until:
        return ""
    if not _CLOCK.fullmatch(until):
        table.refuse(
            say("“{name}.until”{how}", name=table.name, how=how), "until"
        )
        return ""
    if unit not in OF_DAYS:
        table.refuse(
            say(
                "“{name}.until”只用于以 {listed} 计的时限",
                name=table.name,
                listed="、".join(OF_DAYS),
            ),
            "until",
        )
        return ""
    return until


def _changes(
    table: Table, articles: Collection[str]
) -> tuple[DatedLimit, ...]:
    dated_limits = []
    for row in table.rows("changes", required=False):
        day = row.day("from_on")
        if day is None:
            row.refuse(
                say("“{name}”应写明从哪一天起（from_on）", name=row.name)
            )
        dated_limits.append(DatedLimit(day or date.max, _limit(row, articles)))
        row.done()
    return tuple(sorted(dated_limits, key=lambda change: change.from_on))


def _class(table: Table, articles: Collection[str]) -> ClassLimit:
    when = {}
    below = table.table("when")
    if below is not None:
        when = {name: below.words(name) for name in below.names()}
    if not when:
        table.refuse(
            say(
                '“{name}.when”应写明哪一类，如 {{ case_class = ["simple"] }}',
                name=table.name,
            )
        )
    class_limit = ClassLimit(when, _limit(table, articles))
    table.done()
    return class_limit


def read_extension(table: Table, articles: Collection[str]) -> ExtensionRule:
    extension_rule = ExtensionRule(
        table.number("max_times"),
        table.number("max_amount"),
        table.text("unit", of=tuple(UNITS)),
        read_citation(table, "citation", articles),
    )
    table.done()
    return extension_rule


def read_deadline_approvers(
    table: Table | None, roles: Mapping[str, Role]
) -> dict[str, tuple[str, ...]]:
    if table is None:
        return {}
    families = {role.family for role in roles.values()}
    approvers = {
        key: table.words(key, of=tuple(roles)) for key in table.names()
    }
    for key in approvers:
        if key not in families and key not in roles:
            table.refuse(
                say(
                    "“deadline_approvers”的“{key}”不是辖区配置里的角色或类别",
                    key=key,
                ),
                key,
            )
    return approvers
