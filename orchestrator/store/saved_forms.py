"""Forms that a person has begun and not submitted yet, as the browser saved them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.kept_statements import rows_of
from orchestrator.store.user_tasks import IdempotencyKey


class SavedForm(Base):
    """What one person has typed into one form so far."""

    __tablename__ = "saved_form"
    __table_args__ = (sa.Index(None, "saved_at"),)

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    purpose: Mapped[str] = mapped_column(sa.String(240), primary_key=True)
    """What the form is for, as services/records/purposes.py names it."""
    key: Mapped[str] = mapped_column(sa.String(80))
    """The submission key of the page: once it is used, the form was submitted."""
    content: Mapped[list[Any]]
    """Pairs of a control's name and its value, in the order of the page."""
    saved_at: Mapped[datetime]


def find_saved(
    session: Session,
    person_id: int,
    purpose: str,
) -> SavedForm | None:
    """The person's saved form, unless it was submitted."""
    row = session.get(SavedForm, (person_id, purpose))
    if (
        row is None
        or session.get(IdempotencyKey, (person_id, row.key)) is not None
    ):
        return None
    return row


HAS_SAVED = sa.exists().where(SavedForm.person_id == sa.bindparam("person"))
"""Whether the parameter `person` has a saved form, submitted or not."""
_SAVED = sa.select(SavedForm.purpose, SavedForm.saved_at).where(
    SavedForm.person_id == sa.bindparam("person"),
    SavedForm.purpose.in_(sa.bindparam("purposes", expanding=True)),
    ~sa.exists().where(
        IdempotencyKey.person_id == SavedForm.person_id,
        IdempotencyKey.key == SavedForm.key,
    ),
)


def find_purposes(
    session: Session,
    person_id: int,
    purposes: Collection[str],
) -> dict[str, datetime]:
    """Those of the purposes for which the person has a saved form, with when it was saved."""
    if not purposes:
        return {}
    values = {"person": person_id, "purposes": list(purposes)}
    rows = rows_of(session, _SAVED, values)
    return {row.purpose: row.saved_at for row in rows}
