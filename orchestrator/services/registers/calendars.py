"""The working calendar in an administrator's hands: what is known of each year, and bringing an announced one
into force.

Each jurisdiction has its own: the State Council's holidays are loaded into each, and its places may have days
of their own beside them. Due dates follow in `clocks.recalculation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.domain.announced_days import Day
from orchestrator.domain.announcements import (
    Announcement,
    CalendarDifference,
    Remark,
    differences,
)
from orchestrator.errors import InstanceChanged, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.registers import calendar_objections
from orchestrator.services.registers.calendar_years import (
    IN_THE_NATION,
    CalendarChange,
    Validity,
    Year,
    of_rows,
    own_year,
    years,
)
from orchestrator.store import calendars
from orchestrator.store.calendars import (
    NATION,
    CalendarDay,
    CalendarVersion,
)
from orchestrator.store.session import transaction

LONGEST_SOURCE = 120
NO_SOURCE = say("未注明来源")


@dataclass(frozen=True)
class ExaminedAnnouncement:
    """An announcement held against what is known."""

    announcement: Announcement
    known: Year
    differences: Sequence[CalendarDifference]
    errors: Sequence[Remark]
    """Of the announcement, and of its place among the years."""
    version: int
    """The calendar's version it was held against."""


def from_day(
    known: Year, announcement: Announcement, first: date
) -> Announcement:
    """The announcement as it holds from a day of effect on: the days before it stay as they are."""
    before = [day for day in known.days if day.on < first]
    after = [day for day in announcement.days if day.on >= first]
    return replace(announcement, days=(*before, *after))


def examine(
    session: Session,
    tenant_id: str,
    announcement: Announcement,
    this_year: int,
    validity: Validity = IN_THE_NATION,
) -> ExaminedAnnouncement:
    """What the announcement would change, and why it must not come into force, if so."""
    place = validity.place
    first = validity.first
    there = {year.year: year for year in years(session, tenant_id, this_year)}
    known = there.get(announcement.year) or Year(announcement.year, (), ())
    if place != NATION:
        known = own_year(session, tenant_id, place, announcement.year)
    errors = [*announcement.errors]
    if first is not None and first.year != announcement.year:
        errors.append(calendar_objections.other_year(announcement.year, first))
    elif first is not None and place == NATION and not known.announced:
        errors.append(calendar_objections.nothing_before(announcement.year))
    elif first is not None:
        announcement = from_day(known, announcement, first)
    if place != NATION:
        errors += calendar_objections.unfit(
            session,
            tenant_id,
            place,
            known,
            announcement,
        )
        errors += calendar_objections.past(announcement.year, this_year)
    elif announcement.days:
        errors += calendar_objections.out_of_turn(
            announcement.year,
            [year for year in there.values() if year.announced],
            this_year,
        )
    changed = differences(known.days, announcement.days)
    return ExaminedAnnouncement(
        announcement,
        known,
        changed,
        errors,
        calendars.newest_version(session, tenant_id),
    )


def activate(
    tenant_id: str,
    change: CalendarChange,
    by: int | None,
    now: datetime,
    this_year: int,
    expected: int | None = None,
) -> int | None:
    """Brings the announced year into force in a jurisdiction; returns its calendar's new version, None when
    nothing changes.

    `by`: a person; None from the command line. In the browser `calendar_proposals` asks a second one first.
    `expected`: the version that was looked at before.
    Nothing of the due dates is counted here: `clocks.recalculation` does, and the clock when interrupted.
    Raises RuleViolated with every objection, InstanceChanged when another version came into force meanwhile.
    """
    place = change.validity.place
    try:
        with transaction() as session:
            examined = examine(
                session,
                tenant_id,
                change.announcement,
                this_year,
                change.validity,
            )
            reasons = [
                *(str(error) for error in examined.errors),
                *calendar_objections.mixed_programs(session, place, now),
            ]
            if reasons:
                raise RuleViolated(reasons)
            if not examined.differences:
                return None
            if expected is not None and expected != examined.version:
                raise InstanceChanged(
                    say(
                        "刚刚有人启用了新的日历，请对照现在的日历重新核对后再启用",
                    ),
                )
            return bring_into_force(
                session,
                tenant_id,
                NewYear(
                    examined.announcement.year,
                    examined.announcement.days,
                    change.source.strip()[:LONGEST_SOURCE] or NO_SOURCE,
                    place,
                ),
                by,
                now,
            )
    except IntegrityError as taken:
        raise InstanceChanged(
            say("刚刚有人启用了新的日历，请对照现在的日历重新核对后再启用"),
        ) from taken


@dataclass(frozen=True)
class NewYear:
    """All days of a year that comes into force."""

    year: int
    days: Iterable[Day]
    source: str
    place: str = NATION
    """Code of the territory whose own days they are; NATION for those of the nation."""


def bring_into_force(
    session: Session,
    tenant_id: str,
    new: NewYear,
    by: int | None,
    now: datetime,
) -> int:
    """Writes a year's days and numbers them as the next version of the jurisdiction's calendar, which it
    returns.

    A day that stays as it was keeps the source it had. Who comes second gets an IntegrityError.
    """
    year = new.year
    place = new.place
    source = new.source
    ordered = sorted(new.days, key=lambda day: day.on)
    number = calendars.newest_version(session, tenant_id) + 1
    in_force = calendars.days_in_force(session, tenant_id)
    of_year = [row for row in in_force if int(row.on[:4]) == year]
    if place == NATION:
        known = of_rows(year, of_year, None)
    else:
        known = own_year(session, tenant_id, place, year)
    content = [[day.on.isoformat(), day.kind, day.name] for day in ordered]
    version = CalendarVersion(
        tenant_id=tenant_id,
        number=number,
        year=year,
        source=source,
        days=content,
        place=place,
    )
    if place != NATION:
        version.own_days = content
        version.days = [[row.on, row.kind, row.name] for row in of_year]
    version.first_on = _first_changed(known, ordered, place)
    version.imported_by = by
    version.imported_at = now
    version.settled_at = None
    session.add(version)
    session.flush()
    if place == NATION:
        _write_days(
            session,
            tenant_id,
            year,
            content,
            source,
            of_year,
        )
    return number


def _first_changed(
    known: Year,
    days: Sequence[Day],
    place: str,
) -> str | None:
    """ISO date of the first day that becomes another. A year of the nation that was not announced changes
    from its first day: its dates are provisional no more."""
    if place == NATION and not known.announced:
        return date(known.year, 1, 1).isoformat()
    changed = differences(known.days, days)
    if not changed:
        return None
    return changed[0].on.isoformat()


def _write_days(
    session: Session,
    tenant_id: str,
    year: int,
    content: Sequence[Sequence[str]],
    source: str,
    of_year: Sequence[CalendarDay],
) -> None:
    before = {(row.on, row.kind, row.name): row.source for row in of_year}
    its_year = (
        CalendarDay.tenant_id == tenant_id,
        CalendarDay.on.between(f"{year}-01-01", f"{year}-12-31"),
    )
    session.execute(sa.delete(CalendarDay).where(*its_year))
    rows = [
        {
            "tenant_id": tenant_id,
            "on": on,
            "kind": kind,
            "name": name,
            "source": before.get((on, kind, name), source),
        }
        for on, kind, name in content
    ]
    session.execute(sa.insert(CalendarDay), rows)
