"""Trying a decision table as it stands in its editor, and keeping what came of it as a test of the draft."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from orchestrator import engine
from orchestrator.engine import (
    Decided,
    ReadVariable,
    TriedDecision,
    tried_decisions,
)
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.deployments import table_tests
from orchestrator.services.deployments.table_tests import TableTest
from orchestrator.services.designing.drafts import _keep, _locked
from orchestrator.services.designing.validation import resources_of
from orchestrator.store.session import transaction
from orchestrator.store.writing import heavy

NUMBERS = ("number", "integer", "long", "double")
LONGEST = 2_000
"""Characters of a value that is typed."""
_TRUTHS = {"true": True, "false": False}


def decisions_of(text: str) -> list[TriedDecision]:
    """The decisions of a table's file that can be tried."""
    return tried_decisions(text.encode())


@dataclass(frozen=True, slots=True)
class TestResult:
    test: TableTest
    given: str
    """Its inputs in words."""
    why: str
    """How it fails; empty where it holds."""


@dataclass(frozen=True, slots=True)
class Kept:
    before: int
    """Revision of the draft before."""
    revision: int
    results: list[TestResult]
    """All tests of the table as it stands in its editor."""


@dataclass(frozen=True, slots=True)
class Tried:
    given: dict[str, Any]
    """What was typed, as values."""
    decided: Decided
    now: datetime | None
    """What `today()` and `now()` were; None where the table asks for neither."""


@heavy
def tried(
    text: str,
    decision_id: str,
    typed: Mapping[str, str],
    now: datetime,
) -> Tried:
    """What the table makes of what was typed. Raises RuleViolated."""
    content = text.encode()
    decision = _decision(content, decision_id)
    given = {
        read.name: _value(read, typed.get(read.name, ""))
        for read in decision.reads
    }
    decided = engine.decide(content, decision_id, given, now)
    return Tried(given, decided, now if decision.by_clock else None)


def _decision(content: bytes, decision_id: str) -> TriedDecision:
    for decision in tried_decisions(content):
        if decision.id == decision_id:
            return decision
    raise RuleViolated([say("这张表还有错误，请先按检查结果改好再试")])


def _value(read: ReadVariable, typed: str) -> Any:
    """What was typed as a value of the column's type; nothing typed is None. Raises RuleViolated."""
    text = typed.strip()
    if len(text) > LONGEST:
        sentence = say("“{label}”填得太长", label=read.label)
        raise RuleViolated([sentence])
    if not text:
        return None
    if read.type_ref == "boolean":
        return _TRUTHS.get(text.lower(), text)
    if read.type_ref in NUMBERS:
        number = _number(text)
        if number is None:
            sentence = say("“{label}”要填数字", label=read.label)
            raise RuleViolated([sentence])
        return number
    if read.type_ref:
        return text
    return _guessed(read, text)


def _number(text: str) -> int | float | None:
    try:
        number = Decimal(text)
        if not number.is_finite() or abs(number.adjusted()) > 17:
            return None
    except InvalidOperation:
        return None
    if number == number.to_integral_value():
        return int(number)
    return float(number)


def _guessed(read: ReadVariable, text: str) -> Any:
    """A value without a type: a list, a number, a truth value, else the text. Raises RuleViolated for a list
    of what no table can take."""
    if text.startswith(("[", "{")):
        try:
            return table_tests.parsed(text)
        except json.JSONDecodeError:
            return text
        except (ValueError, RecursionError) as wrong:
            sentence = say(
                "“{label}”里有算不了的数字或文字，或者层数太多，请改正再试",
                label=read.label,
            )
            raise RuleViolated([sentence]) from wrong
    number = _number(text)
    if number is not None:
        return number
    return _TRUTHS.get(text.lower(), text)


@heavy
def test_results(
    resources: Mapping[str, bytes], table: str
) -> list[TestResult]:
    """The tests of the table's file and how each goes; none while their file cannot be read."""
    kept = resources.get(table_tests.file_of(table), b"")
    try:
        tests = table_tests.read(kept.decode())
    except (RuleViolated, UnicodeDecodeError):
        return []
    content = resources[table]
    reasons = table_tests.differences(content, tests)
    return [
        TestResult(test, table_tests.given_in_words(test), why)
        for test, why in zip(tests, reasons, strict=True)
    ]


def keep_test(
    draft_id: str,
    table: tuple[str, str],
    test: tuple[str, str, Mapping[str, str]],
    by: int,
    now: datetime,
) -> Kept:
    """Keeps what the table (name, text) makes of the inputs as one more test of the draft.
    `test`: name, decision, what was typed.

    Raises NotFound, RuleViolated for a name that is missing and for inputs on which the table fails.
    """
    name, decision_id, typed = test
    found = tried(table[1], decision_id, typed, now)
    if not name:
        raise RuleViolated([say("请给测试起个名字")])
    if found.decided.failure:
        raise RuleViolated([found.decided.failure])
    kept = table_tests.kept_test(
        name[: table_tests.LONGEST_NAME],
        decision_id,
        found.given,
        found.decided,
        found.now,
    )

    def with_it(tests: list[TableTest]) -> list[TableTest]:
        return [*(old for old in tests if old.name != kept.name), kept]

    said = say("决策表测试“{name}”", name=kept.name)
    return _changed(draft_id, table, with_it, (by, now, said))


def drop_test(
    draft_id: str,
    table: tuple[str, str],
    name: str,
    by: int,
    now: datetime,
) -> Kept:
    """Takes the test of that name away. Raises NotFound."""

    def without_it(tests: list[TableTest]) -> list[TableTest]:
        return [test for test in tests if test.name != name]

    said = say("删去决策表测试“{name}”", name=name)
    return _changed(draft_id, table, without_it, (by, now, said))


def _changed(
    draft_id: str,
    table: tuple[str, str],
    change: Callable[[list[TableTest]], list[TableTest]],
    entered: tuple[int, datetime, str],
) -> Kept:
    table_name, table_text = table
    with transaction() as session:
        row = _locked(session, draft_id)
        resources = resources_of(session, row)
        if table_name not in resources or not table_name.endswith(".dmn"):
            raise NotFound(table_name)
        name = table_tests.file_of(table_name)
        tests = table_tests.read(resources.get(name, b"").decode())
        text = table_tests.write(change(tests))
        table_tests.read(text)
        before = row.revision
        by, now, said = entered
        _keep(
            session,
            row,
            {**row.content, name: text},
            by,
            now,
            said,
        )
        after = row.revision
    shown = {table_name: table_text.encode(), name: text.encode()}
    return Kept(before, after, test_results(shown, table_name))
