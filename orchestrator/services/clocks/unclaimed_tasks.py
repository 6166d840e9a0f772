"""Urgent tasks that nobody has taken: bodies are told at once, and those who may take it again and again:
[priorities] of the profile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.cases import TASK_PRIORITIES, urgency
from orchestrator.domain.reminders import PriorityRule, priority_name
from orchestrator.sentences import say
from orchestrator.services.clocks import reminding
from orchestrator.services.clocks.reminding import WaitingTask
from orchestrator.store.reminders import (
    UNCLAIMED,
    TaskReminder,
    unclaimed_tasks,
)


def sweep(now: datetime) -> int:
    """Tells of every urgent task that waits for somebody; returns how many tasks were looked at. May run at
    any time and twice: it stops for a task that somebody holds."""
    return reminding.sweep(UNCLAIMED, _look, _act, now)


def _look(session: Session, tenant_id: str, now: datetime) -> Sequence[object]:
    lowest = min(TASK_PRIORITIES.values())
    return unclaimed_tasks(session, tenant_id, now, lowest, reminding.MOST)


def _act(session: Session, task: WaitingTask) -> None:
    reminder = task.reminder
    instance = task.instance
    if reminder.next_at is not None and reminder.next_at > instance.now:
        return  # another clock has just done it
    priority = urgency(task.row.priority)
    rule = instance.bundle.jurisdiction.priorities.get(priority)
    reminder.next_at = None
    if rule is None:
        return
    if task.row.assignee_id is not None:
        # Somebody took it meanwhile; put back, it waits again.
        reminder.next_at = instance.now
        return
    if not _told_before(session, instance.id, priority):
        word = priority_name(instance.bundle.jurisdiction.priorities, priority)
        reason = say("{word}事件，立即告知", word=word)
        task.tell(session, rule.tell, reason, again=False)
        reminder.told = priority
    if rule.repeat_minutes is None:
        return
    every = timedelta(minutes=rule.repeat_minutes)
    since = instance.now - task.row.opened_at
    if since >= every:
        _remind_again(session, task, rule)
    reminder.next_at = task.row.opened_at + every * (since // every + 1)


def _told_before(session: Session, instance_id: str, priority: str) -> bool:
    query = sa.select(TaskReminder.task_id).where(
        TaskReminder.instance_id == instance_id,
        TaskReminder.told == priority,
    )
    return session.scalar(query.limit(1)) is not None


def _remind_again(
    session: Session, task: WaitingTask, rule: PriorityRule
) -> None:
    instance = task.instance
    reason = say("“{name}”还没有人领取，请立即办理", name=task.row.name)
    task.reminder.times += 1
    instance.remember(
        "reminded",
        task.row.element_id,
        task=task.row.id.rpartition(".")[2],
        reason=reason,
        times=task.reminder.times,
    )
    task.row.urged_at = instance.now
    if not task.calendar.is_open(instance.now):
        task.tell(
            session, rule.on_call, say("非工作时间：{reason}", reason=reason)
        )
