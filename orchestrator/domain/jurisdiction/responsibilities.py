"""[[responsibilities]] and [assigning] of the profile: who answers for what, and to which departments an
office hands a case."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import Role
from orchestrator.domain.levels import Levels
from orchestrator.domain.responsibilities import (
    DepartmentReach,
    Responsibility,
)
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


def read_assigning(
    top: Table, levels: Levels, articles: Collection[str]
) -> dict[str, DepartmentReach]:
    """Level of an office → the departments it may hand a case to; empty where the profile has no table."""
    table = top.table("assigning", required=False)
    if table is None:
        return {}
    reaches: dict[str, DepartmentReach] = {}
    for level, below in top.tables("assigning"):
        if level not in levels.offices:
            table.refuse(
                say(
                    "“assigning.{level}”不是有机构的层级，应为 {listed} 之一",
                    level=level,
                    listed="、".join(levels.offices),
                ),
                level,
            )
        departments = below.words("departments", of=levels.offices)
        if "departments" in below and not departments:
            below.refuse(
                say(
                    "“departments”至少列出一个层级；不限定时请删去“assigning.{level}”",
                    level=level,
                ),
                "departments",
            )
        reaches[level] = DepartmentReach(
            departments,
            read_citation(below, "citation", articles, "default"),
        )
        below.done()
    return reaches


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
                    "“{role}”在{level}和更高的层级都没有机构，请改选部门或层级",
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
