"""What the expressions of a diagram read, and what is seen from where each stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from orchestrator.bpmn_checks.expressions import expressions_of, templates_of
from orchestrator.engine import Element, expressions, guards
from orchestrator.engine.decisions import VALUE, DecisionTable
from orchestrator.engine.element_parts import MISSING_VARIABLES, STOP
from orchestrator.engine.model import ALL_VARIABLES, Flow, Process
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.deployed import named
from orchestrator.services.deployments.profile_checks.variables import (
    Variables,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """An expression of the diagram, with what can be seen from where it stands."""

    element_id: str
    what: str
    """`连线“批准”的条件`, as the sentence begins."""
    text: str
    seen: Mapping[str, str]
    script: bool = False
    lenient: bool = False
    """Whether it reads a variable without a value as nothing."""


def conditions(variables: Variables, process: Process) -> Iterator[Reading]:
    """The conditions of the process's flows."""
    for scope in process.scopes.values():
        seen = variables.seen_in(process, scope.id)
        for flow in scope.flows:
            if flow.condition:
                yield Reading(
                    flow.id,
                    say(
                        "{flow_label}的条件",
                        flow_label=flow_label(process, flow),
                    ),
                    flow.condition,
                    seen,
                )


def attributes(variables: Variables, process: Process) -> Iterator[Reading]:
    """The expressions, templates and scripts of the process's elements."""
    lenient = reads_leniently(process)
    for element in process.elements.values():
        seen = variables.seen_at(process, element)
        for what, text in expressions_of(element):
            # The list is chosen before one of its items is the current one.
            if what in ("集合", "数量"):
                sees = variables.seen_around(process, element)
            else:
                sees = seen
            yield Reading(
                element.id,
                say("{named}的{what}", named=named(element), what=what),
                text,
                sees,
            )
        for what, template in (
            *templates_of(element),
            (say("表单"), element.form_key or ""),
        ):
            for text in expressions.template_expressions(template):
                yield Reading(
                    element.id,
                    say("{named}的{what}", named=named(element), what=what),
                    text,
                    seen,
                    lenient=lenient,
                )
        if element.script:
            yield Reading(
                element.id,
                say("{named}的脚本", named=named(element)),
                element.script,
                seen,
                script=True,
            )
        if element.id in variables.tables:
            yield from _of_table(element, variables.tables[element.id], seen)


def _of_table(
    element: Element,
    table: DecisionTable,
    seen: Mapping[str, str],
) -> Iterator[Reading]:
    """What a decision reads, and what those read that are made before it."""
    made = {
        name: value.name
        for value in table.before
        for name in (*value.outputs, value.variable, value.id)
    }
    for value in (*table.before, table):
        for text in _texts(value):
            yield Reading(
                element.id,
                say("{named}的决策表", named=named(element)),
                text,
                {**seen, **made, VALUE: say("输入值")},
            )


def _texts(table: DecisionTable) -> Iterator[str]:
    yield from table.inputs
    for rule in table.rules:
        yield from (text for text in (*rule.tests, *rule.results) if text)


def reads_leniently(process: Process) -> bool:
    """Whether the process's texts read a variable without a value as nothing."""
    return process.properties.get(MISSING_VARIABLES) != STOP


def names_in(text: str, script: bool) -> list[str]:
    """The variables that an expression or a script reads; none for one that is refused."""
    try:
        return sorted(expressions.names_read(text, script))
    except expressions.ExpressionRefused:
        return []


def names_needed(reading: Reading) -> list[str]:
    """The variables that the reading cannot do without; none for one that is refused."""
    try:
        names = guards.names_needed(
            reading.text,
            reading.script,
            reading.lenient,
        )
    except expressions.ExpressionRefused:
        return []
    return sorted(names)


def sources(mappings: Iterable[tuple[str, str, bool]]) -> list[str]:
    """The variables that mappings name without an expression."""
    return [
        source
        for _target, source, is_expression in mappings
        if not is_expression and source != ALL_VARIABLES
    ]


def flow_label(process: Process, flow: Flow) -> str:
    """How a designer finds the flow: its name, or the two steps that it joins."""
    if flow.name:
        return say("连线“{name}”", name=flow.name)
    ends = (process.elements[end] for end in (flow.source, flow.target))
    return say("连线{ends}", ends=joined("到", [named(end) for end in ends]))
