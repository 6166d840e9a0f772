"""数据使用分级: who sees which answers, as a city's rules say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.sentences import say

STARTED = "started"
ASKED = "asked"
RELATIONS: Mapping[str, str] = {
    STARTED: say("发起的人和机构"),
    ASKED: say("承办、会签过的人和机构"),
}
"""How somebody is related to an instance → what the rules call it."""
ANY_LEVEL = "any"


@dataclass(frozen=True, slots=True)
class DataGrade:
    """Fields that are shown to those alone who are named."""

    key: str
    name: str
    fields: tuple[str, ...]
    forms: tuple[str, ...] = ()
    """Empty: whichever form asks for the fields."""
    processes: tuple[str, ...] = ()
    """Empty: in every procedure."""
    registers: tuple[str, ...] = ()
    """Kinds of entries of the grids' registers, or grid_work.RESIDENT_REPORT. The grade is of their fields,
    then, and of no form."""
    seen_by: tuple[str, ...] = ()
    """Who sees them as they are: a key of RELATIONS, or `ROLE@LEVEL` for the bodies whose territory the
    instance lies in."""
    opened_by: tuple[str, ...] = ()
    """Who sees them masked and opens them with a reason."""
    citation: str = "default"

    def covers(self, process: str, form: str) -> bool:
        """Whether the fields of that form in that procedure are of the grade."""
        if not self.is_of_process(process):
            return False
        return not self.forms or form in self.forms

    def is_of_process(self, process: str) -> bool:
        """Whether some of its fields may be asked for in that procedure."""
        if self.registers:
            return False
        return not self.processes or process in self.processes


@dataclass(frozen=True, slots=True)
class DataRules:
    """The grades of a city; without grades what a form calls personal is masked for everybody."""

    grades: tuple[DataGrade, ...] = ()
    grantors: tuple[str, ...] = ()
    """`ROLE@LEVEL` of the bodies that grant others the sight of graded fields; empty: nobody does."""
    longest_grant: int = 90
    """Days."""
    citation: str = "default"

    def fields_of(self, process: str, form: str) -> frozenset[str]:
        """Keys of the graded fields of that form in that procedure."""
        return frozenset(
            field
            for grade in self.grades
            if grade.covers(process, form)
            for field in grade.fields
        )

    def of_process(self, process: str) -> tuple[DataGrade, ...]:
        """The grades of which some field may be asked for in that procedure."""
        return tuple(
            grade for grade in self.grades if grade.is_of_process(process)
        )

    def of_register(self, kind: str) -> tuple[DataGrade, ...]:
        """The grades of the entries of that kind."""
        return tuple(grade for grade in self.grades if kind in grade.registers)

    def named(self, key: str) -> DataGrade | None:
        """The grade with that key; None where there is none."""
        return next((grade for grade in self.grades if grade.key == key), None)
