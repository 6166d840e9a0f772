"""The check of a jurisdiction's history: the one that runs, or the last one."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base


class HistoryCheck(Base):
    """One row for each jurisdiction that ever asked for a check; asking again begins it anew."""

    __tablename__ = "history_check"

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    """None while it runs."""
    after_id: Mapped[str] = mapped_column(sa.String(24), default="")
    """Instances up to this id are done."""
    matters: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    files: Mapped[int] = mapped_column(default=0)
    broken: Mapped[int] = mapped_column(default=0)
    findings: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    """The first sentences, each with the instance's number."""
    compared_with: Mapped[datetime | None]
    """When the heads were noted that this check compared with; None for the first check."""
