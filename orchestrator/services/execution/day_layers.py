"""The days of a jurisdiction's calendar in layers: those of the nation, and beside them the own days of a
place, which count for it and for the places below it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.announced_days import WORKDAY, Day
from orchestrator.domain.announcements import Announcement, is_announced
from orchestrator.domain.calendar import CountedFor, WorkCalendar
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.store import calendars
from orchestrator.store.calendars import NATION, CalendarVersion
from orchestrator.store.session import address
from orchestrator.store.territories import path_of

_Years = Mapping[int, Sequence[Day]]


@dataclass(frozen=True)
class DayLayers:
    """What a version of a jurisdiction's calendar holds."""

    tenant_id: str
    nation: Mapping[date, bool]
    """Days that differ from their weekday: True is a working day."""
    places: Mapping[str, _Years]
    """Territory code → its own days of each year."""
    announced_until: date
    version: str
    _made: dict[tuple[str, ...], tuple[Any, Any]] = field(
        default_factory=dict,
        compare=False,
    )

    def calendar(
        self,
        session: Session,
        profile: Jurisdiction,
        counted_for: CountedFor,
    ) -> WorkCalendar:
        """The working calendar of that place with the office hours of that role."""
        days, names = self._days(self._above(session, counted_for.place))
        return WorkCalendar(
            days,
            profile.hours_of(counted_for.role),
            profile.timezone,
            self.announced_until,
            self.version,
            names,
            profile.hours_changes_of(counted_for.role),
        )

    def with_announced(
        self,
        announcement: Announcement,
        place: str,
    ) -> DayLayers:
        """The layers as they would be with the announced year of a place, or of the nation."""
        year = announcement.year
        if place != NATION:
            own = {**self.places.get(place, {}), year: announcement.days}
            places = {**self.places, place: own}
            return replace(self, places=places, _made={})
        kept = {
            day: works
            for day, works in self.nation.items()
            if day.year != year
        }
        announced = {day.on: day.kind == WORKDAY for day in announcement.days}
        return replace(self, nation={**kept, **announced}, _made={})

    def _above(self, session: Session, place: str | None) -> tuple[str, ...]:
        """The codes from the whole jurisdiction down to the place that have days of their own."""
        if not self.places:
            return ()
        path = path_of(session, self.tenant_id, place)
        return tuple(code for code in path.split("/") if code in self.places)

    def _days(
        self, codes: tuple[str, ...]
    ) -> tuple[Mapping[date, bool], Mapping[date, str]]:
        """Each day that differs from its weekday, and the names of own days; the lower place wins on its
        day."""
        if not codes:
            return self.nation, {}
        if codes not in self._made:
            own = [
                day
                for code in codes
                for days in self.places[code].values()
                for day in days
            ]
            works = {day.on: day.kind == WORKDAY for day in own}
            names = {day.on: day.name for day in own}
            self._made[codes] = ({**self.nation, **works}, names)
        return self._made[codes]


_known: dict[tuple[str, str, int], DayLayers] = {}


def forget() -> None:
    """The database of this address is another one: its calendar is read again. A new version of the same
    needs no forgetting."""
    _known.clear()


def of_jurisdiction(
    session: Session,
    tenant_id: str,
    counted_by: str | None = None,
) -> DayLayers:
    """The layers in force, or those of the version that counted a deadline."""
    now = _version(session, tenant_id)
    if counted_by is not None and counted_by.isdigit():
        number = int(counted_by)
    else:
        number = now
    key = (address(), tenant_id, min(number, now))
    if key not in _known:
        _known[key] = _read(session, tenant_id, key[2])
    return _known[key]


def remember_version(session: Session, tenant_id: str, number: int) -> int:
    """Keeps the calendar's version for as long as the transaction lasts."""
    known = session.info.get("calendar")
    if known is None or known[0] is not session.get_transaction():
        session.info["calendar"] = (session.get_transaction(), {})
    session.info["calendar"][1][tenant_id] = number
    return number


def _version(session: Session, tenant_id: str) -> int:
    """The calendar's version, asked once a transaction: another process may have brought a new one into force
    since the last."""
    known = session.info.get("calendar")
    if (
        known is None
        or known[0] is not session.get_transaction()
        or tenant_id not in known[1]
    ):
        return remember_version(
            session,
            tenant_id,
            calendars.newest_version(session, tenant_id),
        )
    return int(known[1][tenant_id])


def _read(session: Session, tenant_id: str, number: int) -> DayLayers:
    """The days of a version: of each year, what was in force by then. Years that nobody numbered are always
    in force."""
    years: dict[int, list[Any]] = {}
    places: dict[str, dict[int, Sequence[Day]]] = {}
    own = sa.select(CalendarVersion).where(
        CalendarVersion.tenant_id == tenant_id,
    )
    for row in session.scalars(own.order_by(CalendarVersion.number)):
        if row.place != NATION:
            if row.number <= number:
                places.setdefault(row.place, {})[row.year] = _typed(
                    row.own_days,
                )
            continue
        numbered = years.setdefault(row.year, [])
        if row.number <= number:
            numbered[:] = [(on, kind) for on, kind, _name in row.days]
    loose = [
        (row.on, row.kind)
        for row in calendars.days_in_force(session, tenant_id)
        if int(row.on[:4]) not in years
    ]
    days = {
        date.fromisoformat(on): kind == WORKDAY
        for on, kind in [*loose, *itertools.chain(*years.values())]
    }
    announced = _announced_years(days)
    last = date.max
    if announced:
        last = date(max(announced), 12, 31)
    return DayLayers(tenant_id, days, places, last, str(number))


def _typed(rows: Iterable[Any]) -> tuple[Day, ...]:
    return tuple(
        Day(date.fromisoformat(on), kind, name) for on, kind, name in rows
    )


def _announced_years(days: Iterable[date]) -> list[int]:
    """Years with the nation's holidays; where no year has them, those with any days."""
    of_year: dict[int, list[date]] = {}
    for day in days:
        of_year.setdefault(day.year, []).append(day)
    return [
        year for year, marked in of_year.items() if is_announced(marked)
    ] or list(of_year)
