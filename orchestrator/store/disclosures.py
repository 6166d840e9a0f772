"""Who opened the personal data of which instance, when and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.once import once


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
    """When the person last opened them. A session that only reads asks once, or keeps what came along with
    another statement (NEWEST_OF_READER)."""
    statement = sa.select(_newest(instance_id, person_id))
    return once(
        session,
        newest_key(instance_id, person_id),
        lambda: session.scalar(statement),
    )


def newest_key(instance_id: str, person_id: int) -> tuple[str, str, int]:
    """Under what a session that only reads keeps what `newest` answers."""
    return "newest disclosure", instance_id, person_id


def _newest(instance_id: Any, person_id: Any) -> Any:
    return (
        sa.select(sa.func.max(Disclosure.at))
        .where(
            Disclosure.instance_id == instance_id,
            Disclosure.person_id == person_id,
        )
        .scalar_subquery()
    )


NEWEST_OF_READER = _newest(ProcessInstance.id, sa.bindparam("reader"))
"""`newest` of the instance and of the parameter `reader`, for a statement that asks for the instance."""
