"""Notifications (通知): what reaches a person of the instances that concern him, and up to where each
instance's history has been read for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.once import once
from orchestrator.store.paging import page_of

KINDS = (
    "assigned",
    "urged",
    "returned",
    "result",
    "copied",
    "mentioned",
    "due-soon",
    "overdue",
    "deputy",
)
"""A task to do, an urge, a return, how an instance ended, a copy, a comment that names him, a task due by the
end of the next working day, a task whose time is over, an absence with its deputy."""
MOST_COUNTED = 99


class Notification(Base):
    """One person is told of one thing, once."""

    __tablename__ = "notification"
    __table_args__ = (
        one_of("kind", *KINDS),
        sa.UniqueConstraint("person_id", "source"),
        sa.Index(None, "person_id", "at", "id"),
        sa.Index(
            "ix_notification_unread",
            "person_id",
            postgresql_where=sa.text("read_at IS NULL"),
            sqlite_where=sa.text("read_at IS NULL"),
        ),
        sa.Index(None, "instance_id"),
        sa.Index(None, "at"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(sa.String(12))
    instance_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    """None: it is about an absence and its deputy."""
    task_id: Mapped[str | None] = mapped_column(sa.String(60))
    """The task to open; None where the instance itself is meant."""
    step: Mapped[str] = mapped_column(sa.String(120), default="")
    """Name of the step, or of the end that the instance came to; the whole sentence where there is none."""
    by: Mapped[str] = mapped_column(sa.String(60), default="")
    """Name of who caused it; empty for the system."""
    words: Mapped[str] = mapped_column(sa.String(200), default="")
    """What that person wrote: the urge, the comment, the reason."""
    due_at: Mapped[datetime | None]
    """Of the task, as it was then."""
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(sa.String(120))
    """What it tells of: no person is told of the same thing twice."""


class NotificationSweep(Base):
    """Up to which due date the tasks of a jurisdiction have been looked at."""

    __tablename__ = "notification_sweep"
    __table_args__ = (one_of("kind", "due-soon", "overdue"),)

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    until: Mapped[datetime]


def page_notifications(
    session: Session,
    person_id: int,
    unread: bool,
    before: str = "",
    size: int = 30,
) -> tuple[Sequence[Any], str]:
    """(notification, title and number of its instance, if any), the latest first; and the key of the next
    page, empty on the last."""
    query = (
        sa.select(
            Notification,
            ProcessInstance.title,
            ProcessInstance.business_key,
        )
        .outerjoin(
            ProcessInstance, ProcessInstance.id == Notification.instance_id
        )
        .where(Notification.person_id == person_id)
    )
    if unread:
        query = query.where(Notification.read_at.is_(None))
    last = None
    if before:
        last = session.get(Notification, before)
    if last is not None and last.person_id == person_id:
        query = query.where(
            sa.tuple_(Notification.at, Notification.id)
            < sa.tuple_(last.at, last.id),
        )
    query = query.order_by(Notification.at.desc(), Notification.id.desc())
    rows = session.execute(query.limit(size + 1)).all()
    shown, following = page_of(rows, size, lambda row: row.Notification.id)
    return shown, following or ""


def count_of_unread(person_id: Any) -> Any:
    """The same as `count_unread_notifications`, for a statement that asks for other things too."""
    result = (
        sa.select(Notification.id)
        .where(
            Notification.person_id == person_id,
            Notification.read_at.is_(None),
        )
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(result).scalar_subquery()


def count_unread_notifications(session: Session, person_id: int) -> int:
    """How many the person has not read, counted to MOST_COUNTED + 1 at most."""

    def ask() -> int:
        return session.scalar(sa.select(count_of_unread(person_id))) or 0

    return once(session, ("unread", person_id), ask)


def newest_unread(session: Session, person_id: int) -> Notification | None:
    """The latest that the person has not read."""
    query = sa.select(Notification).where(
        Notification.person_id == person_id,
        Notification.read_at.is_(None),
    )
    return session.scalars(
        query.order_by(Notification.at.desc(), Notification.id.desc()).limit(
            1
        ),
    ).first()


def known_sources(
    session: Session,
    sources: Collection[str],
) -> set[tuple[int, str]]:
    """(person, source) of what people have been told of these."""
    rows = session.execute(
        sa.select(Notification.person_id, Notification.source).where(
            Notification.source.in_(sources),
        ),
    )
    return {(row.person_id, row.source) for row in rows}
