"""Copies (抄送): delivered once to each body, and anew when it is told again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.instances import Copy


def copied_to(session: Session, instance_id: str) -> set[str]:
    """The bodies that have a copy of the matter."""
    bodies = sa.select(Copy.body_id).where(Copy.instance_id == instance_id)
    return set(session.scalars(bodies))


def deliver_copy(
    session: Session, instance_id: str, body_id: str, reason: str, at: datetime
) -> None:
    """The body has a copy of the matter, unread, for that reason; one that it had is sent anew."""
    found = session.scalar(
        sa.select(Copy).where(
            Copy.instance_id == instance_id, Copy.body_id == body_id
        )
    )
    if found is None:
        found = Copy(instance_id=instance_id, body_id=body_id)
        session.add(found)
    found.reason = reason[:200]
    found.sent_at = at
    found.read_at = None
    found.read_by = None
    session.flush()
