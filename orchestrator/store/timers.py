"""The engine's clock rows and the statutory deadlines whose sums they follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.domain.calendar import CountedFor
from orchestrator.store.base import Base, one_of

FAR_YEAR = 9999
"""Of the instant that stands for none."""


class TimerJob(Base):
    """The truth about a timer; RQ and Redis only wake us."""

    __tablename__ = "timer_job"
    __table_args__ = (
        one_of("state", "planned", "fired", "cancelled"),
        sa.Index(
            "ix_timer_job_planned",
            "due_at",
            "id",
            postgresql_where=sa.text("state = 'planned'"),
            sqlite_where=sa.text("state = 'planned'"),
        ),
        sa.Index(
            "ix_timer_job_fired",
            "tenant_id",
            "fired_at",
            postgresql_where=sa.text("state = 'fired'"),
            sqlite_where=sa.text("state = 'fired'"),
        ),
        sa.Index(None, "instance_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """`instance_id.engine_task_id`; a cycle's later rounds reuse the row."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    element_id: Mapped[str] = mapped_column(sa.String(120))
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(sa.String(12))
    deadline_id: Mapped[str | None] = mapped_column(sa.String(60))
    planned_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    lag_ms: Mapped[int | None] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    )
    """How late it fired, in milliseconds: 32 bits hold 24 days, and a system may rest longer. SQLite's
    integers have 64."""
    fired_count: Mapped[int] = mapped_column(default=0)
    left_ms: Mapped[int | None] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    )
    """Of a timer without a deadline that stands still with its step's suspended one: the milliseconds that it
    had left."""

    @property
    def suspended(self) -> bool:
        """Whether its deadline, or that of its step, is suspended (挂账): no instant is set until it goes
        on."""
        return self.due_at.year == FAR_YEAR


class Deadline(Base):
    """The ledger of one statutory deadline; `due_at` is a pure function of the columns and entries."""

    __tablename__ = "deadline"
    __table_args__ = (
        sa.Index(None, "instance_id"),
        sa.Index(None, "task_id"),
        sa.Index(None, "provisional"),
    )

    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """The user task's or the timer's id."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    task_id: Mapped[str | None] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(60))
    start_at: Mapped[datetime]
    limit_amount: Mapped[int]
    limit_unit: Mapped[str] = mapped_column(sa.String(16))
    """`minutes`, `hours`, `days`, `working_days` or `working_hours`."""
    limit_until: Mapped[str | None] = mapped_column(sa.String(5))
    """Time of day at which it ends on its last day; None: as the unit says."""
    citation: Mapped[str] = mapped_column(sa.String(80))
    """Article, or `default`."""
    calendar_version: Mapped[str] = mapped_column(sa.String(40))
    hours_of: Mapped[str | None] = mapped_column(sa.String(60))
    """Role whose own office hours count; None: the jurisdiction's."""
    days_of: Mapped[str | None] = mapped_column(sa.String(32))
    """Territory whose own days off count, with those of the places above it; None: the jurisdiction's."""
    entries: Mapped[list[Any]] = mapped_column(default=list)
    """Extensions and suspensions in order, as orchestrator.domain.deadlines writes them."""
    due_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)

    @property
    def counted_for(self) -> CountedFor:
        return CountedFor(self.hours_of, self.days_of)


IS_PLANNED = TimerJob.state == sa.literal_column("'planned'")
"""As the partial index says it: compared with a parameter, SQLite could not tell that it serves."""
HAS_FIRED = TimerJob.state == sa.literal_column("'fired'")
