"""A task that comes to other bodies: its deadlines count the office hours and the days off of these."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.domain.calendar import CountedFor
from orchestrator.sentences import say
from orchestrator.services.execution import due_dates
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

RECOUNTED = "deadline-followed"
"""Kind of the entry in the history."""


def recalculate(instance: LockedInstance, task_id: str) -> None:
    """Counts the deadlines of the task, and of the timers at it, for the bodies that it is offered to now.
    One that would be past keeps its due date; what is counted of it later is counted for the new bodies. The
    caller writes the entries.

    `task_id`: of its row, whose candidates are written."""
    session = instance.session
    session.flush()
    offered = sa.select(UserTaskCandidate.candidate).where(
        UserTaskCandidate.task_id == task_id,
        UserTaskCandidate.candidate.not_like("user:%"),
    )
    bodies = session.scalars(
        offered.order_by(UserTaskCandidate.candidate),
    ).all()
    if not bodies:
        return
    counted_for = due_dates.counted_for(instance.bundle.jurisdiction, bodies)
    rows = sa.select(Deadline).where(Deadline.task_id == task_id)
    for row in session.scalars(rows.with_for_update()):
        if row.counted_for != counted_for:
            _recalculate_one(instance, row, counted_for)


def _recalculate_one(
    instance: LockedInstance, row: Deadline, counted_for: CountedFor
) -> None:
    session = instance.session
    ledger = deadline_rows.ledger_of(row)
    calendar = instance.calendar_of(counted_for)
    before = row.due_at
    after = ledger.due_at(calendar)
    row.hours_of = counted_for.role
    row.days_of = counted_for.place
    if after <= instance.now and not ledger.suspended:
        return
    if after == before:
        deadline_rows.fill(row, ledger, calendar)
        return
    its_task = UserTask.id == row.task_id
    element_id, follow_up_at = session.execute(
        sa.select(UserTask.element_id, UserTask.follow_up_at).where(its_task),
    ).one()
    review_at = None
    if ledger.suspended:
        review_at = follow_up_at
    deadline_rows.settle(session, row, ledger, calendar, review_at)
    if not ledger.suspended:
        # A reminder that the diagram set, not a day of review: it stays.
        session.execute(
            sa.update(UserTask)
            .where(its_task)
            .values(follow_up_at=follow_up_at),
        )
    instance.remember(
        RECOUNTED,
        element_id,
        deadline=row.name,
        due=after.isoformat(),
        before=before.isoformat(),
        reason=say(
            "原截止时间 {local:%Y-%m-%d %H:%M}",
            local=calendar.local(before),
        ),
    )
