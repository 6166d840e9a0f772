"""What an instance that is tried waits for from other instances: told, taken as received, and written as a
step of a scenario."""

from __future__ import annotations

from typing import Any

from orchestrator.engine import Definition
from orchestrator.engine.commands import SubscriptionOpened
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.memory_backend import MemoryBackend


def listed(
    backend: MemoryBackend, definition: Definition, instance_id: str | None
) -> list[tuple[str, str]]:
    """(element id, what it waits for in words)."""
    if instance_id is None:
        return []
    return [
        (awaited.element_id, in_words(definition, awaited))
        for awaited in backend.awaited(instance_id)
    ]


def at(
    backend: MemoryBackend, instance_id: str | None, element: str
) -> SubscriptionOpened | None:
    """What the instance waits for there; None where it waits for nothing."""
    if instance_id is None:
        return None
    for awaited in backend.awaited(instance_id):
        if awaited.element_id == element:
            return awaited
    return None


def receive(backend: MemoryBackend, instance_id: str, element: str) -> None:
    """Sends what is waited for there.

    Raises RuleViolated where nothing is waited for, and for what it leaves that cannot go on.
    """
    awaited = at(backend, instance_id, element)
    if awaited is None:
        raise RuleViolated([say("此时没有在等这个消息，请重新选择")])
    if awaited.kind == "message":
        backend.message(awaited.name, awaited.correlation, {})
    else:
        backend.signal(awaited.name, {})
    if stopped := backend.stopped():
        raise RuleViolated(stopped)


def as_step(awaited: SubscriptionOpened | None) -> dict[str, Any]:
    """The scenario's step that sends what was waited for."""
    assert awaited is not None
    if awaited.kind == "signal":
        return {"发信号": awaited.name}
    if awaited.correlation is None:
        return {"发消息": awaited.name}
    return {"发消息": awaited.name, "关联": awaited.correlation}


def in_words(definition: Definition, awaited: SubscriptionOpened) -> str:
    step = vocabulary.name_of(definition, awaited.element_id)
    name = awaited.name
    if awaited.kind == "signal":
        return say("{step}：等待信号「{name}」", step=step, name=name)
    if awaited.correlation is None:
        return say("{step}：等待消息「{name}」", step=step, name=name)
    return say(
        "{step}：等待消息「{name}」，对方填写的是「{key}」",
        step=step,
        name=name,
        key=awaited.correlation,
    )
