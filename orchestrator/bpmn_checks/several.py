"""Several triggers on one event, or several events thrown by one element: which may stand together."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import Diagram, named, refuse
from orchestrator.bpmn_checks.event_places import KINDS
from orchestrator.engine.model import Element, Event
from orchestrator.errors import Finding
from orchestrator.sentences import say

_ALONE = ("link", "compensate", "cancel")
"""Kinds that are never one of several triggers: nobody waits for a compensation, and a link or a cancelled
transaction comes from one place alone."""
_ENDINGS = ("error", "terminate", "cancel", "compensate")
"""Kinds of which an element throws one at most: what ends its scope, or undoes what was done in it."""
_THROWING = ("endEvent", "intermediateThrowEvent")


def several_triggers(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if element.event is None or not element.event.parts:
            continue
        if element.type in _THROWING:
            reasons = _thrown(element)
        else:
            reasons = _caught(diagram, element)
        for why in (
            *_twice(element.event),
            *_for_handlers(element.event),
            *reasons,
        ):
            yield refuse(
                "several-triggers",
                element.id,
                say(
                    "{named}有多个事件定义：{why}",
                    named=named(element),
                    why=why,
                ),
            )


def _twice(event: Event) -> Iterator[str]:
    seen: list[tuple[object, ...]] = []
    for part in event.parts:
        said = (part.kind, part.reference, part.timer, part.condition)
        if said in seen:
            called = KINDS.get(part.kind, part.kind)
            if part.reference:
                called = say(
                    "{kind}“{name}”",
                    kind=called,
                    name=part.reference,
                )
            yield say("{called}重复，请删去一个", called=called)
        seen.append(said)


def _for_handlers(event: Event) -> Iterator[str]:
    if any(part.topic for part in event.parts):
        yield say(
            "其中的消息交给处理程序发送，不能与其他事件合用，请把它改成单独的发送任务",
        )


def _caught(diagram: Diagram, element: Element) -> Iterator[str]:
    assert element.event is not None
    kinds = element.event_kinds
    for kind in (value for value in _ALONE if value in kinds):
        yield say(
            "{kinds}不能与其他触发条件合用，请另画一个事件",
            kinds=KINDS[kind],
        )
    if "error" in kinds and not element.interrupting:
        yield say("错误必须中断，请改为实线边框，或把错误另画成一个事件")
    if not element.event.parallel:
        return
    for kind in (value for value in ("error", "escalation") if value in kinds):
        yield say(
            "要求全部发生（并行多重）时不能含{kinds}，{kinds}一抛出就要处理，请另画一个事件",
            kinds=KINDS[kind],
        )
    owner = diagram.owner(element)
    if element.type == "startEvent" and (
        owner is None or not owner.event_subprocess
    ):
        yield say(
            "流程不能要求几个触发条件全部发生才发起，那时还没有事项来记住哪个已经发生，请改为任一发生即发起",
        )


def _thrown(element: Element) -> Iterator[str]:
    assert element.event is not None
    if "link" in element.event_kinds:
        yield say("链接不能与其他事件一起抛出，请另画一个事件")
    endings = [
        part.kind for part in element.event.parts if part.kind in _ENDINGS
    ]
    if len(endings) > 1:
        names = "、".join(KINDS[ending] for ending in endings)
        yield say(
            "{names}不能一起抛出，前一个生效后后一个就不会发生，请只留一个",
            names=names,
        )
