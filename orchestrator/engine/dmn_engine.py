"""Deciding by a table: which rules match, and what the hit policy makes of their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine as LibraryDMNEngine
from SpiffWorkflow.dmn.specs.model import DecisionTable as LibraryDecisionTable
from SpiffWorkflow.dmn.specs.model import Rule as LibraryRule

from orchestrator.engine import comparing, decimals, expressions
from orchestrator.engine.cells import VALUE
from orchestrator.engine.decisions import DecisionTable
from orchestrator.engine.editions import Edition
from orchestrator.engine.feel_types import (
    as_result,
    conformed,
    demanded,
    require_comparable,
    seen,
)
from orchestrator.engine.token import Token
from orchestrator.engine.type_refs import converted
from orchestrator.engine.values import OwnVariables, Value
from orchestrator.sentences import say

Row = OwnVariables
"""Output name → value."""
Hits = list[LibraryRule]
"""The rules that match, in the table's order."""


class DecisionFailed(ValueError):
    """The table gives no answer on these variables; the message is a Chinese sentence."""


class _Informed:
    """A task as a decision sees it: its variables, and the results of the decisions that it requires."""

    def __init__(self, task: Token, known: Row) -> None:
        self.workflow = task.workflow
        self.data = {**task.data, **known}


Asked = Token | _Informed


class DMNEngine(LibraryDMNEngine):
    """The library knows the hit policies UNIQUE, of which it takes the first rule that matches, and COLLECT;
    it evaluates an input for each rule, and makes no decision that another one requires."""

    def __init__(
        self,
        decision_table: LibraryDecisionTable,
        checked: DecisionTable,
    ) -> None:
        super().__init__(decision_table)
        self.checked = checked
        """The table as the deployment's check read it: names, defaults and orders of the outputs."""
        self.required: tuple[DMNEngine, ...] = ()
        """The decisions to make before it, each after those that it requires itself."""

    def decide(self, task: Asked) -> Hits:
        """The rules that match, in the table's order. Raises ValueError for a cell that cannot be
        evaluated, and for a value that its type does not allow."""
        for name, kind in self.checked.data_types:
            self._require_type(task, name, kind)
        for name, limits in self.checked.data_allowed:
            self._require(task, task.data.get(name), limits, name)
        columns = zip(
            self.decision_table.inputs,
            self.checked.input_types,
            self.checked.inputs,
            strict=True,
        )
        values = [
            self._typed(_evaluate(task, value.expression), type_ref, read)
            for value, type_ref, read in columns
        ]
        for value, test, read in zip(
            values,
            self.checked.inputs_allowed,
            self.checked.inputs,
            strict=False,
        ):
            self._require(task, value, test, read)
        seen = [{**task.data, VALUE: value} for value in values]
        return [
            rule
            for rule in self.decision_table.rules
            if _matches(rule, seen, task)
        ]

    def rows(self, task: Token) -> list[Row]:
        """What the hit policy makes of the rules that match; none where no rule does. Raises DecisionFailed
        and ValueError."""
        with expressions.shared_work():
            return self._decided(self._informed(task))

    def matching_rows(self, task: Token) -> list[int]:
        """Numbers of the rows that match, from 1. Raises as `rows`."""
        with expressions.shared_work():
            matching = self.decide(self._informed(task))
        rules = self.decision_table.rules
        return [
            number for number, rule in enumerate(rules, 1) if rule in matching
        ]

    def _informed(self, task: Token) -> Asked:
        """The task with the results of the decisions that this one requires."""
        results: dict[str, _Result] = {}
        for needed in self.required:
            results[needed.checked.id] = _result_of(needed, task, results)
        return _seen_by(self.checked, task, results)

    def _decided(self, task: Asked) -> list[Row]:
        results = POLICIES[self.checked.hit_policy](
            self,
            task,
            self.decide(task),
        )
        if results or not any(
            column.otherwise for column in self.checked.columns
        ):
            return results
        otherwise = [column.otherwise for column in self.checked.columns]
        return [self._outputs(task, otherwise)]

    def result(self, task: Token) -> Row:
        """Output name → value; None where no rule matches, a list where the hit policy gives several rows."""
        rows = self.rows(task)
        if self.checked.gives_one_row:
            if rows:
                return rows[0]
            return dict.fromkeys(self.checked.outputs)
        return {
            name: [row[name] for row in rows] for name in self.checked.outputs
        }

    def mapped(self, task: Token, form: str) -> Value:
        """The result as camunda:mapDecisionResult takes it. Raises DecisionFailed."""
        return FORMS[form](self.rows(task), self.checked)

    def _row(self, task: Asked, rule: LibraryRule) -> Row:
        return self._outputs(
            task, [entry.text for entry in rule.outputEntries]
        )

    def _outputs(self, task: Asked, texts: Sequence[str | None]) -> Row:
        """The values of these expressions, one of each output. Raises ValueError."""
        row = {
            column.name: self._typed(
                _evaluate(task, text), column.type_ref, column.name
            )
            for column, text in zip(self.checked.columns, texts, strict=True)
        }
        for column in self.checked.columns:
            if column.described:
                row[column.name] = as_result(
                    row[column.name], column.described, self.checked.edition
                )
            self._require(task, row[column.name], column.allowed, column.name)
        return row

    def _require_type(self, task: Asked, name: str, kind: str) -> None:
        """Raises DecisionFailed for input data of another type."""
        value = task.data.get(name)
        if value is None or value == "":
            return
        typed = conformed(value, kind)
        if typed is not None:
            require_comparable(typed, kind)
            return
        raise DecisionFailed(
            say(
                "输入数据“{name}”的值是{kind}，不是它的类型，请改填入的值或决策里写的类型",
                name=name[:60],
                kind=decimals.kind(value),
            ),
        )

    def _require(
        self,
        task: Asked,
        value: Value,
        test: str | None,
        column: str,
    ) -> None:
        """Raises DecisionFailed for a value that its type does not allow; nothing is always allowed."""
        if test is None or value is None or value == "":
            return
        environment = task.workflow.script_engine.environment
        if not environment.evaluate_cell(test, {**task.data, VALUE: value}):
            raise DecisionFailed(
                say(
                    "“{column}”的值“{value}”不在它的类型或列里写明的值里，请改填入的值或决策表",
                    column=column[:60],
                    value=expressions.as_text(value)[:40],
                ),
            )

    def _typed(self, value: Value, type_ref: str | None, column: str) -> Value:
        """The value in its column's type. Raises ValueError."""
        edition = self.checked.edition
        if self.checked.by_standard:
            return demanded(value, type_ref, column, edition)
        return converted(value, type_ref, edition, column)

    def _unique(self, task: Asked, hits: Hits) -> list[Row]:
        if len(hits) > 1:
            numbers = "、".join(str(rule.row_number) for rule in hits)
            raise DecisionFailed(
                say(
                    "第 {numbers} 行同时符合，而表的命中策略是唯一（UNIQUE），请改规则或命中策略",
                    numbers=numbers,
                ),
            )
        return self._all(task, hits)

    def _first(self, task: Asked, hits: Hits) -> list[Row]:
        return self._all(task, hits[:1])

    def _any(self, task: Asked, hits: Hits) -> list[Row]:
        rows = self._all(task, hits)
        if any(not self._are_same(row, rows[0]) for row in rows):
            raise DecisionFailed(
                say(
                    "符合的各行结果不一致，而表的命中策略是任一（ANY），请改规则",
                ),
            )
        return rows[:1]

    def _are_same(self, left: Value, right: Value) -> bool:
        """Whether two rows, or two values, are the same by the table's edition."""
        if self.checked.edition < Edition.FOURTH:
            return bool(left == right)
        return expressions.are_equal(left, right)

    def _all(self, task: Asked, hits: Hits) -> list[Row]:
        return [self._row(task, rule) for rule in hits]

    def _priority(self, task: Asked, hits: Hits) -> list[Row]:
        return self._ordered(task, hits)[:1]

    def _ordered(self, task: Asked, hits: Hits) -> list[Row]:
        orders = {
            column.name: [_evaluate(task, text) for text in column.order]
            for column in self.checked.columns
        }
        return sorted(
            self._all(task, hits),
            key=lambda row: [
                self._place(row[name], order) for name, order in orders.items()
            ],
        )

    def _place(self, value: Value, order: list[Value]) -> int:
        """A value that is not listed comes last."""
        for number, listed in enumerate(order):
            if self._are_same(value, listed):
                return number
        return len(order)

    def _collect(self, task: Asked, hits: Hits) -> list[Row]:
        rows = self._all(task, hits)
        aggregation = self.checked.aggregation
        if aggregation is None:
            return rows
        (name,) = self.checked.outputs
        counted = aggregation != "COUNT"
        if counted and self.checked.edition >= Edition.FIFTH:
            comparing.refuse_truths(
                [row[name] for row in rows],
                aggregation,
                self.checked.edition,
            )
        if not counted:
            return [{name: len(rows)}]
        if rows:
            return [
                {
                    name: expressions.aggregate(
                        aggregation,
                        [row[name] for row in rows],
                    ),
                },
            ]
        return []


@dataclass(frozen=True, slots=True)
class _Result:
    """What a decision that is required has given."""

    table: DecisionTable
    named: Row
    """Under the names of its outputs, as Camunda 7 has them, and under its own name, as the standard has it;
    None where no rule matches. Variables of these names are hidden from who requires it."""
    whole: Value
    """All of it as one value."""


def _seen_by(
    table: DecisionTable,
    task: Token,
    results: Mapping[str, _Result],
) -> Asked:
    """The task with the results that the decision may read: those of what it requires, and of what that
    requires.

    What the decision requires itself hides a variable of the same name (DMN 1.5, 10.4). What only another
    decision requires does not hide the input data that this one draws. A decision that nothing leads to reads
    variables alone. The library and Camunda 7 let every decision read all that was decided before.
    """
    known: Row = {
        variable: task.data[name]
        for name, variable in table.spaced
        if name in task.data
    }
    for name, kind in table.data_types:
        value = task.data.get(name)
        typed = seen(value, kind)
        if typed is not None and typed is not value:
            known[name] = typed
    if not table.before and not known:
        return task
    for entry in table.before:
        given = results[entry.id]
        for name, value in given.named.items():
            direct = entry.id in table.required
            if direct or name not in table.input_data:
                known[name] = value
        by_id = given.table.id
        free = by_id not in table.input_data and (
            given.table.by_id or by_id not in task.data
        )
        if by_id.isidentifier() and free:
            known.setdefault(by_id, given.whole)
    return _Informed(task, known)


def _result_of(
    decision: DMNEngine,
    task: Token,
    results: Mapping[str, _Result],
) -> _Result:
    """Raises DecisionFailed naming the decision."""
    table = decision.checked
    try:
        rows = decision._decided(_seen_by(table, task, results))
    except ValueError as failure:
        raise DecisionFailed(
            say("决策“{name}”：{failure}", name=table.name, failure=failure),
        ) from failure
    known, whole = _told(table, rows)
    named = {**dict.fromkeys(table.outputs), **known}
    if table.variable.isidentifier():
        named.setdefault(table.variable, whole)
    return _Result(table, named, whole)


def _told(table: DecisionTable, rows: list[Row]) -> tuple[Row, Value]:
    """Output name → value, and all of it as one value; no outputs where no rule matches."""
    if not rows:
        return {}, None if table.gives_one_row else []
    if table.gives_one_row:
        known = rows[0]
    else:
        known = {name: [row[name] for row in rows] for name in table.outputs}
    if len(table.outputs) == 1:
        return known, known[table.outputs[0]]
    return known, known if table.gives_one_row else rows


POLICIES: Mapping[str, Callable[[DMNEngine, Asked, Hits], list[Row]]] = {
    "UNIQUE": DMNEngine._unique,
    "FIRST": DMNEngine._first,
    "ANY": DMNEngine._any,
    "PRIORITY": DMNEngine._priority,
    "COLLECT": DMNEngine._collect,
    "RULE ORDER": DMNEngine._all,
    "OUTPUT ORDER": DMNEngine._ordered,
}
"""Hit policy → what it makes of the rules that match."""


def _single_result(rows: list[Row], _table: DecisionTable) -> Row | None:
    if len(rows) > 1:
        raise DecisionFailed(
            say(
                "有 {count} 行结果，而任务只取一行，请改任务的结果取法或表的命中策略",
                count=len(rows),
            ),
        )
    if rows:
        return rows[0]
    return None


def _single_entry(rows: list[Row], table: DecisionTable) -> Value:
    row = _single_result(rows, table)
    if row is None:
        return None
    return row[_only(table)]


def _collected_entries(rows: list[Row], table: DecisionTable) -> list[Value]:
    return [row[_only(table)] for row in rows]


def _only(table: DecisionTable) -> str:
    if len(table.outputs) > 1:
        raise DecisionFailed(
            say(
                "有 {count} 个输出列，而任务只取一个值，请改任务的结果取法",
                count=len(table.outputs),
            ),
        )
    return table.outputs[0]


FORMS: Mapping[str, Callable[[list[Row], DecisionTable], Value]] = {
    "singleEntry": _single_entry,
    "singleResult": _single_result,
    "collectEntries": _collected_entries,
    "resultList": lambda rows, _table: rows,
}
"""camunda:mapDecisionResult → what the result variable holds."""
DEFAULT_FORM = "resultList"


def _evaluate(task: Asked, text: str | None) -> Value:
    if text is None:
        return None
    environment = task.workflow.script_engine.environment
    return environment.evaluate_cell(text, task.data)


def _matches(
    rule: LibraryRule,
    seen: list[OwnVariables],
    task: Asked,
) -> bool:
    environment = task.workflow.script_engine.environment
    tests = [entry.lhs[0] for entry in rule.inputEntries]
    return all(
        test is None or environment.evaluate_cell(test, entry)
        for test, entry in zip(tests, seen, strict=True)
    )
