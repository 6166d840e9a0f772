"""What the calendar knows of each year: the nation's days, and the own days of places beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.announced_days import Day
from orchestrator.domain.announcements import is_announced
from orchestrator.domain.levels import Levels
from orchestrator.errors import RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.store import calendars
from orchestrator.store.calendars import NATION, CalendarDay, CalendarVersion
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory


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
        for on, kind, name in version.days
    )
    sources = [version.source] if days else []
    return Year(year, days, sources, version.number, version.imported_at)


def places(
    session: Session,
    tenant_id: str,
    levels: Levels,
) -> list[PlaceOfCalendar]:
    """The places that may have days of their own, each before those below it: those with offices."""
    rows = session.scalars(
        sa.select(Territory)
        .where(
            Territory.tenant_id == tenant_id,
            Territory.level.in_(levels.offices),
            Territory.active,
        )
        .order_by(Territory.path),
    )
    return [
        PlaceOfCalendar(row.code, row.name, levels.offices.index(row.level))
        for row in rows
    ]


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
