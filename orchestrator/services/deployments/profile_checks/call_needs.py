"""What a called process needs from its caller, what it gives back, and calls that hand over too little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from weakref import WeakKeyDictionary

from orchestrator.engine import Element
from orchestrator.engine.model import ALL_VARIABLES, Process, Scope
from orchestrator.errors import Finding
from orchestrator.handlers import DECLARED
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.platform_starts import (
    begun_with,
)
from orchestrator.services.deployments.profile_checks.reaching import (
    set_inside,
)
from orchestrator.services.deployments.profile_checks.readings import (
    attributes,
    conditions,
    names_needed,
    sources,
)
from orchestrator.services.deployments.profile_checks.variables import (
    ABOUT,
    CIRCUMSTANCES,
    Variables,
)


@dataclass(frozen=True, slots=True)
class Need:
    """A variable that a process reads and that only its caller can give it."""

    name: str
    label: str
    """What an official calls it; the name where nothing tells."""
    where: str
    """What reads it, as a sentence begins: “核对”的候选机构."""
    passed: bool = False
    """Whether a process that it calls in turn reads it, and it does not itself."""


_Needs = dict[str, Need]
_Reading = tuple[list[str], str, list[str]]
"""(what a token has left then, what reads, names that it reads)."""
_KEPT: WeakKeyDictionary[Variables, Mapping[str, _Needs]] = WeakKeyDictionary()
"""Process → name → need, of the processes that are looked at together."""


def needs(
    variables: Variables,
    process: Process,
) -> list[Need]:
    """What the process reads before it sets it, each once; what its start form asks for is not asked when it
    is called."""
    if variables not in _KEPT:
        _KEPT[variables] = _needs_of_all(variables)
    return list(_KEPT[variables][process.id].values())


def gives(
    variables: Variables,
    process: Process,
) -> dict[str, str]:
    """Name → label of what the process itself sets."""
    return {
        name: setters[0].label
        for name, setters in variables.own[process.id].items()
        if any(
            not _by_start_form(process, setter.element_id)
            for setter in setters
        )
    }


def call_input_missing(
    deployed: CheckedDeployment,
) -> Iterator[Finding]:
    """A call that does not hand over what the called process reads stops there, or leaves a hole in a
    text."""
    variables = deployed.variables
    for caller, call, called in variables.calls():
        known = variables.seen_at(caller, call)
        for need in missing(variables, caller, call, called):
            if need.passed and need.name not in variables.known[called.id]:
                # The call further down is told.
                continue
            if need.name in known:
                message = say(
                    "{named}没有把“{label}”（{name}）带进“{process}”，那里{where}要用到它，"
                    "请在它的面板里为“{label}”选一个字段",
                    named=named(call),
                    label=need.label,
                    name=need.name,
                    process=called.name,
                    where=need.where,
                )
            else:
                message = say(
                    "{named}调用的“{process}”要用到“{label}”（{name}，见{where}），"
                    "而走到这里时没有哪张表单、哪一步会设置它，请在它的面板里为“{label}”选一个字段{near}",
                    named=named(call),
                    process=called.name,
                    label=need.label,
                    name=need.name,
                    where=need.where,
                    near=_misspelt(variables, called, need.name),
                )
            yield Finding(
                "call-input-missing",
                call.id,
                message,
                "note"
                if _comes_from_outside(variables, caller, call)
                else "error",
                caller.resource,
            )


def missing(
    variables: Variables,
    caller: Process,
    call: Element,
    called: Process,
) -> list[Need]:
    """What the called process needs and the call does not hand over. What it sets itself, though later, is
    told where it is read (`variable-unset`)."""
    handed = {target for target, _source, _is in call.call_inputs}
    handed |= gives(variables, called).keys()
    if _hands_all(call):
        handed |= variables.seen_at(caller, call).keys()
    return [
        need for need in needs(variables, called) if need.name not in handed
    ]


def left_out_by_calls(
    variables: Variables,
    process: Process,
) -> set[str]:
    """Names that some call does not hand over: the call is told, not what reads them."""
    return {
        need.name
        for caller, call, called in variables.calls()
        if called.id == process.id
        for need in missing(variables, caller, call, called)
    }


def _misspelt(variables: Variables, called: Process, name: str) -> str:
    """What the called process may have meant by the name; empty where nothing is near."""
    known = variables.known[called.id]
    near = get_close_matches(name, known, n=1, cutoff=0.75)
    if not near or name in known:
        return ""
    return say(
        "；若是“{process}”里写错了，是不是“{near}”（{meaning}）？",
        process=called.name,
        near=near[0],
        meaning=known[near[0]],
    )


def _hands_all(
    call: Element,
) -> bool:
    targets = [target for target, _source, _is in call.call_inputs]
    return ALL_VARIABLES in targets or not (targets or call.called_apart)


def _comes_from_outside(
    variables: Variables,
    caller: Process,
    call: Element,
) -> bool:
    return caller.id in variables.open and _hands_all(call)


def _needs_of_all(
    variables: Variables,
) -> Mapping[str, _Needs]:
    """What each process reads, and what those read that it hands everything to. A need passes each call once:
    the processes may call each other in a circle."""
    result: dict[str, _Needs] = {}
    pending: list[tuple[str, str]] = []
    for key, process in variables.processes.items():
        own = _read_there(variables, process)
        result[key] = own
        pending += [(key, name) for name in own]
    calls = _handing_all(variables)
    for key, name in pending:
        for caller, call in calls.get(key, ()):
            known = result[caller.id]
            if name in known:
                continue
            scope = caller.scopes[call.process]
            what = named(call)
            reading = _at(
                variables,
                caller,
                scope,
                call,
                what,
                [name],
            )
            for need in _unmet(
                variables,
                caller,
                scope,
                reading,
            ):
                known[name] = replace(need, passed=True)
                pending.append((caller.id, name))
    return result


def _handing_all(
    variables: Variables,
) -> Mapping[str, list[tuple[Process, Element]]]:
    """Called process → the calls that hand everything to it."""
    result: dict[str, list[tuple[Process, Element]]] = {}
    for caller, call, called in variables.calls():
        if not _hands_all(call):
            continue
        there = result.setdefault(called.id, [])
        there.append((caller, call))
    return result


def _read_there(
    variables: Variables,
    process: Process,
) -> _Needs:
    """What the process itself reads."""
    result: _Needs = {}
    for scope in process.scopes.values():
        for reading in _readings(variables, process, scope):
            for need in _unmet(
                variables,
                process,
                scope,
                reading,
            ):
                result.setdefault(need.name, need)
    return result


def _unmet(
    variables: Variables,
    process: Process,
    scope: Scope,
    reading: _Reading,
) -> Iterator[Need]:
    """Of what is read, all that nothing in the process brings or may have set by then."""
    nodes, what, names = reading
    given = set(begun_with(process))
    given |= variables.brought[process.id]
    for name in names:
        if name in given:
            continue
        if _is_set(
            variables,
            process,
            scope,
            nodes,
            name,
        ):
            continue
        labels = _labels(variables, process)
        label = labels.get(name, name)
        yield Need(name, label, what)


def _is_set(
    variables: Variables,
    process: Process,
    scope: Scope,
    nodes: Iterable[str],
    name: str,
) -> bool:
    """Whether a step of the process may have set it when a token has just left one of the nodes."""
    return any(
        not _by_start_form(process, setter.element_id)
        for node in nodes
        for setter in set_inside(
            variables,
            process,
            scope,
            node,
            name,
        )
    )


def _readings(
    variables: Variables,
    process: Process,
    scope: Scope,
) -> Iterator[_Reading]:
    """Everything in the scope that reads."""
    local = variables.local_in(process, scope.id)
    flows = {flow.id: flow for flow in scope.flows}
    for reading in conditions(variables, process):
        if reading.element_id in flows:
            names = names_needed(reading)
            source = flows[reading.element_id].source
            yield [source], reading.what, [n for n in names if n not in local]
    for reading in attributes(variables, process):
        element = scope.elements.get(reading.element_id)
        if element is not None:
            names = names_needed(reading)
            yield _at(
                variables,
                process,
                scope,
                element,
                reading.what,
                names,
            )
    for element in scope.elements.values():
        what, names = _handed_on(element)
        yield _at(
            variables,
            process,
            scope,
            element,
            what,
            names,
        )


def _at(
    variables: Variables,
    process: Process,
    scope: Scope,
    element: Element,
    what: str,
    names: Iterable[str],
) -> _Reading:
    local = variables.local_at(process, element)
    before = variables.paths(process, scope).preceding(element)
    # What the element itself sets, its outputs and its later rounds may read.
    return [*before, element.id], what, [n for n in names if n not in local]


def _handed_on(
    element: Element,
) -> tuple[str, list[str]]:
    """What the element hands to others by name: to events, handlers, called processes."""
    payload = [
        mapping for event in element.events for mapping in event.payload
    ]
    names = [*sources(element.call_inputs), *sources(payload)]
    declared = DECLARED.get(element.topic or "")
    if declared:
        names += [read.name for read in declared.reads if read.required]
    return named(element), names


def _labels(
    variables: Variables,
    process: Process,
) -> dict[str, str]:
    """Name → what it is called: by the start form of the process, a handler that reads it, any form."""
    labels = {**CIRCUMSTANCES, **ABOUT}
    for form in variables.forms.values():
        for field in form.inputs():
            labels.setdefault(field.key, field.label or field.key)
    for element in process.elements.values():
        declared = DECLARED.get(element.topic or "")
        for read in declared.reads if declared else ():
            labels[read.name] = read.label
        asked = variables.forms.get(element.form_key or "")
        if element.type == "startEvent" and asked:
            labels |= {
                field.key: field.label or field.key for field in asked.inputs()
            }
    return labels


def _by_start_form(
    process: Process,
    element_id: str,
) -> bool:
    element = process.elements.get(element_id)
    return (
        element is not None
        and element.type == "startEvent"
        and element.process == process.id
    )
