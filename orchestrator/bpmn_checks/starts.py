"""Rules about start events: which there can be, and what may trigger them."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    DeployedDiagram,
    Diagram,
    named,
    quoted,
    refuse,
)
from orchestrator.engine.model import Element
from orchestrator.errors import Finding
from orchestrator.sentences import say

TRIGGERED = ("message", "signal", "timer", "conditional")
"""Kinds of events that may start a procedure."""


def start_events(diagram: Diagram) -> Iterator[Finding]:
    """A process may have several start events, of which a person starts at the plain one; a subprocess has
    one."""
    for process in diagram.processes:
        for scope in process.scopes.values():
            starts = [
                element
                for element in scope.elements.values()
                if element.type == "startEvent"
            ]
            owner = process.elements.get(scope.id)
            if owner:
                what = say("子流程{named}", named=quoted(owner))
            else:
                what = say("流程“{name}”", name=process.name)
            if owner is not None and owner.ad_hoc is not None:
                continue
            if owner:
                counted = starts
            else:
                counted = [start for start in starts if start.event is None]
            if not starts and (scope.elements or process.executable):
                yield refuse(
                    "start-events",
                    scope.id,
                    say("{what}没有开始事件，请添加一个", what=what),
                )
            if len(counted) > 1:
                if owner:
                    kind = say("开始事件")
                else:
                    kind = say("不带触发条件的开始事件")
                yield refuse(
                    "start-events",
                    counted[1].id,
                    say(
                        "{what}有 {count} 个{kind}，只能有一个，请合并",
                        what=what,
                        count=len(counted),
                        kind=kind,
                    ),
                )
            for start in starts:
                yield from _start_trigger(start, owner, what)


def _start_trigger(
    start: Element,
    owner: Element | None,
    what: str,
) -> Iterator[Finding]:
    if start.event is None or (owner is not None and owner.event_subprocess):
        return
    if owner is not None:
        yield refuse(
            "start-events",
            start.id,
            say(
                "{what}的开始事件不能带触发条件，请改为普通开始事件", what=what
            ),
        )
        return
    for event in start.events:
        if event.kind not in TRIGGERED:
            sentence = say(
                "{what}的开始事件{named}只能由消息、信号、定时或条件触发，请改类型",
                what=what,
                named=quoted(start),
            )
            yield refuse("start-events", start.id, sentence)
        elif event.kind == "timer" and "${" in (event.timer or ("", ""))[1]:
            sentence = say(
                "{what}由定时发起，那时还没有变量，{named}的时间不能用 ${{…}}，请写明时间",
                what=what,
                named=named(start),
            )
            yield refuse("start-events", start.id, sentence)
        elif "${" in (event.reference or ""):
            sentence = say(
                "{what}发起之前没有变量，{named}的名称不能用 ${{…}}，请写明名称",
                what=what,
                named=named(start),
            )
            yield refuse("start-events", start.id, sentence)


def one_start_a_message(diagram: DeployedDiagram) -> Iterator[Finding]:
    """Finds a message that starts two processes: the engine could not tell which of them to start."""
    known: dict[str, str] = {}
    for process in diagram.known_processes.values():
        starts = (
            e
            for e in process.scopes[process.id].elements.values()
            if e.type == "startEvent"
        )
        messages = (
            (e, event.reference or "")
            for e in starts
            for event in e.events
            if event.kind == "message"
        )
        for start, name in messages:
            if name in known and process in diagram.processes:
                sentence = say(
                    "消息“{name}”已由“{known}”的开始事件使用，{named}不能再用，请换一个消息",
                    name=name,
                    known=known[name],
                    named=named(start),
                )
                yield refuse("one-start-a-message", start.id, sentence)
            known.setdefault(name, process.name)
