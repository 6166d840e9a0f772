"""One command from the engine to the rows: what it means by `execution`, and then everything that it changed
is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.services.execution import loop
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import (
    service_tasks,
    suspended_timers,
)
from orchestrator.services.execution.persistence.opened_rows import prepare
from orchestrator.services.execution.persistence.rows import (
    RowChanges,
    write_rows,
)


def carry_out(instance: LockedInstance, command: c.Command) -> list[str]:
    """Advances the instance by the command and writes everything; returns the ids of the user tasks opened.

    Raises EngineError (nothing written) and InstanceChanged when the instance moved on meanwhile.
    """
    step = advance(instance, command)
    write(instance.session, [step])
    return [instance.row_id(task_id) for task_id in step.opened]


def advance(
    instance: LockedInstance,
    command: c.Command,
    step: RowChanges | None = None,
) -> RowChanges:
    """The step that the command means (added to `step`, when given); only handlers have written their rows.

    Raises EngineError, nothing changed.
    """
    step = step or RowChanges(instance)
    loop.execute(step, command, service_tasks.serve)
    return step


def write(session: Session, steps: Sequence[RowChanges]) -> None:
    """Writes the steps, of several instances at once where there are several. Raises InstanceChanged."""
    prepare(session, steps)
    suspended_timers.go_on_with_the_next(steps)
    for step in steps:
        loop.record(step)
    write_rows(session, steps)


def note_failure(
    instance: LockedInstance,
    element_id: str | None,
    kind: str,
    message: str,
    details: Mapping[str, Any],
) -> None:
    """Writes an incident for a command that the engine refused, with a history entry; the instance stays
    where it was."""
    step = RowChanges(instance)
    step.incident(element_id, kind, message, details)
    write(instance.session, [step])


def write_entries(instance: LockedInstance) -> None:
    """Writes gathered history entries and raises the revision, for use cases that do not advance the
    engine."""
    write(instance.session, [RowChanges(instance)])


def retry_external_task(
    instance: LockedInstance,
    task_id: c.EngineTaskId,
) -> None:
    """Runs the handler of a waiting service task again and goes on from there; a new failure leaves a new
    incident."""
    definition = instance.bundle.definition
    element_id, variables = engine.external_task(
        definition,
        instance.engine_state or b"",
        task_id,
        instance.now,
        instance.environment,
    )
    element = definition.elements[element_id]
    step = RowChanges(instance)
    wanted = c.ExternalTaskWanted(
        task_id,
        element_id,
        element.name,
        element.topic or "",
        variables,
    )
    loop.serve_all(step, [wanted], service_tasks.serve)
    write(instance.session, [step])
