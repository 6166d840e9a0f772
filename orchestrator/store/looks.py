"""Who looked at what: one row for a person, a subject and a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person


class Look(Base):
    """That a person read something with personal data; never changed."""

    __tablename__ = "look"
    __table_args__ = (sa.Index(None, "person_id", "on"),)

    subject: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    """`matter:ID`, `dossier:ID`, `file:ID` or `register:CODE` (a grid with its people)."""
    on: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    """ISO date in UTC."""
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime]
    """The first time on that day."""
    address: Mapped[str] = mapped_column(sa.String(45), default="", server_default="")


def looks_of(session: Session, names: str, limit: int = 1_000) -> Sequence[Any]:
    """(look, username, name) of a matter, by its number or id, of a grid, by its code, or of a person, by his
    username; the newest first."""
    ids = sa.select(ProcessInstance.id).where(
        sa.or_(ProcessInstance.business_key == names, ProcessInstance.id == names)
    )
    matters = [f"{kind}:{each}" for each in session.scalars(ids) for kind in ("matter", "dossier")]
    subjects = [*matters, f"register:{names}", f"file:{names}"]
    return session.execute(
        sa.select(Look, Person.username, Person.display_name)
        .join(Person, Person.id == Look.person_id)
        .where(sa.or_(Look.subject.in_(subjects), Person.username == names))
        .order_by(Look.at.desc(), Look.subject)
        .limit(limit)
    ).all()
