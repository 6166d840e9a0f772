"""暂放: a person sets a task aside until a day of his choice. Only his own list changes: no clock stops, and
his colleagues see the task as before."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.store.people import one_at_a_time
from orchestrator.store.session import transaction
from orchestrator.store.set_aside import SetAside
from orchestrator.store.user_tasks import IS_OPEN, UserTask

LONGEST_NOTE = 100
LONGEST = timedelta(days=366)
MOST = 200
"""Tasks that one person has aside at once."""


def set_aside(
    who: access.Viewer,
    task_id: str,
    returns_at: datetime,
    note: str,
    now: datetime,
) -> None:
    """Takes the task out of his list until then, or changes until when.

    Raises NotFound for a task that there is not, InstanceChanged for one that he cannot do. Raises
    RuleViolated for a day that has begun, lies after the due time or more than a year ahead, for a note that
    is too long, and for one task too many.
    """
    note = " ".join(note.split())
    with transaction() as session:
        one_at_a_time(session, who.person_id)
        task = session.get(UserTask, task_id)
        if task is None:
            raise NotFound(task_id)
        if not access.may_work_on(session, who, task):
            raise InstanceChanged(say("这项任务现在不由您办理，没有暂放"))
        reasons = _obstacles(task, returns_at, note, now)
        if reasons:
            raise RuleViolated(reasons)
        _forget(session, who.person_id, now)
        row = session.get(SetAside, (who.person_id, task_id))
        if row is None:
            _leave_room(session, who.person_id)
            row = SetAside(person_id=who.person_id, task_id=task_id)
            session.add(row)
        row.returns_at = returns_at
        row.note = note
        row.set_at = now


def take_up(who: access.Viewer, task_id: str) -> None:
    """Puts the task back into his list; does nothing for one that is not aside."""
    with transaction() as session:
        session.execute(
            sa.delete(SetAside).where(
                SetAside.person_id == who.person_id,
                SetAside.task_id == task_id,
            )
        )


def _obstacles(
    task: UserTask,
    returns_at: datetime,
    note: str,
    now: datetime,
) -> list[str]:
    if returns_at <= now:
        return [say("请选择今天以后的日期")]
    if returns_at > now + LONGEST:
        return [say("最多暂放一年")]
    if task.due_at is not None and returns_at > task.due_at:
        return [
            say(
                "暂放不能超过办理期限，请选择期限当天或更早的日期；期限不因暂放而顺延"
            )
        ]
    if len(note) > LONGEST_NOTE:
        return [say("备注最多 {most} 个字", most=LONGEST_NOTE)]
    return []


def _leave_room(session: Session, person_id: int) -> None:
    own = sa.select(sa.func.count()).where(SetAside.person_id == person_id)
    if (session.scalar(own) or 0) >= MOST:
        raise RuleViolated(
            [say("您已暂放 {most} 项任务，请先办理或取回一些", most=MOST)]
        )


def _forget(session: Session, person_id: int, now: datetime) -> None:
    """Removes what returned over a month ago and what is done."""
    still_open = sa.select(UserTask.id).where(
        UserTask.id == SetAside.task_id, IS_OPEN
    )
    session.execute(
        sa.delete(SetAside).where(
            SetAside.person_id == person_id,
            sa.or_(
                SetAside.returns_at < now - timedelta(days=30),
                ~still_open.exists(),
            ),
        )
    )
