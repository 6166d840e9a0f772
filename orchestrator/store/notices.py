"""Public notices: the only rows that the public pages read, and nothing personal beyond their fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

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


def item_list_notices(session: Session) -> list[PublicNotice]:
    """The published item lists, by territory."""
    return list(
        session.scalars(sa.select(PublicNotice).where(PublicNotice.kind == "item-list").order_by(PublicNotice.subject_code))
    )


def find_notice(session: Session, kind: str, tenant_id: str, subject_code: str) -> PublicNotice | None:
    """One public notice."""
    return session.scalar(
        sa.select(PublicNotice).where(
            PublicNotice.kind == kind, PublicNotice.tenant_id == tenant_id, PublicNotice.subject_code == subject_code
        )
    )


def grid_notices(session: Session, tenant_id: str, text: str, limit: int = 200) -> list[PublicNotice]:
    """Published grids whose name or code holds the text."""
    query = sa.select(PublicNotice).where(PublicNotice.kind == "grid", PublicNotice.tenant_id == tenant_id)
    if text:
        query = query.where(
            sa.or_(
                PublicNotice.title.contains(text, autoescape=True), PublicNotice.subject_code.startswith(text, autoescape=True)
            )
        )
    return list(session.scalars(query.order_by(PublicNotice.subject_code).limit(limit)))
