"""The start events of deployments that a timer, message, signal or condition triggers; the timers among them
are clock rows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base, one_of


class StartEvent(Base):
    """What starts an instance of a version by itself, and a timer's next time. A newer version has rows of
    its own and takes over."""

    __tablename__ = "start_event"
    __table_args__ = (
        one_of("kind", "timer", "message", "signal", "conditional"),
        one_of("state", "listening", "planned", "done", "cancelled"),
        sa.Index(None, "tenant_id", "kind", "name"),
        sa.Index(
            "ix_start_event_planned",
            "due_at",
            postgresql_where=sa.text("state = 'planned'"),
            sqlite_where=sa.text("state = 'planned'"),
        ),
    )

    definition_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_definition.id"),
        primary_key=True,
    )
    element_id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, default=0)
    """Which of the start event's triggers: 0 for the first, or only one."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    process_key: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str | None] = mapped_column(sa.String(120))
    """The name of the message or signal; None for a timer."""
    due_at: Mapped[datetime | None]
    """When a timer fires next; None for the others."""
    state: Mapped[str] = mapped_column(sa.String(12))
    """`planned` for a timer that runs, `listening` for the others, `done` after a timer's last start,
    `cancelled` when a newer version took over."""
    rounds_left: Mapped[int] = mapped_column(default=0)
    """Starts after this one; -1 for ever."""
    duration: Mapped[str | None] = mapped_column(sa.String(100))
    """Of a cycle's round, or a cron text; None for a single start."""
    first_at: Mapped[datetime | None]
    """The cycle's first planned start, from which every round is counted."""
    round: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    fired_count: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    """Why the last start failed, in Chinese; None when it did not."""
