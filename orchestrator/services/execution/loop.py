"""The one loop: advance by a command, serve the service tasks it sets off, advance by their answers, until
all wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from orchestrator import engine
from orchestrator.engine import Outcome
from orchestrator.engine import commands as c
from orchestrator.sentences import say
from orchestrator.services.execution.changes import Changes, absorb
from orchestrator.services.execution.instance import Instance

MAX_HANDLERS = 100
"""Service tasks that one command may set off before it is taken for a loop."""

Serve = Callable[[Any, c.ExternalTaskWanted], Outcome | None]
"""serve(changes, effect): what a backend does with a service task; the engine's outcome, None when the task
goes on waiting."""


def execute(changes: Changes[Any], command: c.Command, serve: Serve) -> None:
    """Adds to the changes what the command means. Raises EngineError, nothing changed."""
    with engine.request_work(engine.ACT):
        serve_all(
            changes,
            absorb(changes, changes.instance.advance(command)),
            serve,
        )


def serve_all(
    changes: Changes[Any],
    wanted: Iterable[c.ExternalTaskWanted],
    serve: Serve,
) -> None:
    """Serves these service tasks and those that follow from them; the ones beyond MAX_HANDLERS become
    incidents."""
    waiting = deque(wanted)
    with engine.request_work(engine.ACT):
        for _ in range(MAX_HANDLERS):
            if not waiting:
                return
            effect = waiting.popleft()
            if effect.task_id in changes.cancelled_external_tasks:
                continue
            outcome = serve(changes, effect)
            if outcome is not None:
                waiting.extend(absorb(changes, outcome))
    for effect in waiting:
        details = {"task": effect.task_id, "topic": effect.topic}
        changes.incident(
            effect.element_id,
            "step-budget",
            too_many_handlers(),
            details,
        )


def too_many_handlers() -> str:
    """The sentence for a command that sets off service tasks without end."""
    return say(
        "一次办理连续触发了 {max_handlers} 个服务任务仍未停下，图中可能有不经过任何待办的循环",
        max_handlers=MAX_HANDLERS,
    )


def answer(
    instance: Instance,
    effect: c.ExternalTaskWanted,
    result: dict[str, Any],
) -> c.CompleteExternalTask:
    """The command for a service task that is done, with its history entry."""
    instance.remember(
        "external-task-completed",
        effect.element_id,
        topic=effect.topic,
        result=result,
    )
    return c.CompleteExternalTask(effect.task_id, result)


def business_error(
    instance: Instance,
    effect: c.ExternalTaskWanted,
    code: str,
    message: str = "",
) -> c.ThrowBpmnError:
    """The command for a service task that reports a business error, with its history entry."""
    instance.remember(
        "bpmn-error-thrown",
        effect.element_id,
        code=code,
        message=message,
    )
    return c.ThrowBpmnError(effect.task_id, code, message)


def record(changes: Changes[Any]) -> None:
    """Completes the history: how the instance ended, and in the command's own entry, which is its first,
    where it led."""
    instance = changes.instance
    ended = changes.ended
    if ended is not None:
        instance.remember(
            "ended",
            ended.end_element_id,
            how=ended.how,
            error=ended.error_code,
        )
    if not changes.path and not changes.assigned:
        return
    if not instance.entries:
        instance.remember("moved")
    instance.entries[0].data |= {
        "path": changes.path,
        "opened": changes.assigned,
    }
