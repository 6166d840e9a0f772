"""Whether every variable that a diagram reads is set by something, and what was meant where it is not."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from orchestrator.bpmn_checks.expressions import expressions_of, templates_of
from orchestrator.engine import Element, expressions, loops
from orchestrator.engine.decisions import VALUE, DecisionTable
from orchestrator.engine.model import ALL_VARIABLES, Flow, Process
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.reaching import reaching
from orchestrator.services.deployments.profile_checks.variables import (
    ABOUT,
    CIRCUMSTANCES,
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


def variable_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A variable that nothing sets stops the instance at a condition, and leaves a hole in a text."""
    variables = deployed.variables
    for process in deployed.processes.values():
        if process.id in variables.open:
            severity = "note"
        else:
            severity = "error"
        for element_id, what, name, seen in _read(variables, process):
            if name not in seen:
                message = say(
                    "{what}用到变量“{name}”，但没有哪张表单、哪一步会设置它。{meant}",
                    what=what,
                    name=name,
                    meant=meant(name, seen),
                )
                yield Finding(
                    "variable-unknown",
                    element_id,
                    message,
                    severity,
                    process.resource,
                )
        yield from _in_filters(variables, process)


def _in_filters(variables: Variables, process: Process) -> Iterator[Finding]:
    """Names in filters of lists that no variable has: they can only be entries of the items."""
    sentences = set()
    for reading in (
        *conditions(variables, process),
        *attributes(variables, process),
    ):
        for name in sorted(_filtered(reading)):
            message = say(
                "{what}在筛选里用到“{name}”：没有哪张表单、哪一步会设置这个变量，"
                "列表的各项里也没有它时，一律当作空值。{meant}",
                what=reading.what,
                name=name,
                meant=meant(name, reading.seen),
            )
            if name not in reading.seen and message not in sentences:
                sentences.add(message)
                yield Finding(
                    "variable-unknown",
                    reading.element_id,
                    message,
                    "note",
                    process.resource,
                )


def _filtered(reading: Reading) -> frozenset[str]:
    text = reading.text.strip()
    if "feel(" not in text:
        return frozenset()
    try:
        tree = ast.parse(
            expressions.unwrap(text) if not reading.script else text
        )
    except SyntaxError:
        return frozenset()
    return loops.names_in_filters(tree)


def variable_unset(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A condition that reads a variable before any step has set it cannot be worked out."""
    variables = deployed.variables
    for process in deployed.processes.values():
        if process.id in variables.open:
            continue
        for scope in process.scopes.values():
            given = {
                *CIRCUMSTANCES,
                *ABOUT,
                *(
                    variables.seen_in(process, scope.id).keys()
                    - variables.known[process.id].keys()
                ),
            }
            for flow in scope.flows:
                for name in names_in(flow.condition or "", False):
                    known = (
                        name in variables.own[process.id] and name not in given
                    )
                    if known and not reaching(
                        variables,
                        process,
                        scope,
                        flow.source,
                        name,
                    ):
                        setters = variables.own[process.id][name]
                        where = named(process.elements[setters[0].element_id])
                        message = say(
                            "{flow_label}的条件用到变量“{name}”（{label}），"
                            "但走到这里之前没有哪一步会设置它，它要到{where}才有值。"
                            "请把条件移到那一步之后，或改用已有的变量",
                            flow_label=flow_label(process, flow),
                            name=name,
                            label=setters[0].label,
                            where=where,
                        )
                        yield Finding(
                            "variable-unset",
                            flow.id,
                            message,
                            resource=process.resource,
                        )


def meant(name: str, seen: Mapping[str, str]) -> str:
    """What was probably meant, or what to do when nothing is near."""
    by_label = [key for key, label in seen.items() if label == name]
    near = by_label or get_close_matches(name, seen, n=3, cutoff=0.6)
    if near:
        return say(
            "是不是{listed}？请改成正确的名称",
            listed=joined(
                "或",
                [
                    say(
                        "“{name}”（{meaning}）",
                        name=value,
                        meaning=seen[value],
                    )
                    for value in near
                ],
            ),
        )
    return say("请改用已有的变量，或在前面的表单中加上编号为它的一项")


def meant_or_all(name: str, known: Mapping[str, str]) -> str:
    """What was probably meant, or everything that there is."""
    near = [
        key for key, label in known.items() if label == name
    ] or get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return say(
            "是不是{listed}？请改成正确的名称",
            listed=joined(
                "或",
                [
                    say(
                        "“{name}”（{meaning}）",
                        name=value,
                        meaning=known[value],
                    )
                    for value in near
                ],
            ),
        )
    return all_of(known)


def all_of(known: Mapping[str, str]) -> str:
    """Everything that there is."""
    return say(
        "可用的有 {listed}",
        listed=joined(
            "、",
            [
                say("{name}（{meaning}）", name=value, meaning=label)
                for value, label in known.items()
            ],
        ),
    )


def flow_label(process: Process, flow: Flow) -> str:
    """How a designer finds the flow: its name, or the two steps that it joins."""
    if flow.name:
        return say("连线“{name}”", name=flow.name)
    ends = (process.elements[end] for end in (flow.source, flow.target))
    return say("连线{ends}", ends=joined("到", [named(end) for end in ends]))


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


def _read(
    variables: Variables,
    process: Process,
) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """(element or flow, what reads, variable, what is seen there) of every variable that the process reads,
    each once an element."""
    title = process.properties.get("title", "")
    whole = [
        Reading(
            process.id,
            say("流程“{name}”的标题", name=process.name),
            text,
            variables.known[process.id],
        )
        for text in expressions.template_expressions(title)
    ]
    sentences = set()
    for reading in (
        *whole,
        *conditions(variables, process),
        *attributes(variables, process),
    ):
        for name in names_in(reading.text, reading.script):
            if (reading.element_id, name) not in sentences:
                sentences.add((reading.element_id, name))
                yield reading.element_id, reading.what, name, reading.seen
    for element in process.elements.values():
        yield from _mapped(variables, process, element)


def _mapped(
    variables: Variables,
    process: Process,
    element: Element,
) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """Variables that mappings name without an expression."""
    seen = variables.seen_at(process, element)
    for name in _sources(element.call_inputs):
        yield (
            element.id,
            say("{named}的传入映射", named=named(element)),
            name,
            seen,
        )
    inside = variables.known.get(element.called or "")
    if inside is not None:
        for name in _sources(element.call_outputs):
            yield (
                element.id,
                say("{named}的传出映射", named=named(element)),
                name,
                inside,
            )
    for name in _sources(
        mapping for event in element.events for mapping in event.payload
    ):
        yield (
            element.id,
            say("{named}传出的值", named=named(element)),
            name,
            seen,
        )


def _sources(mappings: Iterable[tuple[str, str, bool]]) -> list[str]:
    return [
        source
        for _target, source, is_expression in mappings
        if not is_expression and source != ALL_VARIABLES
    ]


def _texts(table: DecisionTable) -> Iterator[str]:
    yield from table.inputs
    for rule in table.rules:
        yield from (text for text in (*rule.tests, *rule.results) if text)


def names_in(text: str, script: bool) -> list[str]:
    """The variables that an expression or a script reads; none for one that is refused."""
    try:
        return sorted(expressions.names_read(text, script))
    except expressions.ExpressionRefused:
        return []
