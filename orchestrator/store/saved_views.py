"""Saved views of the inbox: filters and order under a name, a person's own or shared with a body; and how
each person has his list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.kept_statements import rows_of
from orchestrator.store.people import Membership, Person

DENSITIES = ("comfortable", "compact")
MOST_SHOWN = 40
"""Views of one person's inbox, his own and shared ones."""


class SavedView(Base):
    __tablename__ = "saved_view"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "name"),
        sa.Index(
            "ix_saved_view_body_id",
            "body_id",
            postgresql_where=sa.text("body_id IS NOT NULL"),
            sqlite_where=sa.text("body_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    """Who saved it."""
    body_id: Mapped[str | None] = mapped_column(sa.String(120))
    """The body that it is shared with; None: nobody else sees it."""
    name: Mapped[str] = mapped_column(sa.String(20))
    query: Mapped[str] = mapped_column(sa.String(1000))
    """The arguments of the list's address."""
    saved_at: Mapped[datetime]


class InboxChoice(Base):
    """How a person has his list."""

    __tablename__ = "inbox_choice"
    __table_args__ = (one_of("density", *DENSITIES),)

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    density: Mapped[str] = mapped_column(sa.String(12), default=DENSITIES[0])
    view_id: Mapped[str | None] = mapped_column(sa.String(24))
    """The view that his inbox begins with; one that is gone counts for none."""


@dataclass(frozen=True, slots=True)
class ShownView:
    id: str
    name: str
    query: str
    own: bool
    removable: bool
    """Whether he may delete it: his own, and that of somebody who has left the body."""
    body_id: str | None
    """The body that it is shared with."""


@dataclass(frozen=True, slots=True)
class InboxSetting:
    """What a person's inbox offers."""

    density: str
    default: str | None
    """Id of the view that it begins with."""
    views: Sequence[ShownView]
    """His own first, by name."""

    def find(self, view_id: str | None) -> ShownView | None:
        return next((view for view in self.views if view.id == view_id), None)


_OWN = SavedView.person_id == Person.id
_LEFT = SavedView.body_id.is_not(None) & ~sa.exists().where(
    Membership.person_id == SavedView.person_id,
    Membership.body_id == SavedView.body_id,
    Membership.until_on.is_(None),
)
"""The condition that who shared the view has left the body that it is shared with."""
_SHARED = SavedView.body_id.in_(sa.bindparam("bodies", expanding=True))
_SETTING = (
    sa.select(
        InboxChoice.density,
        InboxChoice.view_id,
        SavedView.id,
        SavedView.name,
        SavedView.query,
        SavedView.body_id,
        _OWN.label("own"),
        sa.or_(_OWN, _LEFT).label("removable"),
    )
    .select_from(Person)
    .outerjoin(InboxChoice, InboxChoice.person_id == Person.id)
    .outerjoin(SavedView, sa.or_(_OWN, _SHARED))
    .where(Person.id == sa.bindparam("person"))
    .order_by(_OWN.desc(), SavedView.name, SavedView.id)
    .limit(MOST_SHOWN)
)


def setting_of(
    session: Session,
    person_id: int,
    body_ids: Sequence[str],
) -> InboxSetting:
    """The person's setting with the views that he saved and those shared with these bodies."""
    values = {"person": person_id, "bodies": list(body_ids)}
    rows = rows_of(session, _SETTING, values).all()
    views = [
        ShownView(
            row.id,
            row.name,
            row.query,
            bool(row.own),
            bool(row.removable),
            row.body_id,
        )
        for row in rows
        if row.id is not None
    ]
    first = None
    if rows:
        first = rows[0]
    density = (first.density if first else None) or DENSITIES[0]
    return InboxSetting(density, first.view_id if first else None, views)
