"""The yearly review of items on a list: what of the department's promises was kept, and what follows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of

KEEP = "keep"
REMEDY = "remedy"
EXIT = "exit"
CONCLUSIONS = (KEEP, REMEDY, EXIT)
KEPT = ("kept", "partly", "unkept", "none")
"""kept, in part, not kept, nothing was promised."""


class ItemReview(Base):
    """What the review of an item came to; a later check of the same review takes its place."""

    __tablename__ = "item_review"
    __table_args__ = (
        one_of("conclusion", *CONCLUSIONS),
        one_of("people", *KEPT),
        one_of("funds", *KEPT),
        one_of("training", *KEPT),
        sa.Index(None, "item_id", "period"),
    )

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(sa.ForeignKey("service_item.id"))
    period: Mapped[str] = mapped_column(sa.String(7))
    people: Mapped[str] = mapped_column(sa.String(8))
    funds: Mapped[str] = mapped_column(sa.String(8))
    training: Mapped[str] = mapped_column(sa.String(8))
    conclusion: Mapped[str] = mapped_column(sa.String(8))
    opinion: Mapped[str] = mapped_column(sa.Text)
    reviewed_at: Mapped[datetime]


def reviews_of(
    session: Session, item_id: str, most: int = 10
) -> list[ItemReview]:
    """The item's reviews, the latest first."""
    query = (
        sa.select(ItemReview)
        .where(ItemReview.item_id == item_id)
        .order_by(ItemReview.period.desc(), ItemReview.reviewed_at.desc())
    )
    return list(session.scalars(query.limit(most)))
