"""A deadline's ledger as rows: the task's due date and the timers that follow it move with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import deadlines
from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.deadlines import Ledger
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
    RowChanges,
    write_rows,
)
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def ledger_of(row: Deadline) -> Ledger:
    """The row's ledger, whose `lines` explain the date."""
    entries = deadlines.from_json(row.entries)
    return Ledger(
        row.name,
        row.start_at,
        row.limit_amount,
        row.limit_unit,
        row.citation,
        entries,
        row.limit_until or "",
    )


def fill(row: Deadline, ledger: Ledger, calendar: WorkCalendar) -> None:
    """Writes the sum of the ledger to its row."""
    row.entries = deadlines.to_json(ledger.entries)
    row.due_at = ledger.due_at(calendar)
    row.provisional = ledger.provisional(calendar)
    row.calendar_version = calendar.version


def settle(
    session: Session,
    row: Deadline,
    ledger: Ledger,
    calendar: WorkCalendar,
    review_at: datetime | None = None,
) -> datetime:
    """Writes the ledger to its row; the task's due date and the timers that follow it move with it. The new
    due instant."""
    fill(row, ledger, calendar)
    due_at = row.due_at
    provisional = row.provisional
    session.flush()
    # While it is suspended nothing falls due: neither in the inbox's order nor on the clock.
    if ledger.suspended:
        effective = FAR_FUTURE
    else:
        effective = due_at
    surfaces = review_at or effective
    if (
        row.id == row.task_id
    ):  # else it is a timer's own ledger beside its task's: only the timer follows it
        if ledger.suspended:
            shown = None
        else:
            shown = due_at
        session.execute(
            sa.update(UserTask)
            .where(UserTask.id == row.task_id, UserTask.state == "open")
            .values(
                due_at=shown,
                due_sort=surfaces,
                due_provisional=provisional,
                follow_up_at=review_at,
            ),
        )
        session.execute(
            sa.update(UserTaskCandidate)
            .where(UserTaskCandidate.task_id == row.task_id)
            .values(due_sort=surfaces),
        )
    session.execute(
        sa.update(TimerJob)
        .where(
            TimerJob.instance_id == row.instance_id,
            TimerJob.deadline_id == row.id,
            TimerJob.state == "planned",
        )
        .values(due_at=effective),
    )
    return due_at


def keep(
    step: RowChanges,
    row: Deadline,
    ledger: Ledger,
    kind: str,
    details: dict[str, Any],
    review_at: datetime | None = None,
) -> datetime:
    """Writes the ledger to its row; the task's due date and the timers that follow it move with it, and the
    history tells. The new due instant.

    `review_at`: when a suspended task comes up in the inbox again, to be looked at.
    """
    instance = step.instance
    session = step.instance.session
    due_at = settle(
        session,
        row,
        ledger,
        instance.calendar_of(row.counted_for),
        review_at,
    )
    element_id = None
    if row.task_id:
        element_id = session.scalar(
            sa.select(UserTask.element_id).where(UserTask.id == row.task_id),
        )
    # Of several tasks of one element only those who have this one are told.
    of_task = {}
    if row.task_id:
        of_task["of_task"] = row.task_id
    instance.remember(
        kind,
        element_id,
        deadline=row.name,
        due=due_at.isoformat(),
        **of_task,
        **details,
    )
    write_rows(session, [step])
    return due_at
