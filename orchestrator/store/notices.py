"""Public notices: the only rows that the public pages read, and nothing personal beyond their fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base


class PublicNotice(Base):
    __tablename__ = "public_notice"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "kind", "subject_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(20))
    """`item-list` or `grid`."""
    subject_code: Mapped[str] = mapped_column(sa.String(32))
    """Territory of the list, or code of the grid."""
    title: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Exactly the fields the jurisdiction publishes."""
    published_at: Mapped[datetime]
    """Last updated; the page shows it."""
    instance_id: Mapped[str | None] = mapped_column(sa.String(24))
