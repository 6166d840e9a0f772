"""Incidents (the engine cannot go on) and the outbox (what must reach the outside)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of

NOBODY = ("body-missing", "body-empty", "assignee-missing")
"""Kinds of incidents that say of a task that nobody can do it."""
NOT_ENDED = "not-ended"
"""Kind of the incident of a request that could not be ended with what it is about."""


class Incident(Base):
    __tablename__ = "incident"
    __table_args__ = (
        one_of("state", "open", "resolved"),
        sa.Index(None, "tenant_id", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
        index=True,
    )
    element_id: Mapped[str | None] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(40))
    """`handler-failed`, `body-missing`, `body-empty`, `expression-failed`, `step-budget`, `timer-failed`…"""
    message: Mapped[str] = mapped_column(sa.Text)
    """A sentence for the administrator, in Chinese, with what to do."""
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What a retry needs: the command that failed, the external task's id, the missing body."""
    state: Mapped[str] = mapped_column(sa.String(12))
    attempts: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None]


class OutboxMessage(Base):
    __tablename__ = "outbox_message"
    __table_args__ = (
        sa.Index(
            "ix_outbox_message_unsent",
            "available_at",
            "id",
            postgresql_where=sa.text("sent_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str | None] = mapped_column(sa.String(24))
    kind: Mapped[str] = mapped_column(sa.String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.Text)


def incidents_of(
    session: Session,
    instance_id: str,
    limit: int = 20,
) -> list[Incident]:
    """The open incidents of an instance, the oldest first."""
    query = sa.select(Incident).where(
        Incident.instance_id == instance_id,
        Incident.state == "open",
    )
    return list(
        session.scalars(query.order_by(Incident.created_at).limit(limit)),
    )
