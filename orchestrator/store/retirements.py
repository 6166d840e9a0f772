"""Procedures that are no longer begun: from which day on, why, and whether that was taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base


class Retirement(Base):
    """A decision that a procedure begins no new instance. Those that run end as they would."""

    __tablename__ = "retirement"
    __table_args__ = (sa.Index(None, "tenant_id", "process_key"),)

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    process_key: Mapped[str] = mapped_column(sa.String(60))
    from_at: Mapped[datetime]
    """Since when it takes none."""
    reason: Mapped[str] = mapped_column(sa.String(200))
    decided_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime]
    undone_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]


def retired_keys(
    tenant_id: str | sa.BindParameter[str],
    now: datetime | sa.BindParameter[datetime],
) -> Any:
    """Keys of the procedures that take no new instances at `now`, for a statement that leaves them out."""
    return sa.select(Retirement.process_key).where(
        Retirement.tenant_id == tenant_id,
        Retirement.undone_at.is_(None),
        Retirement.from_at <= now,
    )


def retirements(session: Session, tenant_id: str) -> dict[str, Retirement]:
    """Process key → the decision that stands, in effect already or not."""
    rows = session.scalars(
        sa.select(Retirement)
        .where(
            Retirement.tenant_id == tenant_id, Retirement.undone_at.is_(None)
        )
        .order_by(Retirement.decided_at)
    )
    return {row.process_key: row for row in rows}


def past_retirements(
    session: Session, tenant_id: str, process_key: str
) -> list[Retirement]:
    """All decisions about the procedure, the latest first."""
    rows = session.scalars(
        sa.select(Retirement)
        .where(
            Retirement.tenant_id == tenant_id,
            Retirement.process_key == process_key,
        )
        .order_by(Retirement.decided_at.desc())
    )
    return list(rows)
