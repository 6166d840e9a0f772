"""[retention] of the profile: the classes of dossiers and how long each is kept."""

from __future__ import annotations

from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.retention import (
    LATEST_YEARS,
    RetentionClass,
    RetentionRules,
)
from orchestrator.sentences import say

LONGEST_NAME = 20
LONGEST_SOURCE = 200


def read_retention(top: Table) -> RetentionRules:
    """The rules; without classes where the profile has no such table."""
    table = top.table("retention", required=False)
    if table is None:
        return RetentionRules()
    classes = tuple(
        _class(key, below) for key, below in table.tables("classes")
    )
    rules = RetentionRules(
        classes,
        table.text("other", of=[known.key for known in classes]),
        table.text("source", longest=LONGEST_SOURCE),
    )
    named = [process for known in classes for process in known.processes]
    twice = sorted({key for key in named if named.count(key) > 1})
    if twice:
        table.refuse(
            say(
                "“{name}”里的流程 {processes} 列在两类里，应只列一类",
                name=table.name,
                processes="、".join(twice),
            )
        )
    table.done()
    return rules


def _class(key: str, table: Table) -> RetentionClass:
    years = None
    if "years" in table:
        years = table.number("years", at_least=1, at_most=LATEST_YEARS)
    known = RetentionClass(
        key,
        table.text("name", longest=LONGEST_NAME),
        years,
        table.words("processes", []),
        table.words("priorities", [], of=list(PRIORITIES)),
    )
    table.done()
    return known
