"""[grid_work] of the profile: what is patrolled and visited how often, who is visited with attention."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.domain.grid_work import (
    KINDS,
    PERIODS,
    GridWorkRules,
    VisitRule,
)
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.sentences import say


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
    patrol = table.table("patrols", required=False)
    meeting = table.table("meetings", required=False)
    name = say("民情分析会")
    if meeting and "name" in meeting:
        name = meeting.text("name")
    grid_work_rules = GridWorkRules(
        attentions,
        tuple(visits),
        _period(patrol),
        _citation(patrol, articles),
        _period(meeting),
        name,
        _citation(meeting, articles),
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
