"""A diagram's XML to the values of `model`: everything the engine and the checks know of a diagram comes
through here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.engine import countersign, nameless
from orchestrator.engine.citing import citations
from orchestrator.engine.element_parts import (
    INSTANCE,
    SIGNAL_SCOPE,
    ad_hoc_of,
    called_apart,
    declared_data,
    mappings_of,
    multi_instance_of,
    parameters_of,
    properties_of,
    text_of,
    triggered_by_people,
    with_answers,
)
from orchestrator.engine.model import (
    FLOW_NODES,
    MULTIPLE,
    SUBPROCESSES,
    Element,
    Event,
    Flow,
    Process,
    Scope,
)
from orchestrator.engine.xml import BPMN, camunda, tag


def read_processes(root: Any, resource: str) -> list[Process]:
    """Every process of the document. What cannot be read is left out here and told by the checks."""
    names = _Names(root)
    return [
        _read_process(node, names, resource)
        for node in root.iter(tag("process"))
    ]


class _Names:
    """Names of messages, signals, errors and escalations by id, and root-level event definitions for
    eventDefinitionRef."""

    def __init__(self, root: Any) -> None:
        self.messages = {
            node.get("id"): node for node in root.iter(tag("message"))
        }
        self.signals = {
            node.get("id"): node.get("name")
            for node in root.iter(tag("signal"))
        }
        self.signals_inside = {
            node.get("id")
            for node in root.iter(tag("signal"))
            if properties_of(node).get(SIGNAL_SCOPE) == INSTANCE
        }
        self.errors = {
            node.get("id"): node.get("errorCode") or node.get("name")
            for node in root.iter(tag("error"))
        }
        self.error_messages = {
            node.get("id"): node.get(camunda("errorMessage"))
            for node in root.iter(tag("error"))
        }
        self.escalations = {
            node.get("id"): node.get("escalationCode") or node.get("name")
            for node in root.iter(tag("escalation"))
        }
        associations = [
            (node.get("sourceRef"), node.get("targetRef"))
            for node in root.iter(tag("association"))
        ]
        handlers = {
            node.get("id")
            for node in root.iter()
            if node.get("isForCompensation") == "true"
        }
        self.handlers = {
            event: handler
            for pair in associations
            for event, handler in (pair, pair[::-1])
            if handler in handlers and event not in handlers
        }
        """What associations connect with compensation handlers → the handler."""
        self.definitions = {
            node.get("id"): node
            for node in root
            if str(node.tag).endswith("EventDefinition") and node.get("id")
        }

    def code(self, kind: str, definition: Any) -> str | None:
        """What an error or escalation is thrown or caught under; None catches any.

        Others write the code into the reference where no `<error>` has that id (Camunda 7, Flowable), or
        beside it as `errorCode`.
        """
        own = next(
            (
                value
                for name, value in definition.attrib.items()
                if str(name).rpartition("}")[2] == f"{kind}Code"
            ),
            None,
        )
        reference = definition.get(f"{kind}Ref")
        if kind == "error":
            known = self.errors
        else:
            known = self.escalations
        return own or known.get(reference, reference) or None


def _read_process(node: Any, names: _Names, resource: str) -> Process:
    process_id = node.get("id") or ""
    lanes = {
        (ref.text or "").strip(): lane.get("name") or lane.get("id")
        for lane in node.iter(tag("lane"))
        for ref in lane.findall(tag("flowNodeRef"))
    }
    scopes: dict[str, Scope] = {}
    _read_scope(node, process_id, lanes, names, scopes)
    groups = node.get(camunda("candidateStarterGroups")) or ""
    return Process(
        id=process_id,
        name=node.get("name") or process_id,
        executable=node.get("isExecutable", "false") == "true",
        properties=properties_of(node),
        starter_groups=tuple(
            part.strip() for part in groups.split(",") if part.strip()
        ),
        documentation=text_of(node, "documentation"),
        scopes=scopes,
        resource=resource,
        declares_data=any(declared_data(node)),
    )


def _read_scope(
    node: Any,
    scope_id: str,
    lanes: Mapping[str, str],
    names: _Names,
    scopes: dict[str, Scope],
) -> None:
    flows = []
    for number, child in enumerate(node.findall(tag("sequenceFlow")), 1):
        flow_id = child.get("id") or f"{scope_id}_flow_{number}"
        condition = child.find(tag("conditionExpression"))
        text = None
        if condition is not None:
            text = (condition.text or "").strip()
        flows.append(
            Flow(
                flow_id,
                child.get("sourceRef") or "",
                child.get("targetRef") or "",
                child.get("name") or "",
                text or None,
            ),
        )
    outgoing: dict[str, list[str]] = {}
    for flow in flows:
        outgoing.setdefault(flow.source, []).append(flow.id)
    elements = {}
    for child in node:
        if not isinstance(child.tag, str) or not child.tag.startswith(
            f"{{{BPMN}}}",
        ):
            continue
        kind = _kind(child)
        element_id = child.get("id")
        if kind not in FLOW_NODES or not element_id:
            continue
        elements[element_id] = _read_element(
            child,
            kind,
            scope_id,
            lanes,
            names,
            tuple(outgoing.get(element_id, ())),
        )
        if kind == "subProcess":
            inner = dict(lanes)
            for nested in child.iter():
                if nested.get("id"):
                    inner.setdefault(
                        nested.get("id"),
                        lanes.get(element_id, ""),
                    )
            _read_scope(child, element_id, inner, names, scopes)
    placed = nameless.placed(elements, flows)
    scopes[scope_id] = Scope(scope_id, placed, tuple(flows))


def _kind(node: Any) -> str:
    """The element's type: every embedded subprocess is a `subProcess`, and a receive task without a message
    that names people is a `userTask`: they say that it may go on."""
    kind = str(node.tag).rpartition("}")[2]
    if kind in SUBPROCESSES:
        return "subProcess"
    if kind == "receiveTask" and triggered_by_people(node):
        return "userTask"
    return kind


def _read_element(
    node: Any,
    kind: str,
    scope: str,
    lanes: Mapping[str, str],
    names: _Names,
    outgoing: tuple[str, ...],
) -> Element:
    cited, documentation = citations(text_of(node, "documentation"))
    event = _event(node, names)
    topic = None
    if node.get(camunda("type")) == "external":
        topic = node.get(camunda("topic"))
    if topic is None and event is not None:
        topic = event.topic
    script = node.find(tag("script"))
    properties = properties_of(node)
    preset = countersign.read(properties)
    return Element(
        id=node.get("id"),
        name=" ".join((node.get("name") or "").split()),
        type=kind,
        process=scope,
        lane=lanes.get(node.get("id")) or None,
        documentation=documentation,
        citations=cited,
        form_key=node.get(camunda("formKey")) or node.get(camunda("formRef")),
        topic=topic,
        properties=properties,
        assignee=node.get(camunda("assignee")),
        candidate_users=node.get(camunda("candidateUsers")),
        candidate_groups=node.get(camunda("candidateGroups")),
        due=node.get(camunda("dueDate")),
        follow_up=node.get(camunda("followUpDate")),
        priority=node.get(camunda("priority")),
        script=(script.text or "").strip() if script is not None else None,
        result_variable=node.get(camunda("resultVariable")),
        decision=node.get(camunda("decisionRef")),
        decision_result=node.get(camunda("mapDecisionResult")),
        called=node.get("calledElement"),
        call_inputs=mappings_of(node, "in"),
        call_outputs=mappings_of(node, "out"),
        called_apart=called_apart(node),
        inputs=parameters_of(node, "inputParameter"),
        outputs=parameters_of(node, "outputParameter"),
        event=event,
        attached_to=node.get("attachedToRef"),
        interrupting=_interrupting(node, kind, event),
        default_flow=node.get("default") or None,
        multi=with_answers(multi_instance_of(node), preset),
        countersign=preset,
        event_subprocess=node.get("triggeredByEvent") == "true",
        transaction=node.tag == tag("transaction"),
        ad_hoc=ad_hoc_of(node),
        for_compensation=node.get("isForCompensation") == "true",
        handler=names.handlers.get(node.get("id"))
        if event is not None and event.kind == "compensate"
        else None,
        instant=node.get("instantiate") == "true",
        outgoing=outgoing,
    )


def _interrupting(node: Any, kind: str, event: Event | None) -> bool:
    if event is not None and (
        event.kind == "cancel"
        or (kind == "startEvent" and event.kind == "error")
    ):
        return True  # an error always interrupts (BPMN 2.0.2, table 10.86)
    return bool(
        (node.get("cancelActivity") or node.get("isInterrupting") or "true")
        == "true",
    )


def _event(node: Any, names: _Names) -> Event | None:
    results = [
        child
        for child in node
        if isinstance(child.tag, str) and child.tag.endswith("EventDefinition")
    ]
    for reference in node.findall(tag("eventDefinitionRef")):
        target = names.definitions.get((reference.text or "").strip())
        if target is not None:
            results.append(target)
    if node.tag in (tag("receiveTask"), tag("sendTask")) and node.get(
        "messageRef",
    ):
        return _message(node, names)
    if node.tag == tag("receiveTask") and not triggered_by_people(node):
        return Event("message")
    parts = tuple(_definition(value, names) for value in results)
    if len(parts) > 1:
        return Event(
            MULTIPLE,
            parts=parts,
            parallel=node.get("parallelMultiple") == "true",
        )
    if parts:
        return parts[0]
    return None


def _definition(definition: Any, names: _Names) -> Event:
    """What one event definition says."""
    kind = definition.tag.rpartition("}")[2].removesuffix("EventDefinition")
    if kind == "message":
        return _message(definition, names)
    if kind == "timer":
        return _timer(definition)
    if kind == "signal":
        return Event(
            "signal",
            names.signals.get(definition.get("signalRef")),
            payload=mappings_of(definition, "in"),
            inside=definition.get("signalRef") in names.signals_inside,
        )
    if kind in ("error", "escalation"):
        return Event(
            kind,
            names.code(kind, definition),
            code_variable=definition.get(camunda(f"{kind}CodeVariable")),
            message_variable=definition.get(camunda(f"{kind}MessageVariable")),
            message=names.error_messages.get(definition.get("errorRef")),
        )
    if kind == "link":
        return Event("link", definition.get("name"))
    if kind == "conditional":
        kinds = (definition.get(camunda("variableEvents")) or "").split(",")
        return Event(
            kind,
            condition=text_of(definition, "condition") or None,
            variable=definition.get(camunda("variableName")) or None,
            variable_events=tuple(
                kind.strip() for kind in kinds if kind.strip()
            ),
        )
    if kind == "compensate":
        return Event("compensate", activity=definition.get("activityRef"))
    return Event(kind)


def _timer(definition: Any) -> Event:
    for form in ("timeDuration", "timeDate", "timeCycle"):
        part = definition.find(tag(form))
        if part is not None:
            return Event("timer", timer=(form, (part.text or "").strip()))
    return Event("timer")


def _message(node: Any, names: _Names) -> Event:
    message = names.messages.get(node.get("messageRef"))
    correlation = None
    if message is not None:
        correlation = properties_of(message).get("correlationKey")
    if message is not None and correlation is None:
        correlation = properties_of(node).get("correlationKey")
    topic = None
    if node.get(camunda("type")) == "external":
        topic = node.get(camunda("topic"))
    name = None
    if message is not None:
        name = message.get("name")
    return Event(
        "message",
        name,
        correlation=correlation,
        topic=topic,
        payload=mappings_of(node, "in"),
    )
