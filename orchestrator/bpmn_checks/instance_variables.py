"""The rule about variables that each instance of a parallel multi-instance subprocess or call keeps for
itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    DeployedDiagram,
    flow_name,
    named,
    note,
    quoted,
    refuse,
)
from orchestrator.bpmn_checks.expressions import expressions_of, templates_of
from orchestrator.engine import expressions, loops
from orchestrator.engine.model import ALL_VARIABLES, Element, Process
from orchestrator.errors import Finding
from orchestrator.sentences import say


def kept_in_instance(diagram: DeployedDiagram) -> Iterator[Finding]:
    for process in diagram.processes:
        for element in process.elements.values():
            multi = element.multi
            if (
                multi is None
                or multi.is_loop
                or multi.sequential
                or element.type not in ("subProcess", "callActivity")
            ):
                continue
            inside = set(_scopes_within(process, element.id))
            kept = _set_within(diagram, process, inside, element)
            yield from _read_outside(
                diagram,
                process,
                element,
                inside,
                kept,
            )


def _read_outside(
    diagram: DeployedDiagram,
    process: Process,
    owner: Element,
    inside: set[str],
    kept: set[str],
) -> Iterator[Finding]:
    others = [
        element
        for element in process.elements.values()
        if element.process not in inside and element.id != owner.id
    ]
    elsewhere = {
        name for element in others for name in set_by(diagram, element)
    }
    if any(brings_unknown(element) for element in others):
        outcome = note
    else:
        outcome = refuse
    way = say(
        "请在多实例中写明结果变量（outputDataItem）和结果集合（loopDataOutputRef），改读这个集合"
    )
    for place_id, what, names in _reads(process, inside, owner):
        for name in sorted(names & (kept - elsewhere)):
            yield outcome(
                "kept-in-instance",
                place_id,
                say(
                    "{what}读取的变量“{name}”只在并行多实例{named}内产生，每个实例各有一份，"
                    "出了实例就读不到；{way}",
                    what=what,
                    name=name,
                    named=quoted(owner),
                    way=way,
                ),
            )
    wanted = {
        name
        for _place, _what, names in _reads(process, inside, owner)
        for name in names
    }
    for element in process.elements.values():
        if element.process not in inside or not element.script:
            continue
        for name in sorted(_changed(element.script) & elsewhere & wanted):
            yield refuse(
                "kept-in-instance",
                element.id,
                say(
                    "脚本任务{named}在并行多实例{other}内累加变量“{name}”，每个实例各算各的，"
                    "不会相加；{way}",
                    named=quoted(element),
                    other=quoted(owner),
                    name=name,
                    way=way,
                ),
            )


def _scopes_within(process: Process, scope_id: str) -> Iterator[str]:
    if scope_id in process.scopes:
        yield scope_id
        for element in process.scopes[scope_id].elements.values():
            if element.type == "subProcess":
                yield from _scopes_within(process, element.id)


def _set_within(
    diagram: DeployedDiagram,
    process: Process,
    inside: set[str],
    owner: Element,
) -> set[str]:
    results = {
        name
        for element in process.elements.values()
        if element.process in inside
        for name in set_by(diagram, element)
    }
    results |= {
        target
        for target, _source, _is in owner.call_outputs
        if target != ALL_VARIABLES
    }
    given = {name for name, _text in owner.outputs}
    return (
        results
        - given
        - ({owner.multi.output_collection} if owner.multi else set())
    )


def set_by(diagram: DeployedDiagram, element: Element) -> set[str]:
    """Names that the element sets, as far as the deployment tells."""
    results = {name for name, _text in element.outputs}
    results |= {
        target
        for target, _source, _is in element.call_outputs
        if target != ALL_VARIABLES
    }
    if element.form_key and diagram.form_fields is not None:
        forms = diagram.form_fields
        chosen = forms if "{" in element.form_key else (element.form_key,)
        results |= {name for key in chosen for name in forms.get(key, ())}
    if element.script:
        results |= names_in(element.script, assigned=True)
    if element.result_variable:
        results.add(element.result_variable)
    elif element.decision in diagram.known_tables:
        results |= set(diagram.known_tables[element.decision or ""].outputs)
    if element.countersign is not None:
        results.add(element.countersign.result)
    if element.multi is not None and element.multi.output_collection:
        results.add(element.multi.output_collection)
    for event in element.events:
        results |= {
            name
            for name in (event.code_variable, event.message_variable)
            if name
        }
    return results


def brings_unknown(element: Element) -> bool:
    """Whether the element may set names of which the deployment says nothing."""
    shares = (
        element.type == "callActivity"
        and not element.call_inputs
        and not element.call_outputs
    )
    heard = (
        not element.event_kinds.isdisjoint(("message", "signal"))
        and "Throw" not in element.type
    )
    return (
        bool(element.topic and not element.outputs)
        or shares
        or heard
        or element.type == "receiveTask"
    )


def _reads(
    process: Process,
    inside: set[str],
    owner: Element,
) -> Iterator[tuple[str, str, set[str]]]:
    """(element or flow, what it is called, names it reads) of everything outside the owner's instances. A
    guard is no excuse: what an instance keeps never gets out."""
    for scope in process.scopes.values():
        if scope.id in inside:
            continue
        for flow in scope.flows:
            if flow.condition:
                yield (
                    flow.id,
                    say(
                        "连线“{name}”的条件",
                        name=flow_name(flow, scope.elements),
                    ),
                    names_in(expressions.unwrap(flow.condition)),
                )
        for element in scope.elements.values():
            if element.id == owner.id:
                continue
            texts = [text for _what, text in expressions_of(element)]
            for _what, template in templates_of(element):
                texts += expressions.template_expressions(template)
            names = set()
            for text in texts:
                names |= names_in(text)
            if element.script:
                names |= names_in(element.script, script=True)
            yield element.id, named(element), names


def names_in(
    text: str,
    script: bool = False,
    assigned: bool = False,
) -> set[str]:
    """None where the text does not compile; the rule about that tells it."""
    try:
        return set(
            expressions.names_assigned(text)
            if assigned
            else expressions.names_read(text, script=script),
        )
    except ValueError:
        return set()


def _changed(script: str) -> set[str]:
    """Names that the script computes from themselves, as in `total = total + 1`."""
    if not names_in(script, assigned=True):
        return set()
    results = set()
    for line in ast.walk(ast.parse(script.strip())):
        if isinstance(line, ast.AugAssign) and isinstance(
            line.target,
            ast.Name,
        ):
            results.add(line.target.id)
        elif isinstance(line, ast.Assign):
            read = {node.id for node in loops.free_names(line.value)}
            results |= read & {
                target.id
                for target in line.targets
                if isinstance(target, ast.Name)
            }
    return results
