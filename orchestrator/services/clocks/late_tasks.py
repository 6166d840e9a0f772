"""What the profile says is done when the time of a task is over: [overdue], stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.reminders import (
    OverdueRule,
    moment_of,
    stages_of,
    turn_of,
)
from orchestrator.sentences import say
from orchestrator.services.clocks import reminding
from orchestrator.services.clocks.reminding import WaitingTask
from orchestrator.store.reminders import LATE, late_tasks
from orchestrator.store.territories import Body


def sweep(now: datetime) -> int:
    """Does what is due about every task whose time is over; returns how many tasks were looked at. May run
    at any time and twice."""
    return reminding.sweep(LATE, _look, _act, now)


def _look(session: Session, tenant_id: str, now: datetime) -> Sequence[object]:
    return late_tasks(session, tenant_id, now, reminding.MOST)


def _act(session: Session, task: WaitingTask) -> None:
    row = task.row
    reminder = task.reminder
    if row.due_at is None:
        return
    if reminder.due_at != row.due_at:
        # It was extended, and is late anew.
        reminder.due_at = row.due_at
        reminder.done = []
    instance = task.instance
    stages = stages_of(instance.bundle.jurisdiction.overdue, task.deadline)
    calendar = task.calendar
    done = list(reminder.done)
    moments: list[datetime] = []
    for number, stage in enumerate(stages):
        if number in done and not stage.repeat:
            continue
        moment = moment_of(stage, row.due_at, instance.variables, calendar)
        if moment is None:
            # The day may be promised any time: it is looked for every midnight.
            moments.append(_next_midnight(calendar, instance.now))
        elif moment > instance.now:
            moments.append(moment)
        else:
            latest, following = turn_of(stage, moment, instance.now, calendar)
            again = number in done
            # What was due before it was last looked at was done then.
            if not again or latest >= (reminder.next_at or instance.now):
                _do(session, task, stage, again)
            if not again:
                done.append(number)
            if following is not None:
                moments.append(following)
    reminder.done = done
    reminder.next_at = min(moments, default=None)


def _next_midnight(calendar: WorkCalendar, now: datetime) -> datetime:
    tomorrow = calendar.local(now).date() + timedelta(days=1)
    return calendar.at(tomorrow, time())


def _do(
    session: Session, task: WaitingTask, stage: OverdueRule, again: bool
) -> None:
    row = task.row
    instance = task.instance
    assert row.due_at is not None
    reason = _reason(session, task, stage)
    notice = stage.notice and (again or not stage.first)
    if stage.mark or notice:
        # Those who have the task are notified of the due time itself by notifications.due.
        instance.remember(
            "overdue",
            row.element_id,
            task=row.id.rpartition(".")[2],
            reason=reason,
            notice=notice,
        )
    if stage.mark:
        row.urged_at = instance.now
    copied = task.tell(session, stage.copy_to, reason)
    above = task.tell(session, stage.escalate_to, reason, but=copied)
    if above:
        instance.remember(
            "overdue-escalated", row.element_id, bodies=above, reason=reason
        )
    if stage.bulletin:
        instance.remember("bulletin", row.element_id, reason=reason)


def _reason(session: Session, task: WaitingTask, stage: OverdueRule) -> str:
    """What is late; with who is, where the same step is done by several bodies."""
    late = _lateness(task, stage)
    elements = task.instance.bundle.definition.elements.values()
    items = {element.multi.item for element in elements if element.multi}
    if items.isdisjoint(task.row.variables):
        return late
    query = sa.select(Body.name).where(Body.id.in_(task.asked))
    names = session.scalars(query.order_by(Body.id)).all()
    if not names:
        return late
    return say("{bodies}的{late}", bodies="、".join(names), late=late)


def _lateness(task: WaitingTask, stage: OverdueRule) -> str:
    row = task.row
    assert row.due_at is not None
    if stage.after_day_in:
        return say(
            "“{name}”承诺的日期 {day} 已过，仍未办结",
            name=row.name,
            day=str(task.instance.variables.get(stage.after_day_in))[:10],
        )
    late = reminding.how_late(row.due_at, task.instance.now)
    if late:
        return say(
            "“{name}”到期没有办结，已逾期{late}", name=row.name, late=late
        )
    return say("“{name}”到期没有办结", name=row.name)
