"""Copies (抄送): delivered once to each body, and anew when it is told again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.instances import Copy


def copied_to(session: Session, instance_id: str) -> set[str]:
    """The bodies that have a copy of the instance."""
    bodies = sa.select(Copy.body_id).where(Copy.instance_id == instance_id)
    return set(session.scalars(bodies))


def deliver_copy(
    session: Session,
    instance_id: str,
    body_id: str,
    reason: str,
    at: datetime,
) -> None:
    """The body has a copy of the instance, unread, for that reason; one that it had is sent anew."""
    copy = session.scalar(
        sa.select(Copy).where(
            Copy.instance_id == instance_id, Copy.body_id == body_id
        )
    )
    if copy is None:
        copy = Copy(instance_id=instance_id, body_id=body_id)
        session.add(copy)
    copy.reason = reason[:200]
    copy.sent_at = at
    copy.read_at = None
    copy.read_by = None
    session.flush()
