"""Whether every variable that a diagram reads is set by something, and what was meant where it is not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from orchestrator.engine import Element, expressions, loops
from orchestrator.engine.model import Process
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.call_needs import (
    left_out_by_calls,
)
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.reaching import reaching
from orchestrator.services.deployments.profile_checks.readings import (
    Reading,
    attributes,
    conditions,
    flow_label,
    names_needed,
    reads_leniently,
    sources,
)
from orchestrator.services.deployments.profile_checks.variables import (
    ABOUT,
    CIRCUMSTANCES,
    Variables,
)


@dataclass(frozen=True, slots=True)
class _Read:
    """A variable that something reads."""

    element_id: str
    what: str
    """What reads it, as a sentence begins."""
    name: str
    seen: Mapping[str, str]
    """Name → label of what can be read there."""
    guard: str = ""
    """How to ask whether it has a value, where it is asked in another way."""


def variable_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A variable that nothing sets stops the instance at a condition, and leaves a hole in a text."""
    variables = deployed.variables
    for process in deployed.processes.values():
        if process.id in variables.open:
            severity = "note"
        else:
            severity = "error"
        elsewhere = left_out_by_calls(variables, process)
        for read in _read(variables, process):
            if read.name not in read.seen and read.name not in elsewhere:
                message = say(
                    "{what}用到变量“{name}”，但没有哪张表单、哪一步会设置它。{meant}{guard}",
                    what=read.what,
                    name=read.name,
                    meant=meant(read.name, read.seen),
                    guard=read.guard,
                )
                yield Finding(
                    "variable-unknown",
                    read.element_id,
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
                reading = Reading(flow.id, "", flow.condition or "", {})
                for name in names_needed(reading):
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


def _read(
    variables: Variables,
    process: Process,
) -> Iterator[_Read]:
    """Every variable that the process cannot do without, each once an element."""
    title = process.properties.get("title", "")
    whole = [
        Reading(
            process.id,
            say("流程“{name}”的标题", name=process.name),
            text,
            variables.known[process.id],
            lenient=reads_leniently(process),
        )
        for text in expressions.template_expressions(title)
    ]
    sentences = set()
    for reading in (
        *whole,
        *conditions(variables, process),
        *attributes(variables, process),
    ):
        for name in names_needed(reading):
            if (reading.element_id, name) not in sentences:
                sentences.add((reading.element_id, name))
                yield _Read(
                    reading.element_id,
                    reading.what,
                    name,
                    reading.seen,
                    _guard(reading, name),
                )
    for element in process.elements.values():
        yield from _mapped(variables, process, element)


def _guard(reading: Reading, name: str) -> str:
    """How to write it where a value is asked for in a way that a condition stops at."""
    as_text = replace(reading, lenient=True)
    written = f"defined({name})" in reading.text.replace(" ", "")
    if not written and name in names_needed(as_text):
        return ""
    return say(
        "；只想先看它有没有值时，请写 defined({quoted})",
        quoted=f'"{name}"',
    )


def _mapped(
    variables: Variables,
    process: Process,
    element: Element,
) -> Iterator[_Read]:
    """Variables that mappings name without an expression."""
    seen = variables.seen_at(process, element)
    for name in sources(element.call_inputs):
        what = say("{named}的传入映射", named=named(element))
        yield _Read(element.id, what, name, seen)
    inside = variables.known.get(element.called or "")
    if inside is not None:
        for name in sources(element.call_outputs):
            what = say("{named}的传出映射", named=named(element))
            yield _Read(element.id, what, name, inside)
    for name in sources(
        mapping for event in element.events for mapping in event.payload
    ):
        what = say("{named}传出的值", named=named(element))
        yield _Read(element.id, what, name, seen)
