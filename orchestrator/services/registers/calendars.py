"""The working calendar in an administrator's hands: what is known of each year, and bringing an announced one
into force.

Each jurisdiction has its own; the State Council's holidays are loaded into each, and its own festivals may
stand beside them. Due dates follow in `clocks.recalculation`.
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
    is_announced,
)
from orchestrator.errors import InstanceChanged, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.store import calendars
from orchestrator.store.calendars import CalendarDay, CalendarVersion
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory

LONGEST_SOURCE = 120
NO_SOURCE = say("未注明来源")


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
    }
    if this_year in known:
        last = max([this_year, *known]) + 1
    else:
        last = this_year
    return [
        _year(value, known.get(value, ()), newest.get(value))
        for value in sorted({*known, this_year, last})
    ]


def beside(
    session: Session,
    tenant_id: str,
    announcement: Announcement,
) -> Announcement:
    """The announcement with the days that its year has already: local festivals stand beside the national
    ones, and win on their day."""
    there = {
        row.on: row
        for row in calendars.days_in_force(session, tenant_id)
        if int(row.on[:4]) == announcement.year
    }
    own = {day.on.isoformat() for day in announcement.days}
    kept = [
        Day(date.fromisoformat(on), row.kind, row.name)
        for on, row in there.items()
        if on not in own
    ]
    return replace(
        announcement,
        days=tuple(
            sorted([*announcement.days, *kept], key=lambda day: day.on),
        ),
    )


def examine(
    session: Session,
    tenant_id: str,
    announcement: Announcement,
    this_year: int,
) -> ExaminedAnnouncement:
    """What the announcement would change, and why it must not come into force, if so."""
    there = {year.year: year for year in years(session, tenant_id, this_year)}
    known = there.get(announcement.year) or Year(announcement.year, (), ())
    errors = [*announcement.errors]
    if announcement.days:
        errors += _out_of_turn(
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
    announcement: Announcement,
    source: str,
    by: int | None,
    now: datetime,
    this_year: int,
    expected: int | None = None,
) -> int | None:
    """Brings the announced year into force in a jurisdiction; returns its calendar's new version, None when
    nothing changes.

    `by`: a person; None from the command line. In the browser `calendar_proposals` asks a second one first.
    `expected`: the version that was looked at before.
    Nothing of the due dates is counted here: `recounting.recount` does, and the clock when it is interrupted.
    Raises RuleViolated with every objection, InstanceChanged when another version came into force meanwhile.
    """
    source = source.strip()[:LONGEST_SOURCE] or NO_SOURCE
    try:
        with transaction() as session:
            examined = examine(session, tenant_id, announcement, this_year)
            if examined.errors:
                raise RuleViolated([str(error) for error in examined.errors])
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
                announcement.year,
                announcement.days,
                source,
                by,
                now,
            )
    except IntegrityError as taken:
        raise InstanceChanged(
            say("刚刚有人启用了新的日历，请对照现在的日历重新核对后再启用"),
        ) from taken


def bring_into_force(
    session: Session,
    tenant_id: str,
    year: int,
    days: Iterable[Day],
    source: str,
    by: int | None,
    now: datetime,
) -> int:
    """Writes a year's days and numbers them as the next version of the jurisdiction's calendar, which it
    returns.

    A day that stays as it was keeps the source it had. Who comes second gets an IntegrityError.
    """
    ordered = sorted(days, key=lambda day: day.on)
    number = calendars.newest_version(session, tenant_id) + 1
    before = {
        (row.on, row.kind, row.name): row.source
        for row in calendars.days_in_force(session, tenant_id)
    }
    content = [[day.on.isoformat(), day.kind, day.name] for day in ordered]
    version = CalendarVersion(
        tenant_id=tenant_id,
        number=number,
        year=year,
        source=source,
        days=content,
    )
    version.imported_by = by
    version.imported_at = now
    version.settled_at = None
    session.add(version)
    session.flush()
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
    return number


def _out_of_turn(
    year: int,
    announced: Sequence[Year],
    this_year: int,
) -> list[Remark]:
    """A gap between announced years would be counted as if it were announced; a past year's due dates are
    past."""
    if year < this_year:
        return [
            Remark(
                say(
                    "{year} 年已经过去，截止时间不再变动，不能再改这一年的日历",
                    year=year,
                ),
            ),
        ]
    last = max((year.year for year in announced), default=year)
    if year > last + 1:
        return [
            Remark(
                say(
                    "{last} 年的放假安排还没有导入，请先导入 {last} 年，再导入 {year} 年",
                    last=last + 1,
                    year=year,
                ),
            ),
        ]
    return []


def _year(
    year: int,
    rows: Sequence[CalendarDay],
    version: CalendarVersion | None,
) -> Year:
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
