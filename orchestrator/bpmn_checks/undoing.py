"""Rules about compensation and transactions: each handler belongs to one event, and what is cancelled has a
way on."""

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
from orchestrator.engine.model import Element, Process, Scope
from orchestrator.errors import Finding
from orchestrator.sentences import say


def compensation(diagram: Diagram) -> Iterator[Finding]:
    for process in diagram.processes:
        for scope in process.scopes.values():
            yield from _borders(scope)
            yield from _handlers(scope)
            yield from _starts(process, scope)
            yield from _throws(process, scope)
    for node in diagram.bpmn_nodes("compensateEventDefinition"):
        if node.get("waitForCompletion") == "false":
            owner = node.getparent().get("id")
            yield note(
                "compensation",
                owner,
                say(
                    "“{owner}”写明不等补偿完成（waitForCompletion），本系统等补偿都办完才往下走",
                    owner=owner,
                ),
            )


def transaction_cancel(diagram: Diagram) -> Iterator[Finding]:
    for process in diagram.processes:
        for scope in process.scopes.values():
            owner = process.elements.get(scope.id)
            ends = [
                e
                for e in scope.elements.values()
                if e.type == "endEvent" and "cancel" in e.event_kinds
            ]
            if ends and (owner is None or not owner.transaction):
                sentence = say(
                    "取消结束事件{named}只能画在事务子流程里，请改用错误结束事件，或把子流程改为事务",
                    named=quoted(ends[0]),
                )
                yield refuse("transaction-cancel", ends[0].id, sentence)
            elif (
                ends
                and owner is not None
                and not _cancel_borders(
                    process.scopes[owner.process],
                    owner.id,
                )
            ):
                sentence = say(
                    "事务{named}里有取消结束事件，但边上没有取消边界事件，取消后不知道往哪里走，请加上",
                    named=quoted(owner),
                )
                yield refuse("transaction-cancel", owner.id, sentence)
            yield from _cancel_places(scope)


def _cancel_places(scope: Scope) -> Iterator[Finding]:
    for element in scope.elements.values():
        host = scope.elements.get(element.attached_to or "")
        if (
            element.type != "boundaryEvent"
            or "cancel" not in element.event_kinds
            or host is None
        ):
            continue
        if not host.transaction:
            sentence = say(
                "取消边界事件{named}只能附着在事务子流程上，请改用错误边界事件",
                named=quoted(element),
            )
            yield refuse("transaction-cancel", element.id, sentence)
        elif _cancel_borders(scope, host.id)[0] != element.id:
            yield refuse(
                "transaction-cancel",
                element.id,
                say(
                    "事务{named}有多个取消边界事件，只能有一个，请删去其余的",
                    named=quoted(host),
                ),
            )


def _cancel_borders(scope: Scope, host: str) -> list[str]:
    return [
        e.id
        for e in scope.elements.values()
        if e.attached_to == host and "cancel" in e.event_kinds
    ]


def _borders(scope: Scope) -> Iterator[Finding]:
    borders = [
        e
        for e in scope.elements.values()
        if e.type == "boundaryEvent" and "compensate" in e.event_kinds
    ]
    hosts = Counter(element.attached_to for element in borders)
    for element in borders:
        handler = scope.elements.get(element.handler or "")
        if handler is None:
            sentence = say(
                "补偿边界事件{named}没有连到补偿活动，请用关联线（不是顺序流）连到同一层里标为补偿的活动",
                named=quoted(element),
            )
            yield refuse("compensation", element.id, sentence)
        if element.outgoing:
            yield refuse(
                "compensation",
                element.id,
                say(
                    "补偿边界事件{named}之后不能有顺序流，请改用关联线连到补偿活动",
                    named=quoted(element),
                ),
            )
        if hosts[element.attached_to] > 1:
            yield refuse(
                "compensation",
                element.id,
                say(
                    "{named}所在的活动有多个补偿边界事件，只能有一个，请删去其余的",
                    named=named(element),
                ),
            )


def _undone_at_its_border(process: Process, owner: Element) -> bool:
    return any(
        element.attached_to == owner.id and "compensate" in element.event_kinds
        for element in process.scopes[owner.process].elements.values()
    )


def _handlers(scope: Scope) -> Iterator[Finding]:
    used = {
        element.handler
        for element in scope.elements.values()
        if element.handler
    }
    entered = {flow.target for flow in scope.flows}
    bordered = {
        element.attached_to
        for element in scope.elements.values()
        if element.type == "boundaryEvent"
    }
    for element in scope.elements.values():
        if not element.for_compensation:
            continue
        if element.id not in used:
            sentence = say(
                "补偿活动{named}没有补偿边界事件连到它，永远不会办，请用关联线连上，或取消补偿标记",
                named=quoted(element),
            )
            yield refuse("compensation", element.id, sentence)
        if element.outgoing or element.id in entered:
            sentence = say(
                "补偿活动{named}不能有顺序流，撤销办完就回到抛出补偿的地方，请删除连线",
                named=quoted(element),
            )
            yield refuse("compensation", element.id, sentence)
        if element.id in bordered:
            yield refuse(
                "compensation",
                element.id,
                say(
                    "补偿活动{named}不能有边界事件，请把它改成子流程，在里面处理例外",
                    named=quoted(element),
                ),
            )


def _starts(process: Process, scope: Scope) -> Iterator[Finding]:
    """Event subprocesses for compensation stand in a subprocess, one in each."""
    inner = [
        process.scopes[e.id]
        for e in scope.elements.values()
        if e.event_subprocess and e.id in process.scopes
    ]
    elements = [
        e
        for scope in inner
        for e in scope.elements.values()
        if e.type == "startEvent" and "compensate" in e.event_kinds
    ]
    for number, start in enumerate(elements):
        if scope.id == process.id:
            sentence = say(
                "补偿事件子流程的{named}只能画在子流程里：整个流程办结后没有谁来撤销它",
                named=named(start),
            )
            yield refuse("compensation", start.id, sentence)
        elif number:
            yield refuse(
                "compensation",
                start.id,
                say("一个子流程里只能有一个补偿事件子流程，请合并"),
            )
    owner = process.elements.get(scope.id)
    if elements and owner and _undone_at_its_border(process, owner):
        sentence = say(
            "子流程{named}边上已有补偿边界事件，里面不能再有补偿事件子流程，请只留一个",
            named=quoted(owner),
        )
        yield refuse("compensation", elements[0].id, sentence)
    for element in scope.elements.values():
        if (
            element.type == "startEvent"
            and "compensate" in element.event_kinds
            and (owner is None or not owner.event_subprocess)
        ):
            yield refuse(
                "compensation",
                element.id,
                say(
                    "补偿开始事件{named}只能用在事件子流程里，请改为普通开始事件",
                    named=quoted(element),
                ),
            )


def _throws(process: Process, scope: Scope) -> Iterator[Finding]:
    seen = list(_around(process, scope))
    for element in scope.elements.values():
        activity = next(
            (
                event.activity
                for event in element.events
                if event.kind == "compensate"
            ),
            None,
        )
        if (
            element.type not in ("endEvent", "intermediateThrowEvent")
            or activity is None
        ):
            continue
        place = next(
            (around for around in seen if activity in around.elements),
            None,
        )
        if place is None:
            sentence = say(
                "补偿事件{named}要撤销的活动“{activity}”不在同一层流程中，请重新选择，"
                "或不填（撤销本层全部已办的）",
                named=quoted(element),
                activity=activity,
            )
            yield refuse("compensation", element.id, sentence)
        elif not _can_be_undone(process, place, place.elements[activity]):
            sentence = say(
                "补偿事件{named}要撤销的{other}没有补偿活动，到时什么也不撤销",
                named=quoted(element),
                other=named(place.elements[activity]),
            )
            yield note("compensation", element.id, sentence)


def _around(process: Process, scope: Scope) -> Iterator[Scope]:
    """The scope, and those around it as long as it is an event subprocess."""
    yield scope
    owner = process.elements.get(scope.id)
    if owner is not None and owner.event_subprocess:
        yield from _around(process, process.scopes[owner.process])


def _can_be_undone(process: Process, scope: Scope, activity: Element) -> bool:
    if any(
        e.attached_to == activity.id and e.handler
        for e in scope.elements.values()
    ):
        return True
    inside = process.scopes.get(activity.id)
    return inside is not None and any(
        _can_be_undone(process, inside, element) or _by_event(process, element)
        for element in inside.elements.values()
    )


def _by_event(process: Process, element: Element) -> bool:
    inside = None
    if element.event_subprocess:
        inside = process.scopes.get(element.id)
    return inside is not None and any(
        "compensate" in element.event_kinds
        for element in inside.elements.values()
        if element.type == "startEvent"
    )
