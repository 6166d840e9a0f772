"""The rule about steps that several do at once: whoever reads an answer later gets that of whoever was the
last to answer."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    DeployedDiagram,
    flow_name,
    named,
    note,
    refuse,
)
from orchestrator.bpmn_checks.expressions import expressions_of, templates_of
from orchestrator.bpmn_checks.instance_variables import (
    brings_unknown,
    names_in,
    set_by,
)
from orchestrator.engine import expressions
from orchestrator.engine.model import Element, Flow, Process
from orchestrator.errors import Finding
from orchestrator.sentences import say


def one_answer_of_several(diagram: DeployedDiagram) -> Iterator[Finding]:
    for process in diagram.processes:
        for element in process.elements.values():
            multi = element.multi
            if (
                element.type != "userTask"
                or multi is None
                or multi.sequential
                or multi.is_loop
            ):
                continue
            # Whoever ends the step by his answer answers last: then it says why the step ended.
            if multi.condition:
                decided = names_in(expressions.unwrap(multi.condition))
            else:
                decided = set()
            for name in sorted(_answered(diagram, element) - decided):
                yield from _read_later(diagram, process, element, name)


def _answered(diagram: DeployedDiagram, element: Element) -> set[str]:
    """What the step's form asks and no instance keeps for itself."""
    if (
        not element.form_key
        or "{" in element.form_key
        or diagram.form_fields is None
        or element.multi is None
    ):
        return set()
    return set(diagram.form_fields.get(element.form_key, ())) - {
        element.multi.output_item or "",
    }


def _read_later(
    diagram: DeployedDiagram,
    process: Process,
    owner: Element,
    name: str,
) -> Iterator[Finding]:
    """The first places behind the step where the name is read before anything sets it anew."""
    seen = {owner.id}
    pending = [(owner, True)]
    sentences: set[str] = set()
    while pending:
        element, certain = pending.pop(0)
        for flow in _flows(process, element):
            if (
                flow.condition
                and name in names_in(expressions.unwrap(flow.condition))
                and flow.id not in sentences
            ):
                sentences.add(flow.id)
                yield _told(
                    owner,
                    name,
                    flow.id,
                    say(
                        "连线“{name}”的条件",
                        name=flow_name(flow, process.elements),
                    ),
                    certain,
                )
        for following in _following(process, element):
            if following.id in seen:
                continue
            seen.add(following.id)
            if name in _reads(diagram, following):
                yield _told(
                    owner,
                    name,
                    following.id,
                    named(following),
                    certain,
                )
            if name not in set_by(diagram, following):
                pending.append(
                    (following, certain and not brings_unknown(following)),
                )


def _told(
    owner: Element,
    name: str,
    place: str,
    what: str,
    certain: bool,
) -> Finding:
    message = say(
        "{what}读取的“{name}”由{named}的几个人各填一份，读到的只是最后填的那一份；"
        "请写明每一项的结果（outputDataItem）和结果集合（loopDataOutputRef），"
        "改读这个集合，或在{named}上选会签方式",
        what=what,
        name=name,
        named=named(owner),
    )
    if certain:
        return refuse("one-answer-of-several", place, message)
    return note("one-answer-of-several", place, message)


def _flows(process: Process, element: Element) -> list[Flow]:
    return [
        flow
        for flow in process.scopes[element.process].flows
        if flow.source == element.id
    ]


def _following(process: Process, element: Element) -> Iterator[Element]:
    """What a token may come to next; behind the last step of a subprocess, what follows that."""
    scope = process.scopes[element.process]
    inner = process.scopes.get(element.id)
    if inner is not None:
        yield from (
            element
            for element in inner.elements.values()
            if element.type == "startEvent"
        )
    flows = _flows(process, element)
    yield from (
        scope.elements[flow.target]
        for flow in flows
        if flow.target in scope.elements
    )
    yield from (
        value
        for value in scope.elements.values()
        if value.attached_to == element.id
    )
    if not flows and element.process in process.elements:
        yield from _following(process, process.elements[element.process])


def _reads(diagram: DeployedDiagram, element: Element) -> set[str]:
    texts = [text for _what, text in expressions_of(element)]
    texts += [
        text
        for _what, template in templates_of(element)
        for text in expressions.template_expressions(template)
    ]
    if element.decision in diagram.known_tables:
        texts += diagram.known_tables[element.decision or ""].inputs
    reads = {name for text in texts for name in names_in(text)}
    return reads | (
        names_in(element.script, script=True) if element.script else set()
    )
