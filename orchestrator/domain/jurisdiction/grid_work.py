"""[grid_work] of the profile: what is patrolled and visited how often, who is visited with attention."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.domain.grid_work import (
    KINDS,
    PERIODS,
    GridWorkRules,
    GroupRule,
    VisitRule,
)
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.sentences import say

MOST_TIMES = 24
"""Patrols that a period may ask for."""
LONGEST_KEY = 20
"""Characters of the key of a kind of group."""


def read_grid_work(
    table: Table | None,
    articles: Collection[str],
) -> GridWorkRules:
    """The rules; a profile without the table asks for no patrol and no visit."""
    if table is None:
        return GridWorkRules()
    attentions = table.pairs("attentions", required=False)
    visits: list[VisitRule] = []
    if "visits" in table:
        for key, value in table.tables("visits"):
            visits.append(_visit(key, value, articles, attentions))
    groups: list[GroupRule] = []
    if "groups" in table:
        for key, value in table.tables("groups"):
            groups.append(_group(key, value, articles))
    patrol = table.table("patrols", required=False)
    meeting = table.table("meetings", required=False)
    name = say("民情分析会")
    if meeting and "name" in meeting:
        name = meeting.text("name")
    grid_work_rules = GridWorkRules(
        attentions,
        tuple(visits),
        _period(patrol),
        patrol.number("times", 1, at_least=1, at_most=MOST_TIMES)
        if patrol
        else 1,
        _citation(patrol, articles),
        _period(meeting),
        name,
        _citation(meeting, articles),
        tuple(groups),
    )
    table.done()
    for part in (patrol, meeting):
        if part:
            part.done()
    return grid_work_rules


def _period(table: Table | None) -> str:
    if table is None:
        return ""
    return table.text("every", of=PERIODS)


def _citation(table: Table | None, articles: Collection[str]) -> str:
    if table is None:
        return "default"
    return read_citation(table, "citation", articles)


def _visit(
    key: str,
    table: Table,
    articles: Collection[str],
    attentions: Collection[str],
) -> VisitRule:
    visit_rule = VisitRule(
        key,
        table.text("name"),
        table.text("every", of=PERIODS),
        table.words("kinds", of=KINDS),
        table.words("attentions", [], of=tuple(attentions)),
        read_citation(table, "citation", articles),
    )
    table.done()
    return visit_rule


def _group(key: str, table: Table, articles: Collection[str]) -> GroupRule:
    group_rule = GroupRule(
        key,
        table.text("name"),
        table.text("named", say("名称")),
        table.pairs("forms", required=False),
        table.text("head") if "head" in table else "",
        table.flag("households", False),
        table.number("at_least", 0),
        read_citation(table, "citation", articles),
    )
    if len(key) > LONGEST_KEY:
        table.refuse(
            say(
                "“{name}”的编号最多 {most} 个字符",
                name=table.name,
                most=LONGEST_KEY,
            )
        )
    table.done()
    return group_rule
