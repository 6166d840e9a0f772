"""Timers that come back to themselves at once, without anybody doing anything: they would fire for ever,
sweep after sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from orchestrator.engine import calls, timers
from orchestrator.engine.model import Element, Process, Scope

SHORTEST_WAIT = timedelta(seconds=1)
"""Of a timer that leads back to itself automatically. A longer one fires at most once in a sweep."""
_BASE = datetime(2026, 1, 1, tzinfo=UTC)
_SOMEBODY = frozenset(
    {"userTask", "manualTask", "receiveTask", "subProcess", "callActivity"},
)
"""Where a token waits for somebody, or may."""


def at_once(element: Element) -> bool:
    """Whether its timer, as it is drawn, is due as soon as it is set: a duration of less than a second, or a
    day that once will be past. Of several triggers one such timer is enough, unless all must come."""
    results = [
        event.timer is not None and _due_at_once(*event.timer)
        for event in element.events
    ]
    if element.event is not None and element.event.parallel:
        return all(results)
    return any(results)


def _due_at_once(form: str, text: str) -> bool:
    text = timers.strip_quotes(text)
    if (
        "${" in text
        or form == "timeCycle"
        or text.startswith("R")
        or timers.ledger_name(text)
        or timers.limit(text)
    ):
        return False
    try:
        if text.startswith("P"):
            return (
                timers.add_duration(_BASE, text, "UTC") < _BASE + SHORTEST_WAIT
            )
        timers.parse_date(text, "UTC")
    except timers.TimerTextInvalid:
        return False
    return True


def comes_back(scope: Scope, element_id: str, to: str) -> bool:
    """Whether a token that leaves the element gets to `to` without waiting for anybody or for longer than a
    moment."""
    following = _following(scope)
    seen: set[str] = set()
    pending = list(following.get(element_id, ()))
    while pending:
        current = pending.pop()
        if current == to:
            return True
        if current in seen:
            continue
        seen.add(current)
        pending += _onwards(scope.elements.get(current), scope, following)
    return False


def leads_back(processes: Iterable[Process], element_id: str, to: str) -> bool:
    """As `comes_back`, through subprocesses and called processes, in and out of them."""
    scopes = [
        scope for process in processes for scope in process.scopes.values()
    ]
    elements = {
        key: element
        for scope in scopes
        for key, element in scope.elements.items()
    }
    flows = tuple(flow for scope in scopes for flow in scope.flows)
    following = {
        key: list(targets)
        for key, targets in _following(Scope("", elements, flows)).items()
    }
    inside = {scope.id: scope for scope in scopes}
    for host in elements.values():
        for scope in _entered(host, inside):
            after = following.get(host.id, [])
            for element in scope.elements.values():
                if element.type == "startEvent":
                    following.setdefault(f"{host.id}{_ENTERED}", []).append(
                        element.id,
                    )
                elif element.type == "endEvent" or element.id not in following:
                    following.setdefault(element.id, []).extend(after)
    seen: set[str] = set()
    pending = list(following.get(element_id, ()))
    while pending:
        current = pending.pop()
        if current == to:
            return True
        if current not in seen:
            seen.add(current)
            pending += following.get(f"{current}{_ENTERED}", ())
            pending += _onwards(
                elements.get(current),
                Scope("", elements, flows),
                following,
            )
    return False


_ENTERED = " entered"
"""Behind the id of a subprocess or a call: where a token begins inside."""


def _entered(host: Element, inside: Mapping[str, Scope]) -> list[Scope]:
    """The scopes that a token enters at a subprocess or a call."""
    if host.type == "subProcess":
        if host.id in inside and not host.event_subprocess:
            return [inside[host.id]]
        return []
    if host.type != "callActivity" or not host.called:
        return []
    if calls.is_expression(host.called):
        return [
            scope
            for scope in inside.values()
            if scope.id not in (host.process,)
        ]
    if host.called in inside:
        return [inside[host.called]]
    return []


def _onwards(
    element: Element | None,
    scope: Scope,
    following: Mapping[str, list[str]],
) -> Iterable[str]:
    if element is None:
        return ()
    timed = [
        value.id
        for value in scope.elements.values()
        if value.attached_to == element.id and value.event is not None
    ]
    waits = element.type in _SOMEBODY or (
        element.type == "intermediateCatchEvent" and not _passes(element)
    )
    if element.type == "boundaryEvent":
        waits = not at_once(element)
    if waits:
        return timed
    return [*following.get(element.id, ()), *timed]


def _passes(catch: Element) -> bool:
    return catch.event is not None and (
        catch.event.kind == "link" or at_once(catch)
    )


def _following(scope: Scope) -> Mapping[str, list[str]]:
    result: dict[str, list[str]] = {}
    for flow in scope.flows:
        result.setdefault(flow.source, []).append(flow.target)
    caught = {
        element.event.reference: element.id
        for element in scope.elements.values()
        if element.type == "intermediateCatchEvent"
        and element.event
        and element.event.kind == "link"
    }
    for element in scope.elements.values():
        if (
            element.type == "intermediateThrowEvent"
            and element.event
            and element.event.kind == "link"
        ):
            result.setdefault(element.id, []).append(
                caught.get(element.event.reference, ""),
            )
    return result
