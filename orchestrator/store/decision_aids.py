"""What a person keeps for his decisions: phrases of his own (常用语), and his signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.kept_statements import rows_of
from orchestrator.store.people import Person
from orchestrator.store.saved_forms import SavedForm
from orchestrator.store.set_aside import SetAside


class Phrase(Base):
    """Words that a person uses again and again."""

    __tablename__ = "phrase"
    __table_args__ = (sa.Index(None, "person_id"),)

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]


class Signature(Base):
    """A person's signature as a picture (PNG)."""

    __tablename__ = "signature"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    picture: Mapped[bytes] = mapped_column(sa.LargeBinary)
    signed_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class DecisionAids:
    phrases: Sequence[tuple[str, str]]
    """(id, text), the oldest first."""
    has_signature: bool
    aside_until: datetime | None
    """When the task that he set aside returns to his list; None: it is not aside."""
    aside_note: str
    has_begun: bool
    """Whether the form of the purpose was saved; it may have been submitted since."""


_BEGUN = sa.exists().where(
    SavedForm.person_id == Person.id,
    SavedForm.purpose == sa.bindparam("purpose"),
)
_ASIDE = sa.and_(
    SetAside.person_id == Person.id,
    SetAside.task_id == sa.bindparam("task"),
)
_AIDS = (
    sa.select(
        Phrase.id,
        Phrase.text,
        Signature.person_id.is_not(None).label("signed"),
        SetAside.returns_at,
        SetAside.note,
        _BEGUN.label("begun"),
    )
    .select_from(Person)
    .outerjoin(Phrase, Phrase.person_id == Person.id)
    .outerjoin(Signature, Signature.person_id == Person.id)
    .outerjoin(SetAside, _ASIDE)
    .where(Person.id == sa.bindparam("person"))
    .order_by(Phrase.created_at, Phrase.id)
)


def decision_aids(
    session: Session,
    person_id: int,
    task_id: str = "",
    purpose: str = "",
) -> DecisionAids:
    """What the person keeps, for the task and the purpose of a form too, in one statement."""
    values = {"person": person_id, "task": task_id, "purpose": purpose}
    rows = rows_of(session, _AIDS, values).all()
    phrases = [(row.id, row.text) for row in rows if row.id is not None]
    if not rows:
        return DecisionAids(phrases, False, None, "", False)
    first = rows[0]
    return DecisionAids(
        phrases,
        bool(first.signed),
        first.returns_at,
        first.note or "",
        bool(first.begun),
    )


def picture_of(session: Session, person_id: int) -> bytes | None:
    """The person's signature; None when he has none."""
    return session.scalar(
        sa.select(Signature.picture).where(Signature.person_id == person_id),
    )
