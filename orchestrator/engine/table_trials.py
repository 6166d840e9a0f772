"""A decision tried by itself, outside any process: what it reads, which rows match, what comes of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from orchestrator.engine import cells, decisions, dmn_nodes, expressions, xml
from orchestrator.engine.commands import Environment
from orchestrator.engine.decision_tables import DecisionTable
from orchestrator.engine.dmn_engine import DMNEngine
from orchestrator.engine.parser import GridflowParser
from orchestrator.engine.script_engine import SCRIPT_ENGINE
from orchestrator.engine.token import Token


@dataclass(frozen=True, slots=True)
class ReadVariable:
    """A variable that a decision reads."""

    name: str
    label: str
    """The heading of the column that is this variable; the name without one."""
    type_ref: str | None
    allowed: tuple[str, ...] = ()
    """The texts that the column allows; empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class TriedDecision:
    id: str
    name: str
    reads: tuple[ReadVariable, ...]
    outputs: tuple[str, ...]
    by_clock: bool
    """Whether it asks for the day or the time."""


@dataclass(frozen=True, slots=True)
class Decided:
    rows: tuple[int, ...]
    """Numbers of the rows that match, from 1."""
    result: Mapping[str, Any]
    """Output → value, or a list of values where the hit policy gives several rows."""
    failure: str = ""
    """Why the decision cannot be made on these variables; empty where it was made."""


def tried_decisions(content: bytes) -> list[TriedDecision]:
    """The decisions of a DMN file that can be made; none while it cannot be read."""
    root, _problems = xml.parse(content)
    if root is None:
        return []
    tables = decisions.read_tables(root)
    clauses = _clauses(root)
    return [
        TriedDecision(
            id_,
            table.name,
            tuple(_reads(table, clauses)),
            table.outputs,
            any(map(_asks_clock, _texts((*table.before, table)))),
        )
        for id_, table in tables.items()
    ]


def decide(
    content: bytes,
    decision_id: str,
    variables: Mapping[str, Any],
    now: datetime | None = None,
) -> Decided:
    """What the decision of a DMN file makes of the variables; one that is not among them is None. `now` is
    what its `today()` and `now()` read, in the zone of the deployments. Raises KeyError for a decision that
    the file does not have."""
    return TriedFile(content).decide(decision_id, variables, now)


class TriedFile:
    """A DMN file that is read once and decides on many variables."""

    def __init__(self, content: bytes) -> None:
        self._root, _problems = xml.parse(content)
        self.ids = frozenset[str]()
        """The decisions that can be made."""
        if self._root is not None:
            self.ids = frozenset(decisions.read_tables(self._root))
        self._parser: GridflowParser | None = None
        self._engines: dict[str, tuple[DMNEngine, dict[str, None]]] = {}

    def decide(
        self,
        decision_id: str,
        variables: Mapping[str, Any],
        now: datetime | None = None,
    ) -> Decided:
        """What the function `decide` gives for these variables."""
        if decision_id not in self._engines:
            self._engines[decision_id] = self._built(decision_id)
        engine, named = self._engines[decision_id]
        task = cast(
            Token,
            SimpleNamespace(
                workflow=SimpleNamespace(script_engine=SCRIPT_ENGINE),
                data={**named, **variables},
            ),
        )
        if now is None:
            return _decided(engine, task)
        with expressions.by_clock(now, Environment().timezone):
            return _decided(engine, task)

    def asks_clock(self, decision_id: str) -> bool:
        """Whether the decision, which has been made, asks for the day or the time."""
        table = self._engines[decision_id][0].checked
        return any(map(_asks_clock, _texts((*table.before, table))))

    def _built(self, decision_id: str) -> tuple[DMNEngine, dict[str, None]]:
        """The decision's engine, and the variables that it reads, all empty."""
        if self._parser is None:
            self._parser = GridflowParser()
            if self._root is not None:
                self._parser.add_dmn_xml(self._root)
        engine = self._parser.get_engine(decision_id, None)
        tables = (
            *engine.checked.before,
            engine.checked,
        )
        return engine, dict.fromkeys(_names(tables))


def _decided(engine: DMNEngine, task: Token) -> Decided:
    rows: tuple[int, ...] = ()
    try:
        rows = tuple(engine.matching_rows(task))
        return Decided(
            rows,
            engine.result(task),
        )
    except ValueError as failure:
        return Decided(
            rows,
            {},
            str(failure),
        )


def _reads(
    table: DecisionTable,
    clauses: Mapping[str, ReadVariable],
) -> Iterable[ReadVariable]:
    given: set[str] = set()
    for needed in table.before:
        given |= {*needed.outputs, needed.variable, needed.id}
    names = [
        name
        for name in _names((*table.before, table))
        if name not in given or name in table.input_data
    ]
    for name in names:
        yield clauses.get(name) or ReadVariable(name, name, None)


def _texts(tables: Iterable[DecisionTable]) -> Iterator[str]:
    """The expressions of the decisions, in the order of their columns and rules."""
    for table in tables:
        yield from table.inputs
        for rule in table.rules:
            yield from filter(None, (*rule.tests, *rule.results))
        for column in table.columns:
            if column.otherwise:
                yield column.otherwise


def _asks_clock(text: str) -> bool:
    calls = ast.walk(ast.parse(expressions.unwrap(text), mode="eval"))
    return any(
        isinstance(call, ast.Call) and ast.unparse(call.func) == "clock"
        for call in calls
    )


def _names(tables: Iterable[DecisionTable]) -> list[str]:
    """The variables that the decisions read, in the order of their columns."""
    names: list[str] = []
    for text in _texts(tables):
        names += sorted(expressions.names_read(text))
    return [name for name in dict.fromkeys(names) if name != cells.VALUE]


def _clauses(root: Any) -> dict[str, ReadVariable]:
    """Name → the first column of the document that is nothing but this variable."""
    clauses: dict[str, ReadVariable] = {}
    for node in root.iter():
        if dmn_nodes.local(node) != "input":
            continue
        expression = dmn_nodes.child(node, "inputExpression")
        name = dmn_nodes.text(expression)
        if expression is None or not name.isidentifier():
            continue
        read = ReadVariable(
            name,
            node.get("label") or name,
            expression.get("typeRef"),
            tuple(allowed_texts(node, "inputValues")),
        )
        clauses.setdefault(name, read)
    return clauses


def allowed_texts(clause: Any, kind: str) -> list[str]:
    """The texts that a column lists as `inputValues` or `outputValues`; none where it lists anything else."""
    written = dmn_nodes.text(dmn_nodes.child(clause, kind))
    parts = [part.strip() for part in cells.split(written, ",")]
    quoted = [
        part[1:-1]
        for part in parts
        if len(part) > 1 and part[0] == part[-1] == '"'
    ]
    if len(quoted) == len(parts):
        return quoted
    return []
