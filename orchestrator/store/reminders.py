"""What has been done about tasks that are late, and about urgent ones that nobody has taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import IS_OPEN, UserTask

LATE = "overdue"
UNCLAIMED = "unclaimed"


class TaskReminder(Base):
    """One task's row for one of the two."""

    __tablename__ = "task_reminder"
    __table_args__ = (
        one_of("kind", LATE, UNCLAIMED),
        sa.Index(None, "instance_id"),
    )

    task_id: Mapped[str] = mapped_column(
        sa.ForeignKey("user_task.id"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    due_at: Mapped[datetime | None]
    """The task's when the stages were done: when it moves, they begin anew."""
    done: Mapped[list[Any]] = mapped_column(default=list)
    """Numbers of the stages that are done."""
    told: Mapped[str] = mapped_column(sa.String(12), default="")
    """The priority that bodies were told of."""
    times: Mapped[int] = mapped_column(default=0)
    """How often it was reminded of."""
    next_at: Mapped[datetime | None]
    """When it is looked at again; None: never, as things stand."""


def _waiting(kind: str, *also: Any) -> sa.Select[str, str]:
    """(task, its row) of open tasks of running instances that have no row of that kind or whose moment has
    come."""
    mine = (
        TaskReminder.task_id == UserTask.id,
        TaskReminder.kind == kind,
    )
    come = sa.or_(
        TaskReminder.task_id.is_(None),
        TaskReminder.next_at <= sa.bindparam("now"),
        *also,
    )
    return (
        sa.select(UserTask.id, UserTask.instance_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .outerjoin(TaskReminder, sa.and_(*mine))
        .where(
            IS_OPEN,
            UserTask.tenant_id == sa.bindparam("tenant_id"),
            ProcessInstance.state == "active",
            come,
        )
        .limit(sa.bindparam("most"))
    )


_LATE = (
    _waiting(LATE, TaskReminder.due_at != UserTask.due_at)
    .where(UserTask.due_at <= sa.bindparam("now"))
    .order_by(UserTask.due_at)
)
_STANDS_STILL = sa.exists().where(
    Deadline.task_id == UserTask.id, UserTask.due_at.is_(None)
)
_UNCLAIMED = (
    _waiting(UNCLAIMED)
    .where(
        UserTask.assignee_id.is_(None),
        UserTask.priority >= sa.bindparam("priority"),
        sa.not_(_STANDS_STILL),
    )
    .order_by(UserTask.opened_at)
)


def late_tasks(
    session: Session,
    tenant_id: str,
    now: datetime,
    most: int,
) -> Sequence[Any]:
    """(id, instance_id) of tasks whose time is over and about which something is to be done, the most late
    first."""
    values = {"tenant_id": tenant_id, "now": now, "most": most}
    return session.execute(_LATE, values).all()


def unclaimed_tasks(
    session: Session,
    tenant_id: str,
    now: datetime,
    priority: int,
    most: int,
) -> Sequence[Any]:
    """(id, instance_id) of tasks of that priority or above that nobody holds and that are to be told of,
    except those whose time stands still (挂账)."""
    values = {
        "tenant_id": tenant_id,
        "now": now,
        "most": most,
        "priority": priority,
    }
    return session.execute(_UNCLAIMED, values).all()


def deadline_names(
    session: Session, task_ids: Sequence[str]
) -> dict[str, str]:
    """Task → name of the deadline that it runs on, for those that run on one."""
    rows = session.execute(
        sa.select(Deadline.task_id, Deadline.name).where(
            Deadline.task_id.in_(task_ids)
        )
    )
    return {row.task_id: row.name for row in rows}


def deadlines_of(
    session: Session, task_ids: Sequence[str]
) -> dict[str, Deadline]:
    """Task → the deadline that it runs on, for those that run on one."""
    rows = session.scalars(
        sa.select(Deadline).where(Deadline.id.in_(task_ids))
    )
    return {row.id: row for row in rows}
