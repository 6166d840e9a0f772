"""A migration of the engine as rows: tasks, deadlines, timers and subscriptions of an instance that moves to
another version."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.services.execution.changes import EFFECTS
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence.rows import (
    write_rows,
)
from orchestrator.services.instances import moved_reminders
from orchestrator.services.instances.moved_tasks import MovedTasks
from orchestrator.services.instances.moved_timers import MovedTimers
from orchestrator.store.instances import ProcessInstance


@dataclass(frozen=True)
class Left:
    """The version that an instance leaves."""

    definition: engine.Definition
    id: str
    version: int


def carry_over(
    running: LockedInstance,
    migration: engine.Migration,
    left: Left,
    version: int,
) -> list[str]:
    """Writes the instance and what hangs on it as the new version has it, with the history's entry; what
    changed, in words.

    `running` reads the new version already, whose number is `version`, and holds the instance's lock. Raises
    InstanceChanged.
    """
    move = _Move(running, migration, left.definition)
    reminders = moved_reminders.before_the_move(running, left.id)
    running.engine_state = migration.state
    running.title = (migration.title or running.title)[:200]
    move.step.moved = True
    for effect in migration.effects:
        EFFECTS[type(effect)](move.step, effect)
    for task_before, task_after in migration.tasks:
        move.task(task_before, task_after)
    move.own_ledgers()
    for armed in migration.armed:
        move.arm(armed)
    move.note_stopped_timers()
    versions = {
        "from": left.id,
        "to": running.definition_id,
        "versions": [left.version, version],
    }
    running.remember(
        "migrated",
        None,
        **versions,
        changed=move.changed,
        tasks=move.task_entries,
    )
    session = running.session
    session.flush()
    session.execute(
        sa.update(ProcessInstance)
        .where(ProcessInstance.id == running.id)
        .values(definition_id=running.definition_id),
    )
    moved_reminders.set_anew(running, reminders)
    write_rows(session, [move.step])
    return move.changed


class _Move(MovedTasks, MovedTimers):
    """All of an instance that moves."""
