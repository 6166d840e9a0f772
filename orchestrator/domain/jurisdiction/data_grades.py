"""[data] of the profile: which fields are graded, who sees them, who grants others the sight of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestrator.domain.data_grades import (
    ANY_LEVEL,
    RELATIONS,
    DataGrade,
    DataRules,
)
from orchestrator.domain.grid_work import (
    GRADED_FIELDS,
    GRID_GROUP,
    GROUP_FIELDS,
    REGISTERS,
    REPORT_FIELDS,
    RESIDENT_REPORT,
)
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import Role
from orchestrator.domain.levels import Levels
from orchestrator.sentences import say

LONGEST_NAME = 30
LONGEST_GRANT = 366
"""Days."""


def read_data_rules(
    top: Table,
    articles: Collection[str],
    roles: Mapping[str, Role],
    levels: Levels,
) -> DataRules:
    """The rules; without grades where the profile has no such table. `roles`: those that take part in
    instances."""
    table = top.table("data", required=False)
    if table is None:
        return DataRules()
    readers = _Readers(roles, levels)
    grades: list[DataGrade] = []
    if "grades" in table:
        for key, below in table.tables("grades"):
            grades.append(_grade(key, below, articles, readers))
    rules = DataRules(
        tuple(grades),
        readers.read(table, "grantors", ()),
        table.number("longest_grant", 90, at_least=1, at_most=LONGEST_GRANT),
        read_citation(table, "citation", articles),
    )
    table.done()
    return rules


def _grade(
    key: str,
    table: Table,
    articles: Collection[str],
    readers: _Readers,
) -> DataGrade:
    registers = table.words("registers", [])
    # An entry of a register is nobody's application.
    relations = () if registers else tuple(RELATIONS)
    grade = DataGrade(
        key,
        table.text("name", longest=LONGEST_NAME),
        table.words("fields"),
        table.words("forms", []),
        table.words("processes", []),
        registers,
        readers.read(table, "seen_by", relations),
        readers.read(table, "opened_by", relations),
        read_citation(table, "citation", articles),
    )
    if registers:
        _refuse_wrong_register(table, grade)
    if "fields" in table and not grade.fields:
        table.refuse(say("“{name}”没有列出字段", name=table.name), "fields")
    both = [name for name in grade.seen_by if name in grade.opened_by]
    if both:
        table.refuse(
            say(
                "“{name}”里的 {readers} 既在 seen_by 又在 opened_by，应只列一处",
                name=table.name,
                readers="、".join(both),
            ),
            "opened_by",
        )
    table.done()
    return grade


def _refuse_wrong_register(table: Table, grade: DataGrade) -> None:
    """Refuses a grade of entries that names a form, or what no entry has."""
    if grade.forms or grade.processes:
        table.refuse(
            say(
                "“{name}”写了 registers，就不能再写 forms、processes，请分成两处",
                name=table.name,
            ),
            "registers",
        )
    fields = GRADED_FIELDS
    if RESIDENT_REPORT in grade.registers:
        fields = REPORT_FIELDS
    elif GRID_GROUP in grade.registers:
        fields = GROUP_FIELDS
        _refuse_opening(table, grade)
    for key, names, known in (
        ("registers", grade.registers, REGISTERS),
        ("fields", grade.fields, fields),
    ):
        unknown = [name for name in names if name not in known]
        if unknown:
            table.refuse(
                say(
                    "“{name}.{key}”不能写 {names}，网格台账和居民反映可用 {known}",
                    name=table.name,
                    key=key,
                    names="、".join(unknown),
                    known="、".join(
                        f"{name}（{label}）" for name, label in known.items()
                    ),
                ),
                key,
            )


def _refuse_opening(table: Table, grade: DataGrade) -> None:
    """Of organisations and teams nothing is masked, so that nothing is opened with a reason."""
    alone = grade.registers == (GRID_GROUP,)
    if not alone or grade.opened_by:
        table.refuse(
            say(
                "“{name}”：网格组织和队伍（group）要单独写，只写 seen_by，不写 opened_by",
                name=table.name,
            ),
            "registers",
        )


class _Readers:
    """Reads who sees something."""

    def __init__(self, roles: Mapping[str, Role], levels: Levels) -> None:
        self._roles = roles
        self._levels = levels

    def read(
        self,
        table: Table,
        key: str,
        relations: Collection[str],
    ) -> tuple[str, ...]:
        """The readers named there; one that can be nobody is refused."""
        readers = table.words(key, [])
        for reader in readers:
            why = self._objection(reader, relations)
            if why:
                table.refuse(
                    say(
                        "“{name}.{key}”的“{reader}”{why}",
                        name=table.name,
                        key=key,
                        reader=reader,
                        why=why,
                    ),
                    key,
                )
        return readers

    def _objection(self, reader: str, relations: Collection[str]) -> str:
        if reader in relations:
            return ""
        name, at, level = reader.partition("@")
        having = [
            role
            for role in self._roles.values()
            if name in (role.key, role.family)
        ]
        if not at or not having:
            usual = say("应写成 角色@层级，角色要参加事项的办理")
            if not relations:
                return usual
            return say(
                "{usual}；或写 {relations}",
                usual=usual,
                relations="、".join(relations),
            )
        there = {value for role in having for value in role.levels}
        if level != ANY_LEVEL and level not in there:
            return say(
                "这一层级没有这个角色，可用 {levels}",
                levels="、".join(
                    [
                        *(key for key in self._levels.keys if key in there),
                        ANY_LEVEL,
                    ]
                ),
            )
        return ""
