"""Administrative divisions, grids' places in them, and the bodies that exist there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, PathText, one_of
from orchestrator.store.once import once


class Territory(Base):
    """A place of a tenant at one of its levels; the last level is that of grids."""

    __tablename__ = "territory"
    __table_args__ = (
        sa.Index(None, "tenant_id", "parent_code"),
        sa.Index(None, "tenant_id", "path"),
    )

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    """Statistical code; a grid's own code at grid level."""
    name: Mapped[str] = mapped_column(sa.String(80))
    level: Mapped[str] = mapped_column(sa.String(12))
    parent_code: Mapped[str | None] = mapped_column(sa.String(32))
    path: Mapped[str] = mapped_column(PathText)
    """Codes from the city down to this one, each followed by a slash: `321100/321102/`."""
    active: Mapped[bool] = mapped_column(default=True)


OPERATES = "operates"
DESIGNS = "designs"


class Body(Base):
    """A role at a level for a territory; what a candidate group resolves to."""

    __tablename__ = "body"
    __table_args__ = (
        sa.Index(None, "tenant_id", "territory_code", "role"),
        one_of("platform", "", OPERATES, DESIGNS),
    )

    id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    """`tenant:role:territory_code`."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    role: Mapped[str] = mapped_column(sa.String(60))
    family: Mapped[str] = mapped_column(sa.String(60))
    """Family of roles it belongs to, such as all departments; the role itself when it has none."""
    level: Mapped[str] = mapped_column(sa.String(12))
    territory_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    name: Mapped[str] = mapped_column(sa.String(120))
    oversees: Mapped[bool] = mapped_column(
        default=False,
        server_default=sa.false(),
    )
    """Whether its people see every instance of the territory; the profile says so of the role."""
    platform: Mapped[str] = mapped_column(
        sa.String(12),
        default="",
        server_default="",
    )
    """OPERATES or DESIGNS for the bodies that run the platform and take part in no instance; else empty."""
    named_here: Mapped[bool] = mapped_column(
        default=False,
        server_default=sa.false(),
    )
    """Whether an administrator named it; then the profile's name no longer counts."""
    ends_on: Mapped[date | None]
    """The day on which it is dissolved, or was."""
    successor_id: Mapped[str | None] = mapped_column(
        sa.String(120),
        index=True,
    )
    """The body that takes its people and tasks on that day; after it, what is meant for it goes there."""
    dissolved_at: Mapped[datetime | None]
    """When it was dissolved; None while it stands."""


class BodyEvent(Base):
    """What was done to a body, by whom."""

    __tablename__ = "body_event"
    __table_args__ = (sa.Index(None, "body_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[str] = mapped_column(sa.ForeignKey("body.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(24))
    """`created`, `renamed`, `planned`, `kept`, `dissolved`, `group-put`,
    `group-removed`."""
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """None: the clock, on the day of effect."""
    details: Mapped[dict[str, Any]]


def find_body(session: Session, tenant_id: str, body_id: str) -> Body | None:
    """The body of that jurisdiction; None for one of another or for none."""
    body: Body | None = session.get(Body, body_id)
    if body is not None and body.tenant_id == tenant_id:
        return body
    return None


def place_name(session: Session, tenant_id: str, code: str) -> str:
    """What the territory of that code is called; empty where there is none."""
    territory = session.get(Territory, (tenant_id, code))
    if territory is None:
        return ""
    return territory.name


def path_of(session: Session, tenant_id: str, code: str | None) -> str:
    """The path of a territory, or without a code that of the whole jurisdiction; empty where there is
    none."""

    def ask() -> str:
        its: sa.ColumnElement[bool] = Territory.parent_code.is_(None)
        if code is not None:
            its = Territory.code == code
        query = sa.select(Territory.path).where(
            Territory.tenant_id == tenant_id,
            its,
        )
        return session.scalar(query.order_by(Territory.path).limit(1)) or ""

    return once(session, ("territory path", tenant_id, code), ask)


def inside(column: Any, paths: Iterable[str]) -> sa.ColumnElement[bool]:
    """The condition that the territory path `column` lies at or below one of `paths`; a range that an index
    can serve.

    A path ends with a slash, and what follows a slash in the alphabet is `0`.
    """
    return sa.or_(
        sa.false(),
        *(sa.and_(column >= path, column < f"{path[:-1]}0") for path in paths),
    )
