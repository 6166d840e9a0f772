"""The timers at the border of a step, for a deadline that is suspended: which they are, and their new times
when it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.engine import commands as c
from orchestrator.engine import specs, state
from orchestrator.engine.context import CommandContext
from orchestrator.engine.definition import Definition
from orchestrator.engine.errors import UnknownTask
from orchestrator.engine.specs.event_definitions.timers import (
    CYCLE,
    DUE,
    Timer,
)
from orchestrator.engine.specs.node import HOST
from orchestrator.engine.token import Token, Waits
from orchestrator.engine.workflow import ProcessInstance

_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StepTimers:
    """What waits at the border of a user task."""

    own: tuple[c.EngineTaskId, ...] = ()
    """Timers of this task alone."""
    shared: tuple[c.EngineTaskId, ...] = ()
    """Timers of the whole step, where it is done by several."""
    beside: tuple[c.EngineTaskId, ...] = ()
    """The open user tasks of the others who do it."""


def timers_of_step(
    definition: Definition,
    content: bytes,
    task_id: str,
) -> StepTimers:
    """The timers at the border of that open user task. Raises UnknownTask."""
    instance = _loaded(definition, content)
    task = instance.find(task_id)
    if (
        task is None
        or not isinstance(task.task_spec, specs.UserTask)
        or not task.is_live()
    ):
        raise UnknownTask(task_id)
    body = task.parent
    if body is task.workflow.task_tree:
        return StepTimers(own=_attached(instance, task))
    beside = [
        child
        for child in body.children
        if child is not task and child.is_live()
    ]
    return StepTimers(
        _attached(instance, task),
        _attached(instance, body),
        tuple(c.EngineTaskId(token.id) for token in beside),
    )


def put_off(
    definition: Definition,
    content: bytes,
    due: Mapping[str, datetime],
) -> bytes:
    """The state in which these waiting timers fall due then; the later rounds of a repeating one are put off
    as long."""
    instance = _loaded(definition, content)
    for task, event in instance.waits():
        if task.id in due and isinstance(event, Timer):
            _put_off(task, due[task.id])
    return state.dump(instance)


def _put_off(task: Waits, due_at: datetime) -> None:
    by = due_at - datetime.fromisoformat(task.internal_data[DUE])
    task.internal_data[DUE] = _later(task.internal_data[DUE], by)
    kept = task.internal_data.get(CYCLE)
    if kept is not None:
        at, rounds_left, duration, *counted = kept
        if counted:
            counted = [_later(counted[0], by), *counted[1:]]
        else:
            counted = []
        task.internal_data[CYCLE] = [
            _later(at, by),
            rounds_left,
            duration,
            *counted,
        ]


def _later(text: str, by: timedelta) -> str:
    return (datetime.fromisoformat(text) + by).isoformat()


def _attached(
    instance: ProcessInstance,
    host: Token,
) -> tuple[c.EngineTaskId, ...]:
    timers = (
        task for task, event in instance.waits() if isinstance(event, Timer)
    )
    return tuple(
        c.EngineTaskId(timer.id)
        for timer in timers
        if timer.internal_data.get(HOST) == host.id
    )


def _loaded(definition: Definition, content: bytes) -> ProcessInstance:
    return state.load(
        definition,
        content,
        CommandContext(_NO_TIME, c.Environment()),
    )
