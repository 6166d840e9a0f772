"""Who opened the personal data of which instance, when and why."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base


class Disclosure(Base):
    """That a person opened the personal data of an instance; never changed."""

    __tablename__ = "disclosure"
    __table_args__ = (
        sa.Index(None, "instance_id", "person_id", "at"),
        sa.Index(None, "person_id", "at"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(45), default="")


def newest(
    session: Session,
    instance_id: str,
    person_id: int,
) -> datetime | None:
    """When the person last opened them."""
    mine = (
        Disclosure.instance_id == instance_id,
        Disclosure.person_id == person_id,
    )
    return session.scalar(sa.select(sa.func.max(Disclosure.at)).where(*mine))
