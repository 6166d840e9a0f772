"""Tasks that a person has set aside (暂放): they leave his list until a day of his choice. No clock stops."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base


class SetAside(Base):
    __tablename__ = "set_aside_task"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"), primary_key=True
    )
    """Whose list it leaves; others see the task as before."""
    task_id: Mapped[str] = mapped_column(
        sa.ForeignKey("user_task.id"), primary_key=True, index=True
    )
    returns_at: Mapped[datetime]
    """When it stands in the list again."""
    note: Mapped[str] = mapped_column(sa.String(100))
    set_at: Mapped[datetime]


def aside_of(person_id: int, now: datetime) -> Any:
    """Ids of the tasks that the person set aside until later than now."""
    return sa.select(SetAside.task_id).where(
        SetAside.person_id == person_id, SetAside.returns_at > now
    )


def hidden(person_id: int, task_id: Any, due: Any, now: datetime) -> Any:
    """Whether the task is out of the person's list. One that falls due before it returns is not."""
    return sa.exists().where(
        SetAside.person_id == person_id,
        SetAside.task_id == task_id,
        SetAside.returns_at > now,
        SetAside.returns_at <= due,
    )


_SET_ASIDE = sa.select(SetAside).where(
    SetAside.person_id == sa.bindparam("person"),
    SetAside.task_id.in_(sa.bindparam("tasks", expanding=True)),
)


def find_set_aside(
    session: Session, person_id: int, task_ids: Collection[str]
) -> dict[str, SetAside]:
    """By task, what the person set aside, also what has returned since."""
    if not task_ids:
        return {}
    rows = session.scalars(
        _SET_ASIDE, {"person": person_id, "tasks": list(task_ids)}
    )
    return {row.task_id: row for row in rows}
