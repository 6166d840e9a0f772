"""Rules about gateways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.bpmn_checks.diagram import (
    Diagram,
    flow_name,
    named,
    note,
    quoted,
    refuse,
)
from orchestrator.engine.model import Element, Scope
from orchestrator.errors import Finding
from orchestrator.sentences import say


def exclusive_without_default(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        flows = {flow.id: flow for flow in scope.flows}
        for element in scope.elements.values():
            yield from _default(scope, element)
            if element.type not in ("exclusiveGateway", "inclusiveGateway"):
                continue
            bare = [
                flow_id
                for flow_id in element.outgoing
                if not flows[flow_id].condition
                and flow_id != element.default_flow
            ]
            divides = len(element.outgoing) > 1
            if element.type == "exclusiveGateway" and divides:
                yield from _without_condition(scope, element, bare)
            if element.outgoing and element.default_flow is None and not bare:
                yield note(
                    "exclusive-without-default",
                    element.id,
                    say(
                        "网关{named}没有默认出线，条件都不成立时会停下，要由管理员指定出线，"
                        "建议指定一条默认出线",
                        named=quoted(element),
                    ),
                )


def _default(scope: Scope, element: Element) -> Iterator[Finding]:
    """The default flow of a gateway or activity is one of its own, and no condition of it is asked for."""
    if element.default_flow is None or element.type == "parallelGateway":
        return
    if element.default_flow not in element.outgoing:
        sentence = say(
            "{named}的默认出线“{default_flow}”不存在，请重新选择",
            named=named(element),
            default_flow=element.default_flow,
        )
        yield refuse("exclusive-without-default", element.id, sentence)
        return
    flow = next(f for f in scope.flows if f.id == element.default_flow)
    if flow.condition:
        sentence = say(
            "{named}的默认出线“{name}”写了条件，但其他条件都不成立时一定走这一条，不看它的条件，请删去条件",
            named=named(element),
            name=flow_name(flow, scope.elements),
        )
        yield note("exclusive-without-default", element.id, sentence)


def _without_condition(
    scope: Scope,
    element: Element,
    bare: Sequence[str],
) -> Iterator[Finding]:
    """One flow without a condition, the last, is as good as a default; any other would hide those behind
    it."""
    as_default = element.default_flow is None and list(bare) == [
        element.outgoing[-1],
    ]
    for flow in scope.flows:
        if flow.id not in bare:
            continue
        sentence = say(
            "网关{named}的出线“{name}”没有条件",
            named=quoted(element),
            name=flow_name(flow, scope.elements),
        )
        if as_default:
            yield note(
                "exclusive-without-default",
                element.id,
                say(
                    "{told}，其他条件都不成立时走这一条，建议设为默认出线",
                    told=sentence,
                ),
            )
        else:
            yield refuse(
                "exclusive-without-default",
                element.id,
                say("{told}，请填写条件或设为默认出线", told=sentence),
            )


def complex_gateway(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        conditional = {flow.source for flow in scope.flows if flow.condition}
        for element in scope.elements.values():
            if element.type == "parallelGateway" and element.default_flow:
                yield refuse(
                    "complex-gateway",
                    element.id,
                    say(
                        "并行网关{named}不能有默认出线", named=quoted(element)
                    ),
                )
            if (
                element.type in ("parallelGateway", "eventBasedGateway")
                and element.id in conditional
            ):
                yield refuse(
                    "complex-gateway",
                    element.id,
                    say(
                        "{named}的出线不能带条件，请删除条件或改用包容网关",
                        named=named(element),
                    ),
                )


def event_gateway_targets(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        flows = {flow.id: flow for flow in scope.flows}
        for element in scope.elements.values():
            if element.type != "eventBasedGateway":
                continue
            if len(element.outgoing) < 2:
                yield refuse(
                    "event-gateway-targets",
                    element.id,
                    say(
                        "事件网关{named}至少要有两条出线",
                        named=quoted(element),
                    ),
                )
            hosts = {
                element.attached_to
                for element in scope.elements.values()
                if element.type == "boundaryEvent"
            }
            for flow_id in element.outgoing:
                target = scope.elements.get(flows[flow_id].target)
                if target is not None and target.id in hosts:
                    yield refuse(
                        "event-gateway-targets",
                        target.id,
                        say(
                            "{named}接在事件网关之后，不能再有边界事件，请把它画成网关的另一条出线",
                            named=named(target),
                        ),
                    )
                if target is not None and target.type not in (
                    "intermediateCatchEvent",
                    "receiveTask",
                ):
                    sentence = say(
                        "之后只能接捕获事件，{named}不是，请在它前面加一个定时或消息事件",
                        named=named(target),
                    )
                    yield refuse(
                        "event-gateway-targets",
                        element.id,
                        say(
                            "事件网关{named}{told}",
                            named=quoted(element),
                            told=sentence,
                        ),
                    )


def event_gateway_mixed(diagram: Diagram) -> Iterator[Finding]:
    """BPMN 2.0, 10.6.6: behind an event gateway messages are awaited by receive tasks or by message events,
    not by both."""
    for scope in diagram.scopes():
        flows = {flow.id: flow for flow in scope.flows}
        for gateway in scope.elements.values():
            if gateway.type != "eventBasedGateway":
                continue
            targets = [
                scope.elements.get(flows[flow_id].target)
                for flow_id in gateway.outgoing
            ]
            elements = [target for target in targets if target is not None]
            task = next(
                (
                    element
                    for element in elements
                    if element.type == "receiveTask"
                ),
                None,
            )
            event = next(
                (
                    element
                    for element in elements
                    if _waits_for_message(element)
                ),
                None,
            )
            if task is None or event is None:
                continue
            sentence = say(
                "事件网关{named}之后既有接收任务{task}又有消息事件{event}，标准不允许混用，请统一改成消息事件",
                named=quoted(gateway),
                task=quoted(task),
                event=quoted(event),
            )
            yield refuse("event-gateway-mixed", gateway.id, sentence)


def _waits_for_message(element: Element) -> bool:
    is_event = element.type == "intermediateCatchEvent"
    return is_event and any(
        event.kind == "message" for event in element.events
    )


def instantiating_gateway(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if element.instant:
            yield refuse(
                "instantiating-gateway",
                element.id,
                say(
                    "{named}标为由事件发起流程，本系统不支持，请改用普通开始事件",
                    named=named(element),
                ),
            )
