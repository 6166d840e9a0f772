"""One command from the engine to the rows: advance, run the handlers it wants, advance again, write everything."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.engine import ACT
from orchestrator.engine import commands as c
from orchestrator.services.outcome import external, standing_still
from orchestrator.services.outcome.effects import absorb
from orchestrator.services.outcome.incidents import incident
from orchestrator.services.outcome.openings import prepare
from orchestrator.services.outcome.rows import Step, write_rows
from orchestrator.services.running import Running

MAX_HANDLERS = 100
"""Service tasks that one command may set off before it is taken for a loop."""


def carry_out(running: Running, command: c.Command) -> list[str]:
    """Advances the instance by the command and writes everything; returns the ids of the user tasks opened.

    Raises EngineError (nothing written) and InstanceChanged when the instance moved on meanwhile.
    """
    step = advance(running, command)
    write(running.session, [step])
    return list(step.opened)


def advance(running: Running, command: c.Command, step: Step | None = None) -> Step:
    """The step that the command means (added to `step`, when given); only handlers have written their rows.

    Raises EngineError, nothing changed.
    """
    step = step or Step(running)
    with engine.request_work(ACT):
        outcome = engine.advance(running.bundle.definition, running.engine_state, command, running.now, running.environment)
        _serve(step, deque(absorb(step, outcome)))
    return step


def write(session: Session, steps: Sequence[Step]) -> None:
    """Writes the steps, of several instances at once where there are several. Raises InstanceChanged."""
    prepare(session, steps)
    standing_still.go_on_with_the_next(steps)
    for step in steps:
        if step.ended is not None:
            ended = step.ended
            step.running.remember("ended", ended.end_element_id, how=ended.how, error=ended.error_code)
        if step.path or step.told:
            _tell_moves(step)
    write_rows(session, steps)


def _tell_moves(step: Step) -> None:
    """The command's own entry, which is its first, tells where it led."""
    if not step.running.entries:
        step.running.remember("moved")
    step.running.entries[0].data |= {"path": step.path, "opened": step.told}


def note_failure(running: Running, element_id: str | None, kind: str, message: str, details: Mapping[str, Any]) -> None:
    """Writes an incident for a command that the engine refused, with a history entry; the instance stays where it was."""
    step = Step(running)
    incident(step, element_id, kind, message, details)
    write(running.session, [step])


def write_entries(running: Running) -> None:
    """Writes gathered history entries and raises the revision, for use cases that do not advance the engine."""
    write(running.session, [Step(running)])


def retry_external_task(running: Running, task_id: c.EngineTaskId) -> None:
    """Runs the handler of a waiting service task again and goes on from there; a new failure leaves a new incident."""
    element_id, variables = engine.external_task(running.bundle.definition, running.engine_state or b"", task_id)
    element = running.bundle.definition.elements[element_id]
    step = Step(running)
    wanted = c.ExternalTaskWanted(task_id, element_id, element.name, element.topic or "", variables)
    with engine.request_work(ACT):
        _serve(step, deque([wanted]))
    write(running.session, [step])


def too_many_handlers() -> str:
    """The sentence for an act that sets off service tasks without end."""
    return f"一次办理连续触发了 {MAX_HANDLERS} 个服务任务仍未停下，图中可能有不经过任何待办的循环"


def _serve(step: Step, wanted: deque[c.ExternalTaskWanted]) -> None:
    for _ in range(MAX_HANDLERS):
        if not wanted:
            return
        effect = wanted.popleft()
        if effect.task_id in step.cancelled_external_tasks:
            continue
        outcome = external.serve(step, effect)
        if outcome is not None:
            wanted.extend(absorb(step, outcome))
    for effect in wanted:
        incident(step, effect.element_id, "step-budget", too_many_handlers(), {"task": effect.task_id, "topic": effect.topic})
