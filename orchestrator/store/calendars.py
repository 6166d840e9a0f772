"""The working calendar: its days, the versions that administrators brought into force, and what each version
moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.once import once
from orchestrator.store.people import Person

SHARED = ""
NATION = ""
"""The place of the days that hold for the whole nation."""


class CalendarDay(Base):
    """A day that differs from its weekday: a statutory holiday or a make-up working day. What is in force
    now."""

    __tablename__ = "calendar_day"
    __table_args__ = (one_of("kind", "holiday", "workday"),)

    tenant_id: Mapped[str] = mapped_column(
        sa.String(40),
        primary_key=True,
        default=SHARED,
        server_default=SHARED,
    )
    """Whose calendar; SHARED for every jurisdiction that has no days of its own in that year."""
    on: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    """ISO date."""
    kind: Mapped[str] = mapped_column(sa.String(8))
    name: Mapped[str] = mapped_column(sa.String(40))
    source: Mapped[str] = mapped_column(sa.String(120))


class CalendarVersion(Base):
    """One year's days of the nation, or of a place, as they came into force in a jurisdiction, whose highest
    number is its calendar's version.

    Rows are never changed but for `settled_at`.
    """

    __tablename__ = "calendar_version"

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    year: Mapped[int]
    source: Mapped[str] = mapped_column(sa.String(120))
    days: Mapped[list[Any]]
    """[ISO date, kind, name] of each of the nation's days, in order. A version of a place repeats those in
    force: a program that knows no places reads them."""
    place: Mapped[str] = mapped_column(
        sa.String(32),
        default=NATION,
        server_default=NATION,
    )
    """Code of the territory whose own days it brought, for itself and the places below it; NATION for the
    nation's."""
    own_days: Mapped[list[Any]] = mapped_column(
        default=list,
        server_default="[]",
    )
    """The own days of a place, written as in `days`; empty for the nation."""
    first_on: Mapped[str | None] = mapped_column(sa.String(10))
    """ISO date of the first day that it changed: due dates before it stay. None: it may have changed any."""
    imported_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """None: loaded with the program, or from the command line."""
    imported_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When every due date had been counted by it."""


class CalendarMove(Base):
    """A due date that a version of the calendar changed, or would have put into the past and therefore
    left."""

    __tablename__ = "calendar_move"
    __table_args__ = (
        sa.Index(None, "instance_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "version"],
            ["calendar_version.tenant_id", "calendar_version.number"],
        ),
    )

    version: Mapped[int] = mapped_column(primary_key=True)
    deadline_id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    name: Mapped[str] = mapped_column(sa.String(120))
    """What was due: the task's name, or the timer's."""
    before_at: Mapped[datetime]
    after_at: Mapped[datetime | None]
    """None: left as it was."""


class CalendarProposal(Base):
    """A year's days that one administrator proposes and another confirms or refuses. Kept for good."""

    __tablename__ = "calendar_proposal"
    __table_args__ = (
        one_of("outcome", "open", "confirmed", "withdrawn", "refused"),
        # One at a time: who confirms knows what he confirms.
        sa.Index(
            "ix_calendar_proposal_open",
            "tenant_id",
            unique=True,
            postgresql_where=sa.text("outcome = 'open'"),
            sqlite_where=sa.text("outcome = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    year: Mapped[int]
    source: Mapped[str] = mapped_column(sa.String(120))
    days: Mapped[list[Any]]
    """[ISO date, kind, name] of each day, in order: the nation's or the place's own."""
    place: Mapped[str] = mapped_column(
        sa.String(32),
        default=NATION,
        server_default=NATION,
    )
    """As in CalendarVersion."""
    held_against: Mapped[int]
    """The calendar's version that its author looked at."""
    proposed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(sa.String(12), default="open")
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    """Why it was refused."""
    version: Mapped[int | None]
    """The version that it became."""


def open_proposal(session: Session, tenant_id: str) -> CalendarProposal | None:
    """The change of a jurisdiction's calendar that waits for a second administrator."""
    mine = (
        CalendarProposal.tenant_id == tenant_id,
        CalendarProposal.outcome == "open",
    )
    return session.scalar(sa.select(CalendarProposal).where(*mine))


def proposals(
    session: Session,
    tenant_id: str,
    limit: int = 50,
) -> Sequence[Any]:
    """(proposal, its author's name, name of who closed it) of a jurisdiction, the newest first."""
    author = aliased(Person)
    second = aliased(Person)
    return session.execute(
        sa.select(CalendarProposal, author.display_name, second.display_name)
        .join(author, author.id == CalendarProposal.proposed_by)
        .join(second, second.id == CalendarProposal.closed_by, isouter=True)
        .where(CalendarProposal.tenant_id == tenant_id)
        .order_by(CalendarProposal.id.desc())
        .limit(limit),
    ).all()


def newest_version_of(tenant_id: Any) -> Any:
    """The same as `newest_version`, for a statement that asks for other things too."""
    number = sa.func.coalesce(sa.func.max(CalendarVersion.number), 0)
    return (
        sa.select(number)
        .where(CalendarVersion.tenant_id == tenant_id)
        .scalar_subquery()
    )


def newest_version(session: Session, tenant_id: str) -> int:
    """The version of a jurisdiction's calendar; 0 before any was recorded."""

    def ask() -> int:
        return session.scalar(sa.select(newest_version_of(tenant_id))) or 0

    return once(session, ("calendar", tenant_id), ask)


def tenants(session: Session) -> Sequence[str]:
    """The jurisdictions that have a version."""
    return session.scalars(
        sa.select(CalendarVersion.tenant_id)
        .distinct()
        .order_by(CalendarVersion.tenant_id),
    ).all()


def days_in_force(session: Session, tenant_id: str) -> list[CalendarDay]:
    """All days of a jurisdiction's calendar, in order: its own, and the shared ones of years in which it has
    none."""
    rows = session.scalars(
        sa.select(CalendarDay)
        .where(CalendarDay.tenant_id.in_((SHARED, tenant_id)))
        .order_by(CalendarDay.on),
    ).all()
    own = {row.on[:4] for row in rows if row.tenant_id == tenant_id}
    return [
        row
        for row in rows
        if row.tenant_id == tenant_id or row.on[:4] not in own
    ]


def newest_of_place(
    session: Session,
    tenant_id: str,
    place: str,
    year: int,
) -> CalendarVersion | None:
    """The version that holds the own days of a place in a year."""
    its = (
        CalendarVersion.tenant_id == tenant_id,
        CalendarVersion.place == place,
        CalendarVersion.year == year,
    )
    return session.scalar(
        sa.select(CalendarVersion)
        .where(*its)
        .order_by(CalendarVersion.number.desc())
        .limit(1),
    )


def versions(session: Session, tenant_id: str) -> Sequence[Any]:
    """(version, who imported it; None for the system) of a jurisdiction, the newest first."""
    return session.execute(
        sa.select(CalendarVersion, Person.display_name)
        .join(Person, Person.id == CalendarVersion.imported_by, isouter=True)
        .where(CalendarVersion.tenant_id == tenant_id)
        .order_by(CalendarVersion.number.desc()),
    ).all()


def moves(
    session: Session,
    tenant_id: str,
    number: int,
    limit: int,
) -> Sequence[Any]:
    """(move, business key) of a version's moves in a jurisdiction, the earliest due first."""
    return session.execute(
        sa.select(CalendarMove, ProcessInstance.business_key)
        .join(ProcessInstance, ProcessInstance.id == CalendarMove.instance_id)
        .where(
            CalendarMove.version == number,
            CalendarMove.tenant_id == tenant_id,
        )
        .order_by(CalendarMove.before_at, CalendarMove.deadline_id)
        .limit(limit),
    ).all()


def count_moves(
    session: Session,
    tenant_id: str,
    number: int,
) -> tuple[int, int]:
    """How many due dates a version moved in a jurisdiction, and how many it left because they would have been
    past."""
    mine = (
        CalendarMove.version == number,
        CalendarMove.tenant_id == tenant_id,
    )
    counted = sa.select(
        sa.func.count(CalendarMove.after_at),
        sa.func.count(),
    ).where(*mine)
    moved, outcome = session.execute(counted).one()
    return moved, outcome - moved
