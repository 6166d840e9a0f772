"""Absences (请假): who is away from when to when, and who does his tasks meanwhile (代理)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.people import Membership, Person


class Absence(Base):
    __tablename__ = "absence"
    __table_args__ = (
        sa.Index(None, "person_id", "until_at"),
        sa.Index(None, "deputy_id", "until_at"),
        sa.Index(None, "until_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    deputy_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    from_at: Mapped[datetime]
    """The beginning of the first day, in the jurisdiction's zone."""
    until_at: Mapped[datetime]
    """The end of the last day, or when it was ended."""
    process_keys: Mapped[list[Any]] = mapped_column(default=list)
    """The procedures that the deputy does; all of them when empty."""
    entered_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Who ended it before its time."""
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who is absent now, as his deputy needs him."""

    person_id: int
    username: str
    name: str
    body_ids: tuple[str, ...]
    process_keys: tuple[str, ...]
    """Empty: all."""

    @property
    def candidates(self) -> list[str]:
        """As whom tasks are offered to him."""
        return [*self.body_ids, f"user:{self.username}"]

    def covers(self, process_key: str) -> bool:
        """Whether the deputy does tasks of that procedure."""
        return not self.process_keys or process_key in self.process_keys


def find_last_deputy(session: Session, person_id: int) -> int | None:
    """Who stood in for the person last."""
    query = sa.select(Absence.deputy_id).where(Absence.person_id == person_id)
    return session.scalar(
        query.order_by(Absence.until_at.desc(), Absence.id.desc()).limit(1),
    )


def find_absent(
    session: Session,
    people: Collection[int],
    begin: datetime,
    end: datetime,
) -> set[int]:
    """Those of the people who are away at some time between the two instants."""
    query = sa.select(Absence.person_id).where(
        Absence.person_id.in_(people),
        Absence.from_at < end,
        Absence.until_at > begin,
    )
    return set(session.scalars(query))


def find_stand_ins(
    session: Session,
    deputy_id: int,
    now: datetime,
) -> tuple[StandIn, ...]:
    """Those for whom the person stands in at that instant."""
    query = (
        sa.select(
            Person.id,
            Person.username,
            Person.display_name,
            Absence.process_keys,
        )
        .join(Absence, Absence.person_id == Person.id)
        .where(
            Absence.deputy_id == deputy_id,
            Absence.from_at <= now,
            Absence.until_at > now,
            Person.active,
        )
        .order_by(Person.id)
    )
    rows = session.execute(query).all()
    if not rows:
        return ()
    served: dict[int, list[str]] = {}
    memberships = sa.select(Membership.person_id, Membership.body_id).where(
        Membership.person_id.in_([row.id for row in rows]),
        Membership.until_on.is_(None),
    )
    for person_id, body_id in session.execute(
        memberships.order_by(Membership.body_id),
    ):
        served.setdefault(person_id, []).append(body_id)
    return tuple(
        StandIn(
            row.id,
            row.username,
            row.display_name,
            tuple(served.get(row.id, ())),
            tuple(row.process_keys),
        )
        for row in rows
    )


def find_deputies(
    session: Session,
    person_ids: set[int],
    now: datetime,
) -> Sequence[Any]:
    """(person_id, deputy_id, process_keys) of those of the people who are absent at that instant."""
    return session.execute(
        sa.select(Absence.person_id, Absence.deputy_id, Absence.process_keys)
        .join(Person, Person.id == Absence.deputy_id)
        .where(
            Absence.person_id.in_(person_ids),
            Absence.from_at <= now,
            Absence.until_at > now,
            Person.active,
        ),
    ).all()


def absences_of(
    session: Session,
    people: Sequence[int],
    since: datetime,
) -> Sequence[Any]:
    """(absence, names of who is absent, of the deputy and of who entered it) that concern these people as one
    or the other and end after that instant, the earliest first."""
    return session.execute(
        _named()
        .where(
            Absence.until_at > since,
            sa.or_(
                Absence.person_id.in_(people),
                Absence.deputy_id.in_(people),
            ),
        )
        .order_by(Absence.from_at, Absence.id)
        .limit(200),
    ).all()


def absences_changed(
    session: Session, since: datetime, now: datetime
) -> Sequence[Any]:
    """The same of all that were entered, began or were ended early after `since`."""
    begun = sa.and_(Absence.from_at > since, Absence.from_at <= now)
    return session.execute(
        _named().where(
            Absence.until_at > since,
            sa.or_(
                Absence.entered_at > since, begun, Absence.ended_at > since
            ),
        )
    ).all()


def _named() -> Any:
    away = aliased(Person)
    deputy = aliased(Person)
    writer = aliased(Person)
    return (
        sa.select(
            Absence,
            away.display_name.label("name"),
            deputy.display_name.label("deputy"),
            writer.display_name.label("entered"),
        )
        .join(away, away.id == Absence.person_id)
        .join(deputy, deputy.id == Absence.deputy_id)
        .join(writer, writer.id == Absence.entered_by)
    )
