"""[[responsibilities]] of the profile: the matrix of who answers for what."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import Role
from orchestrator.domain.levels import Levels
from orchestrator.domain.responsibilities import Responsibility
from orchestrator.sentences import say


def read_responsibilities(
    top: Table,
    roles: Mapping[str, Role],
    levels: Levels,
    categories: Collection[str],
    articles: Collection[str],
) -> tuple[Responsibility, ...]:
    """The rows in order; none where the profile has no matrix."""
    classes = tuple(top.pairs("case_classes", required=False))
    return tuple(
        _row(table, roles, levels, (tuple(categories), classes), articles)
        for table in top.rows("responsibilities", required=False)
    )


def _row(
    table: Table,
    roles: Mapping[str, Role],
    levels: Levels,
    known: tuple[tuple[str, ...], tuple[str, ...]],
    articles: Collection[str],
) -> Responsibility:
    categories, classes = known
    responsibility = Responsibility(
        table.text("level", of=levels.offices),
        table.text("lead", of=tuple(roles)),
        table.words("items", []),
        table.words("categories", [], of=categories),
        table.words("assisting", [], of=tuple(roles)),
        table.text("class", of=classes) if "class" in table else "",
        table.text("priority", of=tuple(PRIORITIES))
        if "priority" in table
        else "",
        read_citation(table, "citation", articles, "default"),
    )
    for role in (responsibility.lead, *responsibility.assisting):
        if role in roles and not _within_reach(
            roles[role], responsibility.level, levels
        ):
            table.refuse(
                say(
                    "「{role}」在{level}和更高的层级都没有机构，请改选部门或层级",
                    role=roles[role].name,
                    level=levels.name(responsibility.level),
                )
            )
    table.done()
    return responsibility


def _within_reach(role: Role, level: str, levels: Levels) -> bool:
    """Whether a body of the role stands at that level or at a wider one: the triage form offers those."""
    if level not in levels.keys:
        return True
    reach = levels.keys[: levels.keys.index(level) + 1]
    return any(level in reach for level in role.levels)
