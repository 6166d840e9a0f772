"""Counts of cases by place, month and what they are counted by; and what was counted of each case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base, PathText, one_of


class Figure(Base):
    """Sums over the cases of a place and all below it; what they mean says domain.figures."""

    __tablename__ = "figure"

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    period: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    """A month or a year; empty for what is open now."""
    key: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    registered: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    closed: Mapped[int] = mapped_column(default=0)
    on_time: Mapped[int] = mapped_column(default=0)
    reworked: Mapped[int] = mapped_column(default=0)
    to_tell: Mapped[int] = mapped_column(default=0)
    told: Mapped[int] = mapped_column(default=0)
    rated: Mapped[int] = mapped_column(default=0)
    satisfied: Mapped[int] = mapped_column(default=0)
    dropped: Mapped[int] = mapped_column(default=0)


class FigureHours(Base):
    """How often a time was taken, so that a median needs no case."""

    __tablename__ = "figure_hours"

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    period: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True)
    """Of office hours, rounded."""
    many: Mapped[int] = mapped_column(default=0)


class CountedCase(Base):
    """What was counted of a case: taken off again when it is counted anew, and the way from a figure to its
    cases."""

    __tablename__ = "counted_case"
    __table_args__ = (
        one_of("state", "open", "archived", "dropped"),
        sa.Index(None, "tenant_id", "registered", "instance_id"),
        sa.Index(None, "tenant_id", "closed", "instance_id"),
        sa.Index(None, "tenant_id", "path"),
        sa.Index(None, "tenant_id", "member"),
        sa.Index(
            "ix_counted_case_open",
            "tenant_id",
            "path",
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        ),
    )

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
        primary_key=True,
    )
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    path: Mapped[str] = mapped_column(PathText)
    item: Mapped[str] = mapped_column(sa.String(24))
    category: Mapped[str] = mapped_column(sa.String(60))
    member: Mapped[str] = mapped_column(sa.String(12))
    """Id of the person who registered it, as text; empty for nobody."""
    registered: Mapped[str] = mapped_column(sa.String(7))
    state: Mapped[str] = mapped_column(sa.String(8))
    closed: Mapped[str | None] = mapped_column(sa.String(7))
    late: Mapped[bool]
    reworked: Mapped[bool]
    to_tell: Mapped[bool]
    told: Mapped[bool]
    rated: Mapped[bool]
    satisfied: Mapped[bool]
    minutes: Mapped[int | None]
    spent: Mapped[list[Any]] = mapped_column(default=list)
    """(month, step, body, minutes) of each step that was done."""
    counted_at: Mapped[datetime]


class CountedPart(Base):
    """What was counted of a body's part in a case."""

    __tablename__ = "counted_part"
    __table_args__ = (
        sa.Index(None, "body_id", "asked", "instance_id"),
        sa.Index(None, "body_id", "closed", "instance_id"),
    )

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("counted_case.instance_id"),
        primary_key=True,
    )
    body_id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    asked: Mapped[str] = mapped_column(sa.String(7))
    closed: Mapped[str | None] = mapped_column(sa.String(7))
    late: Mapped[bool]
    reworked: Mapped[bool] = mapped_column(
        default=False, server_default=sa.false()
    )
