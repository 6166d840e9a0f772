"""Daily work in grids: visits, patrols, and minutes of communities' meetings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.domain.territory import paths_to
from orchestrator.store.base import Base, PathText, one_of
from orchestrator.store.paging import page_of
from orchestrator.store.people import Person
from orchestrator.store.territories import Territory, inside

MET = "met"
ABSENT = "absent"
REFUSED = "refused"
OUTCOMES = (MET, ABSENT, REFUSED)
"""Of a visit: somebody was met; nobody was there; nobody wanted it."""
AT_ONCE = 50


class Visit(Base):
    """走访: that somebody went to an entry of a grid's register."""

    __tablename__ = "visit"
    __table_args__ = (
        one_of("outcome", *OUTCOMES),
        sa.UniqueConstraint("person_id", "key"),
        sa.Index(None, "entry_id", "visited_at"),
        sa.Index(None, "tenant_id", "territory_path", "visited_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    territory_path: Mapped[str] = mapped_column(PathText)
    entry_id: Mapped[str] = mapped_column(sa.ForeignKey("grid_entry.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(sa.String(80))
    """Of the record on the phone: sent twice, it is kept once."""
    visited_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(sa.String(12))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    longitude: Mapped[float | None] = mapped_column(sa.Double)
    latitude: Mapped[float | None] = mapped_column(sa.Double)
    """Degrees, WGS 84; None where the phone did not tell."""
    instance_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    """The case that came of it."""
    recorded_at: Mapped[datetime]


class Patrol(Base):
    """巡查: a walk through a grid, with its track and where somebody checked in."""

    __tablename__ = "patrol"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "key"),
        sa.Index(None, "tenant_id", "territory_path", "began_at"),
        sa.Index(None, "tenant_id", "grid_code", "began_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(sa.String(80))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(sa.String(1000), default="")
    points: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    """[longitude, latitude] in the order they were walked, degrees, WGS 84."""
    check_ins: Mapped[list[Any]] = mapped_column(default=list)
    """{"at", "place", "longitude", "latitude"} each; coordinates null where the phone did not tell."""
    metres: Mapped[int] = mapped_column(default=0)
    recorded_at: Mapped[datetime]


class CommunityMeeting(Base):
    """民情分析会: minutes of a community's meeting about its grids."""

    __tablename__ = "community_meeting"
    __table_args__ = (
        sa.Index(None, "tenant_id", "territory_path", "held_on"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    community_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    held_on: Mapped[date]
    chaired_by: Mapped[str] = mapped_column(sa.String(60))
    attended: Mapped[str] = mapped_column(sa.String(500))
    discussed: Mapped[str] = mapped_column(sa.String(3000))
    resolutions: Mapped[list[Any]] = mapped_column(default=list)
    """{"what", "who", "due_on", "done_on"} each; ISO dates, `done_on` null while it is open."""
    version: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    recorded_at: Mapped[datetime]


def visits_of(session: Session, entry_id: str) -> list[tuple[Visit, str]]:
    """(visit, who went) of an entry, the newest first."""
    rows = session.execute(
        sa.select(Visit, Person.display_name)
        .join(Person, Person.id == Visit.person_id)
        .where(Visit.entry_id == entry_id)
        .order_by(Visit.visited_at.desc(), Visit.id)
        .limit(AT_ONCE),
    )
    return [(row[0], row[1]) for row in rows]


def page_of_patrols(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    before: str,
    size: int = AT_ONCE,
) -> tuple[list[tuple[Patrol, str]], str | None]:
    """(patrol, who went) inside the paths, the newest record first, and the last one's id when there are
    more."""
    query = (
        sa.select(Patrol, Person.display_name)
        .join(Person, Person.id == Patrol.person_id)
        .where(
            Patrol.tenant_id == tenant_id,
            inside(Patrol.territory_path, paths),
        )
        .order_by(Patrol.id.desc())
        .limit(size + 1)
    )
    if before:
        query = query.where(Patrol.id < before)
    rows = [(row[0], row[1]) for row in session.execute(query)]
    return page_of(rows, size, lambda row: row[0].id)


def last_patrols(
    session: Session,
    tenant_id: str,
    codes: Sequence[str],
) -> dict[str, datetime]:
    """Code of a grid → when its last patrol began."""
    rows = session.execute(
        sa.select(Patrol.grid_code, sa.func.max(Patrol.began_at))
        .where(Patrol.tenant_id == tenant_id, Patrol.grid_code.in_(codes))
        .group_by(Patrol.grid_code),
    )
    return {row[0]: row[1] for row in rows}


def patrols_since(
    session: Session,
    tenant_id: str,
    codes: Sequence[str],
    since: datetime,
) -> dict[str, int]:
    """Code of a grid → how many patrols began at that instant or later; of grids with one."""
    rows = session.execute(
        sa.select(Patrol.grid_code, sa.func.count())
        .where(
            Patrol.tenant_id == tenant_id,
            Patrol.grid_code.in_(codes),
            Patrol.began_at >= since,
        )
        .group_by(Patrol.grid_code),
    )
    return {row[0]: row[1] for row in rows}


def page_of_meetings(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    before: str,
    size: int = AT_ONCE,
) -> tuple[list[tuple[CommunityMeeting, str]], str | None]:
    """(minutes, name of the community) inside the paths, the newest record first, and the last one's id when
    there are more."""
    query = (
        sa.select(CommunityMeeting, Territory.name)
        .join(
            Territory,
            sa.and_(
                Territory.tenant_id == CommunityMeeting.tenant_id,
                Territory.code == CommunityMeeting.community_code,
            ),
        )
        .where(
            CommunityMeeting.tenant_id == tenant_id,
            inside(CommunityMeeting.territory_path, paths),
        )
        .order_by(CommunityMeeting.id.desc())
        .limit(size + 1)
    )
    if before:
        query = query.where(CommunityMeeting.id < before)
    rows = [(row[0], row[1]) for row in session.execute(query)]
    return page_of(rows, size, lambda row: row[0].id)


def communities(
    session: Session,
    tenant_id: str,
    level: str,
    paths: Sequence[str],
) -> list[Territory]:
    """Territories of that level that lie inside the paths or that a path lies in, by code; at most 300."""
    above = [parent for path in paths for parent in paths_to(path)]
    query = sa.select(Territory).where(
        Territory.tenant_id == tenant_id,
        Territory.level == level,
        sa.or_(inside(Territory.path, paths), Territory.path.in_(above)),
    )
    return list(session.scalars(query.order_by(Territory.code).limit(300)))


def without_meeting(
    session: Session,
    tenant_id: str,
    codes: Sequence[str],
    since: date,
) -> list[str]:
    """Those of these communities that held no meeting since that day."""
    held = session.scalars(
        sa.select(CommunityMeeting.community_code)
        .where(
            CommunityMeeting.tenant_id == tenant_id,
            CommunityMeeting.community_code.in_(codes),
            CommunityMeeting.held_on >= since,
        )
        .distinct(),
    )
    there = set(held)
    return [code for code in codes if code not in there]
