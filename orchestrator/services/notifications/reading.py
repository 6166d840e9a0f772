"""Marking notifications as read, and forgetting old ones."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator.errors import NotFound
from orchestrator.store.notifications import Notification
from orchestrator.store.session import transaction

KEPT = timedelta(days=180)


def read(notification_id: str, by: int, now: datetime) -> Notification:
    """Marks the person's notification as read; the row. Raises NotFound, also for somebody else's."""
    with transaction() as session:
        row = session.get(Notification, notification_id)
        if row is None or row.person_id != by:
            raise NotFound(notification_id)
        if row.read_at is None:
            row.read_at = now
        return row


def read_all(by: int, now: datetime) -> int:
    """Marks all of the person's notifications as read; returns how many were not."""
    with transaction() as session:
        unread = (Notification.person_id == by, Notification.read_at.is_(None))
        count = (
            session.scalar(
                sa.select(sa.func.count())
                .select_from(Notification)
                .where(*unread),
            )
            or 0
        )
        session.execute(
            sa.update(Notification).where(*unread).values(read_at=now),
        )
        return count


def sweep(now: datetime) -> None:
    """Removes what is older than KEPT."""
    with transaction() as session:
        session.execute(
            sa.delete(Notification).where(Notification.at < now - KEPT),
        )
