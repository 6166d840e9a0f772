"""What the calendar knows of each year: the nation's days, and the own days of places beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.announced_days import WORKDAY, Day
from orchestrator.domain.announcements import (
    Announcement,
    is_announced,
    read,
)
from orchestrator.domain.levels import Levels
from orchestrator.domain.statutory_days import statutory_days
from orchestrator.errors import RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.store import calendars
from orchestrator.store.calendars import NATION, CalendarDay, CalendarVersion
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory, path_of


@dataclass(frozen=True)
class Year:
    """What the calendar knows of a year."""

    year: int
    days: Sequence[Day]
    sources: Sequence[str]
    version: int | None = None
    """The version that brought these days; None when nobody numbered them."""
    imported_at: datetime | None = None

    @property
    def announced(self) -> bool:
        return is_announced(day.on for day in self.days)

    def count(self, kind: str) -> int:
        return sum(day.kind == kind for day in self.days)


@dataclass(frozen=True, slots=True)
class Validity:
    """Where announced days hold, and from when."""

    place: str = NATION
    """Code of the territory whose own days they are; NATION for those of the nation."""
    first: date | None = None
    """The day of effect: the days before it stay as they are."""


IN_THE_NATION = Validity()


@dataclass(frozen=True)
class CalendarChange:
    """A year's days as they are to come into force."""

    announcement: Announcement
    source: str
    """Where they were announced."""
    validity: Validity = IN_THE_NATION


@dataclass(frozen=True)
class PlaceOfCalendar:
    """A place that may have days of its own."""

    code: str
    name: str
    depth: int
    """0 for the whole jurisdiction."""


def jurisdiction(key: str | None) -> str:
    """The jurisdiction of that key, or the only one; raises RuleViolated with the keys there are."""
    with transaction(writing=False) as session:
        known = list(
            session.scalars(
                sa.select(Territory.tenant_id)
                .distinct()
                .order_by(Territory.tenant_id),
            ),
        )
    if key is None and len(known) == 1:
        return known[0]
    if key not in known:
        raise RuleViolated(
            [
                say(
                    "请用 --city 写明辖区，已载入的有 {names}",
                    names=joined("、", known) or say("（没有）"),
                ),
            ],
        )
    return str(key)


def years(session: Session, tenant_id: str, this_year: int) -> list[Year]:
    """The known years and the next one to be announced, in order."""
    known: dict[int, list[CalendarDay]] = {}
    for row in calendars.days_in_force(session, tenant_id):
        known.setdefault(int(row.on[:4]), []).append(row)
    newest = {
        row.CalendarVersion.year: row.CalendarVersion
        for row in reversed(calendars.versions(session, tenant_id))
        if row.CalendarVersion.place == NATION
    }
    if this_year in known:
        last = max([this_year, *known]) + 1
    else:
        last = this_year
    return [
        of_rows(value, known.get(value, ()), newest.get(value))
        for value in sorted({*known, this_year, last})
    ]


def own_year(
    session: Session,
    tenant_id: str,
    place: str,
    year: int,
) -> Year:
    """The own days of a place in a year."""
    version = calendars.newest_of_place(session, tenant_id, place, year)
    if version is None:
        return Year(year, (), ())
    days = tuple(
        Day(date.fromisoformat(on), kind, name)
        for on, kind, name in version.own_days
    )
    sources = [version.source] if days else []
    return Year(year, days, sources, version.number, version.imported_at)


def places(
    session: Session,
    tenant_id: str,
    levels: Levels,
) -> list[PlaceOfCalendar]:
    """The places that may have days of their own, each before those below it: those with offices. One that
    is no longer in use stays where it ever had any: they can be taken away."""
    kept = sa.exists().where(
        CalendarVersion.tenant_id == tenant_id,
        CalendarVersion.place == Territory.code,
    )
    rows = session.scalars(
        sa.select(Territory)
        .where(
            Territory.tenant_id == tenant_id,
            Territory.level.in_(levels.offices),
            sa.or_(Territory.active, kept),
        )
        .order_by(Territory.path),
    )
    return [
        PlaceOfCalendar(row.code, row.name, levels.offices.index(row.level))
        for row in rows
    ]


def announced(
    session: Session,
    tenant_id: str,
    text: str,
    year: int | None,
    place: str,
) -> Announcement:
    """What the text announces for the nation, or for a place: its own days need not be a whole year's, with
    none left it has none, and a weekday off above it may be a working day."""
    if place == NATION:
        return read(text, year)
    if year and not text.strip():
        return Announcement(year, ())
    named = year or read(text).year
    closed = closed_above(session, tenant_id, place, named)
    return replace(read(text, year, closed), warnings=())


def closed_above(
    session: Session,
    tenant_id: str,
    place: str,
    year: int,
) -> set[date]:
    """Days off of the nation and of the places above, of that year: those that a place may make working days.
    In a year that is not announced, the ones that the law dates count too."""
    if not date.min.year <= year <= date.max.year:
        return set()
    in_force = calendars.days_in_force(session, tenant_id)
    of_year = [row for row in in_force if int(row.on[:4]) == year]
    nation = of_rows(year, of_year, None)
    works: dict[date, bool] = {}
    if not nation.announced:
        works = dict.fromkeys(statutory_days(year), False)
    layers = [nation.days]
    for code in path_of(session, tenant_id, place).split("/"):
        if code and code != place:
            layers.append(own_year(session, tenant_id, code, year).days)
    for days in layers:
        works |= {day.on: day.kind == WORKDAY for day in days}
    return {day for day, is_workday in works.items() if not is_workday}


def with_own_days(
    session: Session,
    tenant_id: str,
    year: int,
) -> dict[str, Year]:
    """Code of each place that has own days in that year, and these."""
    known = (
        CalendarVersion.tenant_id == tenant_id,
        CalendarVersion.year == year,
        CalendarVersion.place != NATION,
    )
    codes = session.scalars(
        sa.select(CalendarVersion.place)
        .where(*known)
        .distinct()
        .order_by(CalendarVersion.place),
    ).all()
    own = {code: own_year(session, tenant_id, code, year) for code in codes}
    return {
        code: place_year for code, place_year in own.items() if place_year.days
    }


def of_rows(
    year: int,
    rows: Sequence[CalendarDay],
    version: CalendarVersion | None,
) -> Year:
    """The nation's days of a year as they are stored, and the version that brought them."""
    days = [
        Day(date.fromisoformat(row.on), row.kind, row.name) for row in rows
    ]
    sources = sorted({row.source for row in rows})
    return Year(
        year,
        days,
        sources,
        version.number if version else None,
        version.imported_at if version else None,
    )
