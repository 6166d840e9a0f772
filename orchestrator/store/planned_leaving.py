"""Who is to leave, and when."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base


class PlannedLeaving(Base):
    """The last day of a person who is still at work; the row goes when he leaves or stays."""

    __tablename__ = "planned_leaving"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    last_on: Mapped[date]
    """In the office's zone; the account is closed after it."""
    successor_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id"),
    )
    """Who has the open tasks then."""
    planned_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
