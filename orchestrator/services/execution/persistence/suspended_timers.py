"""While a task's deadline is suspended (挂账), every timer of its step stands still; afterwards each goes on
with what it had left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.openings import next_in_sequence
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
    RowChanges,
)
from orchestrator.store.timers import Deadline, TimerJob

_MS = timedelta(milliseconds=1)


def stop(instance: LockedInstance, task_id: str, reason: str) -> None:
    """Stops the timers of the task's step. Those that follow the task's own ledger have been stopped with it.

    Where several do the step, its common timers stop when the deadlines of all who are still at it are
    suspended.
    """
    step_timers = engine.timers_of_step(
        instance.bundle.definition,
        instance.engine_state or b"",
        _engine_id(task_id),
    )
    stopped = [
        *step_timers.own,
        *(
            step_timers.shared
            if _all_suspended(instance, step_timers.beside)
            else ()
        ),
    ]
    for timer in _planned(instance, stopped):
        own = _own_ledger(instance, timer)
        if timer.deadline_id is None and timer.left_ms is None:
            timer.left_ms = left_at(timer.due_at, instance.now)
            timer.due_at = FAR_FUTURE
        elif (
            own is not None
            and not (ledger := deadline_rows.ledger_of(own)).suspended
        ):
            suspended = ledger.suspend(
                instance.now,
                instance.actor.name,
                reason,
            )
            deadline_rows.settle(
                instance.session,
                own,
                suspended,
                instance.calendar_of(own.counted_for),
            )


def go_on(instance: LockedInstance, task_id: str) -> bool:
    """Lets them go on; true when the engine's state has changed with them, so that it has to be written."""
    step_timers = engine.timers_of_step(
        instance.bundle.definition,
        instance.engine_state or b"",
        _engine_id(task_id),
    )
    return _go_on(instance, [*step_timers.own, *step_timers.shared])


def go_on_with_the_next(steps: Iterable[RowChanges]) -> None:
    """Where one after the other does a step, its common timers go on when the next one's turn comes."""
    for step in steps:
        instance = step.instance
        for task_id in next_in_sequence(step):
            _go_on(
                instance,
                engine.timers_of_step(
                    instance.bundle.definition,
                    instance.engine_state or b"",
                    task_id,
                ).shared,
            )


def left_at(due_at: datetime, now: datetime) -> int:
    """Milliseconds left at `now`; what is overdue has none."""
    return max(0, (due_at - now) // _MS)


def _go_on(instance: LockedInstance, timers: Sequence[str]) -> bool:
    put_off: dict[str, datetime] = {}
    for timer in _planned(instance, timers):
        own = _own_ledger(instance, timer)
        if timer.left_ms is not None:
            timer.due_at = instance.now + timer.left_ms * _MS
            timer.left_ms = None
            put_off[_engine_id(timer.id)] = timer.due_at
        elif (
            own is not None
            and (ledger := deadline_rows.ledger_of(own)).suspended
        ):
            deadline_rows.settle(
                instance.session,
                own,
                ledger.resume(instance.now),
                instance.calendar_of(own.counted_for),
            )
    if put_off:
        instance.engine_state = engine.put_off(
            instance.bundle.definition,
            instance.engine_state or b"",
            put_off,
        )
    instance.session.flush()
    return bool(put_off)


def _planned(
    instance: LockedInstance,
    timers: Sequence[str],
) -> Sequence[TimerJob]:
    ids = [f"{instance.id}.{timer}" for timer in timers]
    query = (
        sa.select(TimerJob)
        .where(TimerJob.id.in_(ids), TimerJob.state == "planned")
        .order_by(TimerJob.id)
    )
    if ids:
        return instance.session.scalars(query).all()
    return ()


def _own_ledger(instance: LockedInstance, timer: TimerJob) -> Deadline | None:
    """The ledger that is this timer's alone."""
    if timer.deadline_id == timer.id:
        return instance.session.get(Deadline, timer.id)
    return None


def _all_suspended(instance: LockedInstance, tasks: Sequence[str]) -> bool:
    rows = instance.session.scalars(
        sa.select(Deadline).where(
            Deadline.id.in_(f"{instance.id}.{task}" for task in tasks),
        ),
    )
    return sum(deadline_rows.ledger_of(row).suspended for row in rows) == len(
        tasks,
    )


def _engine_id(row_id: str) -> str:
    return row_id.rpartition(".")[2]
