"""Which event may stand where, what it refers to, and who catches it: what would otherwise be drawn one way
and run another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.bpmn_checks.diagram import (
    Diagram,
    named,
    note,
    quoted,
    refuse,
)
from orchestrator.engine.model import Element
from orchestrator.engine.xml import tag
from orchestrator.errors import Finding
from orchestrator.sentences import say

KINDS = {
    "timer": say("定时"),
    "message": say("消息"),
    "signal": say("信号"),
    "error": say("错误"),
    "escalation": say("升级"),
    "terminate": say("终止"),
    "link": say("链接"),
    "compensate": say("补偿"),
    "cancel": say("取消"),
    "conditional": say("条件"),
}
PLACES: Mapping[str, tuple[str, frozenset[str]]] = {
    "intermediateCatchEvent": (
        say("中间捕获事件"),
        frozenset(("timer", "message", "signal", "link", "conditional")),
    ),
    "intermediateThrowEvent": (
        say("中间抛出事件"),
        frozenset(("message", "signal", "escalation", "link", "compensate")),
    ),
    "boundaryEvent": (
        say("边界事件"),
        frozenset(
            (
                "timer",
                "message",
                "signal",
                "error",
                "escalation",
                "compensate",
                "cancel",
                "conditional",
            ),
        ),
    ),
    "endEvent": (
        say("结束事件"),
        frozenset(
            (
                "message",
                "signal",
                "error",
                "escalation",
                "terminate",
                "compensate",
                "cancel",
            ),
        ),
    ),
    "startEvent": (
        say("开始事件"),
        frozenset(
            (
                "timer",
                "message",
                "signal",
                "error",
                "escalation",
                "compensate",
                "conditional",
            ),
        ),
    ),
}
"""Tag → its name, and the kinds of events that may stand there (BPMN 2.0.2, table 10.93)."""
_REFERENCES = {
    "errorRef": ("error", say("错误")),
    "escalationRef": ("escalation", say("升级")),
    "signalRef": ("signal", say("信号")),
    "messageRef": ("message", say("消息")),
}
_TIMES = ("timeDuration", "timeDate", "timeCycle")


def event_place(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        place, allowed = PLACES.get(element.type, ("", frozenset(KINDS)))
        for kind in [
            kind
            for kind in KINDS
            if kind in element.event_kinds and kind not in allowed
        ]:
            ways = "、".join(KINDS[kind] for kind in KINDS if kind in allowed)
            yield refuse(
                "event-place",
                element.id,
                say(
                    "{named}是{place}，不能用{kinds}，可用{ways}，请改类型",
                    named=named(element),
                    place=place,
                    kinds=KINDS[kind],
                    ways=ways,
                ),
            )
    for scope in diagram.scopes():
        for flow in scope.flows:
            source = scope.elements.get(flow.source)
            target = scope.elements.get(flow.target)
            if source is not None and source.type == "endEvent":
                yield refuse(
                    "event-place",
                    source.id,
                    say(
                        "结束事件{named}之后还有连线，到了这里就结束了，请删除连线",
                        named=quoted(source),
                    ),
                )
            if target is not None and target.type in (
                "startEvent",
                "boundaryEvent",
            ):
                place = PLACES[target.type][0]
                yield refuse(
                    "event-place",
                    target.id,
                    say(
                        "有连线指向{place}{named}，这里只能由事件引发，请改连到后面的步骤",
                        place=place,
                        named=named(target),
                    ),
                )


def event_definition(diagram: Diagram) -> Iterator[Finding]:
    """References to what does not exist would catch everything, or nothing."""
    defined = {node.get("id") for node in diagram.root if _is_definition(node)}
    for node in diagram.bpmn_nodes(*PLACES):
        label = diagram.label(node)
        element_id = node.get("id")
        referred = [
            (value.text or "").strip()
            for value in node.findall(tag("eventDefinitionRef"))
        ]
        for name in referred:
            if name not in defined:
                yield refuse(
                    "event-definition",
                    element_id,
                    say(
                        "事件“{label}”引用的事件定义“{name}”不存在，请重新选择事件类型",
                        label=label,
                        name=name,
                    ),
                )
    yield from _dangling(diagram)
    yield from _without_code(diagram)
    yield from _two_times(diagram)


def _dangling(diagram: Diagram) -> Iterator[Finding]:
    ids = {
        kind: {node.get("id") for node in diagram.root.iter(tag(kind))}
        for kind, _label in _REFERENCES.values()
    }
    for node in diagram.root.iter():
        for attribute, (kind, label) in _REFERENCES.items():
            name = node.get(attribute)
            if not name or name in ids[kind]:
                continue
            owner = _owner(node)
            called = say(
                "“{owner}”引用的{label}“{name}”",
                owner=diagram.label(owner),
                label=label,
                name=name,
            )
            if kind in ("error", "escalation"):
                sentence = say(
                    "{called}在文件中没有定义，按{label}代码“{name}”处理；如是写错，请重新选择{label}",
                    called=called,
                    label=label,
                    name=name,
                )
                yield note("event-definition", owner.get("id"), sentence)
            else:
                yield refuse(
                    "event-definition",
                    owner.get("id"),
                    say(
                        "{called}不存在，请重新选择{label}",
                        called=called,
                        label=label,
                    ),
                )


def _without_code(diagram: Diagram) -> Iterator[Finding]:
    for kind, label in (("error", say("错误")), ("escalation", say("升级"))):
        for node in diagram.bpmn_nodes(kind):
            name = node.get("name")
            if name and not node.get(f"{kind}Code"):
                yield note(
                    "event-definition",
                    node.get("id"),
                    say(
                        "{label}“{name}”没有填写代码，按名称“{name}”抛出和捕获",
                        label=label,
                        name=name,
                    ),
                )


def _two_times(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes("timerEventDefinition"):
        if sum(node.find(tag(form)) is not None for form in _TIMES) > 1:
            owner = _owner(node)
            sentence = say(
                "定时事件“{owner}”同时写了时长、日期或周期中的几种，请只留一种",
                owner=diagram.label(owner),
            )
            yield refuse("event-definition", owner.get("id"), sentence)


def caught_twice(diagram: Diagram) -> Iterator[Finding]:
    """Of two boundary events for one code, the second would never be reached."""
    for scope in diagram.scopes():
        catchers: dict[tuple[str, str, str | None], list[Element]] = (
            defaultdict(list)
        )
        for element in scope.elements.values():
            if element.type == "boundaryEvent":
                events = element.events
            else:
                events = ()
            for event in (
                event
                for event in events
                if event.kind in ("error", "escalation")
            ):
                catchers[
                    element.attached_to or "",
                    event.kind,
                    event.reference,
                ].append(element)
        for (_host, kind, code), elements in catchers.items():
            for second in (
                element
                for element in elements[1:]
                if element is not elements[0]
            ):
                if code:
                    what = say(
                        "{kinds}代码“{code}”",
                        kinds=KINDS[kind],
                        code=code,
                    )
                else:
                    what = say("所有{kinds}", kinds=KINDS[kind])
                yield refuse(
                    "caught-twice",
                    second.id,
                    say(
                        "{named}和{other}捕获同一活动的{what}，请删去一个",
                        named=named(elements[0]),
                        other=named(second),
                        what=what,
                    ),
                )


def loop_kind(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if (
            element.multi is not None
            and element.multi.is_loop
            and element.multi.loop_maximum == 0
        ):
            yield refuse(
                "loop-kind",
                element.id,
                say(
                    "循环任务{named}的最大次数是 0，请填写大于零的整数",
                    named=quoted(element),
                ),
            )
    for node in diagram.bpmn_nodes(
        "standardLoopCharacteristics",
        "multiInstanceLoopCharacteristics",
    ):
        owner = node.getparent()
        label = diagram.label(owner)
        loops = [
            child
            for child in owner
            if str(child.tag).endswith("LoopCharacteristics")
        ]
        if len(loops) > 1 and loops[0] is node:
            yield refuse(
                "loop-kind",
                owner.get("id"),
                say(
                    "“{label}”同时标了循环和多实例，只能留一种",
                    label=label,
                ),
            )
        if str(owner.tag).endswith(("Gateway", "Event")):
            yield refuse(
                "loop-kind",
                owner.get("id"),
                say(
                    "“{label}”不是活动，不能标循环或多实例，请去掉标记",
                    label=label,
                ),
            )
        maximum = node.get("loopMaximum")
        if (
            maximum is not None
            and not maximum.isdigit()
            and node.find(tag("loopCondition")) is not None
        ):
            yield refuse(
                "loop-kind",
                owner.get("id"),
                say(
                    "“{label}”的最大次数“{maximum}”应为大于零的整数",
                    label=label,
                    maximum=maximum,
                ),
            )


def _is_definition(node: Any) -> bool:
    return isinstance(node.tag, str) and node.tag.endswith("EventDefinition")


def _owner(node: Any) -> Any:
    """The event or task that a definition stands in; the definition itself at the root."""
    parent = node.getparent()
    if (
        parent is not None
        and _is_definition(node)
        and parent.tag != tag("definitions")
    ):
        return parent
    return node
