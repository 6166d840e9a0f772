"""Rules about events and timers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    Diagram,
    named,
    note,
    quoted,
    refuse,
)
from orchestrator.engine import (
    expressions,
    standstill,
    time_results,
    timers,
)
from orchestrator.engine.model import ACTIVITIES
from orchestrator.errors import Finding
from orchestrator.sentences import say


def timer_text(diagram: Diagram) -> Iterator[Finding]:
    for element, event in diagram.events("timer"):
        if event.timer is None or not event.timer[1]:
            yield refuse(
                "timer-text",
                element.id,
                say(
                    "定时事件{named}没有填写时间，请写成 {ways}",
                    named=quoted(element),
                    ways=timers.WAYS,
                ),
            )
            continue
        form, text = event.timer
        try:
            _check_time(form, text)
        except timers.TimerTextInvalid as invalid:
            yield refuse(
                "timer-text",
                element.id,
                say(
                    "定时事件{named}：{invalid}",
                    named=quoted(element),
                    invalid=invalid,
                ),
            )
    yield from _task_dates(diagram)


def _check_time(form: str, text: str) -> None:
    """Raises TimerTextInvalid for a text that is no time, or an expression that never gives one."""
    if "${" not in text:
        timers.check_text(form, text)
        return
    ours = expressions.unwrap(text)
    if ours == text.strip():
        return
    problem = time_results.objection(ours, form)
    if problem:
        raise timers.TimerTextInvalid(
            say("“{text}”的{problem}", text=text, problem=problem)
        )


def timer_standstill(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        for element in scope.elements.values():
            if standstill.at_once(element) and standstill.comes_back(
                scope,
                element.id,
                element.id,
            ):
                yield refuse(
                    "timer-standstill",
                    element.id,
                    say(
                        "定时事件{named}一设就到期，又不经过任何待办回到自己，会无休止地重复，"
                        "请把时长改长，或在循环里加上待办",
                        named=quoted(element),
                    ),
                )


def _task_dates(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        for what, text, form in (
            (say("截止时间"), element.due, "timeDuration"),
            (say("跟进时间"), element.follow_up, time_results.FOLLOW_UP),
        ):
            if text is None:
                continue
            try:
                _check_time(form, text)
            except timers.TimerTextInvalid as invalid:
                yield refuse(
                    "timer-text",
                    element.id,
                    say(
                        "{named}的{what}：{invalid}",
                        named=named(element),
                        what=what,
                        invalid=invalid,
                    ),
                )


def event_reference(diagram: Diagram) -> Iterator[Finding]:
    for element, event in diagram.events("message", "signal"):
        if element.type == "receiveTask" and not event.reference:
            sentence = say(
                "接收任务{named}没有选择消息，办到这里就等待，要由管理员或接口触发才继续；由机构触发的，请选择办理机构",
                named=quoted(element),
            )
            yield note("event-reference", element.id, sentence)
        elif not event.reference and not element.topic:
            if event.kind == "message":
                label = say("消息")
            else:
                label = say("信号")
            yield refuse(
                "event-reference",
                element.id,
                say(
                    "{named}没有选择{label}，或所选{label}没有名称，请选择或新建一个{label}",
                    named=named(element),
                    label=label,
                ),
            )


_CHANGES = ("create", "update", "delete")


def event_condition(diagram: Diagram) -> Iterator[Finding]:
    for element, event in diagram.events("conditional"):
        if not event.condition:
            yield refuse(
                "event-condition",
                element.id,
                say(
                    '条件事件{named}没有填写条件，请写明，如 level == "county"',
                    named=quoted(element),
                ),
            )
        for unknown in [
            value for value in event.variable_events if value not in _CHANGES
        ]:
            sentence = say(
                "条件事件{named}的变量事件“{unknown}”看不懂，请写 {listed}",
                named=quoted(element),
                unknown=unknown,
                listed="、".join(_CHANGES),
            )
            yield refuse("event-condition", element.id, sentence)


def boundary_attachment(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        for element in scope.elements.values():
            if element.type != "boundaryEvent":
                continue
            host = scope.elements.get(element.attached_to or "")
            if host is None:
                yield refuse(
                    "boundary-attachment",
                    element.id,
                    say(
                        "边界事件{named}没有附着在活动上，请拖到活动的边上",
                        named=quoted(element),
                    ),
                )
            elif host.type not in ACTIVITIES:
                yield refuse(
                    "boundary-attachment",
                    element.id,
                    say(
                        "边界事件{named}只能附着在活动上，{other}不是活动，请拖到任务的边上",
                        named=quoted(element),
                        other=named(host),
                    ),
                )
            if element.event is None:
                yield refuse(
                    "boundary-attachment",
                    element.id,
                    say(
                        "边界事件{named}没有类型，请选择定时、消息、错误等",
                        named=quoted(element),
                    ),
                )
            if (
                element.event is not None
                and element.event.kind == "error"
                and not element.interrupting
            ):
                yield refuse(
                    "boundary-attachment",
                    element.id,
                    say(
                        "错误边界事件{named}必须中断活动，请改为实线边框",
                        named=quoted(element),
                    ),
                )


def link_events(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        catching = [
            e
            for e in scope.elements.values()
            if e.event
            and e.event.kind == "link"
            and e.type == "intermediateCatchEvent"
        ]
        names = Counter(e.event.reference for e in catching if e.event)
        for element in scope.elements.values():
            if element.event is None or element.event.kind != "link":
                continue
            if (
                element.type == "intermediateThrowEvent"
                and element.event.reference not in names
            ):
                yield refuse(
                    "link-events",
                    element.id,
                    say(
                        "链接{named}找不到同名的接收端，请检查链接名称",
                        named=quoted(element),
                    ),
                )
            if (
                element.type == "intermediateCatchEvent"
                and names[element.event.reference] > 1
            ):
                yield refuse(
                    "link-events",
                    element.id,
                    say(
                        "链接“{reference}”有多个接收端，只能有一个",
                        reference=element.event.reference,
                    ),
                )


def event_subprocess_start(diagram: Diagram) -> Iterator[Finding]:
    for process in diagram.processes:
        for element in process.elements.values():
            if not element.event_subprocess:
                continue
            starts = [
                e
                for e in process.scopes[element.id].elements.values()
                if e.type == "startEvent"
            ]
            for start in starts:
                if start.event is None:
                    yield refuse(
                        "event-subprocess-start",
                        start.id,
                        say(
                            "事件子流程{named}的开始事件没有触发条件，请选择定时、消息等",
                            named=quoted(element),
                        ),
                    )
            if element.outgoing or any(
                element.id == flow.target
                for scope in process.scopes.values()
                for flow in scope.flows
            ):
                yield refuse(
                    "event-subprocess-start",
                    element.id,
                    say(
                        "事件子流程{named}不能有连线，请删除",
                        named=quoted(element),
                    ),
                )


def unsupported_event(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes(
        "startEvent",
        "endEvent",
        "boundaryEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
    ):
        kinds = [
            child.tag.rpartition("}")[2]
            for child in node
            if isinstance(child.tag, str)
            and child.tag.endswith("EventDefinition")
        ]
        label = diagram.label(node)
        if (
            node.tag.endswith("}intermediateThrowEvent")
            and "timerEventDefinition" in kinds
        ):
            yield refuse(
                "unsupported-event",
                node.get("id"),
                say(
                    "“{label}”是抛出事件，不能用定时，请改为捕获事件",
                    label=label,
                ),
            )
        if (
            node.tag.endswith("}intermediateCatchEvent")
            and not kinds
            and node.find("{*}eventDefinitionRef") is None
        ):
            yield refuse(
                "unsupported-event",
                node.get("id"),
                say(
                    "捕获事件“{label}”没有类型，请选择定时、消息等",
                    label=label,
                ),
            )


def throwing_escalation(diagram: Diagram) -> Iterator[Finding]:
    for element, event in diagram.events("error", "escalation"):
        if (
            element.type in ("endEvent", "intermediateThrowEvent")
            and not event.reference
        ):
            if event.kind == "error":
                label = say("错误")
            else:
                label = say("升级")
            yield refuse(
                "throwing-escalation",
                element.id,
                say(
                    "{named}没有选择{label}代码，请选择或新建一个{label}",
                    named=named(element),
                    label=label,
                ),
            )
