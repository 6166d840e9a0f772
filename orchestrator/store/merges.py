"""Cases that were merged into another: what is needed to undo it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base


class CaseMerge(Base):
    """What a merge closed; the row goes when the merge is undone."""

    __tablename__ = "case_merge"

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    """The case that was merged into another."""
    merged_at: Mapped[datetime]
    kept: Mapped[dict[str, Any]]
    """As services.instances.reopening keeps it."""
