"""The working calendar in an administrator's hands: what is known of each year, and bringing an announced one into force.

The calendar is the whole country's: one table for every jurisdiction of the database. Due dates follow in recounting.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.domain.announcements import Announcement, Day, Difference, Remark, differences
from orchestrator.errors import InstanceChanged, RuleViolated
from orchestrator.store import calendars
from orchestrator.store.calendars import CalendarDay, CalendarVersion
from orchestrator.store.session import transaction

LONGEST_SOURCE = 120


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
        return bool(self.days)

    def count(self, kind: str) -> int:
        return sum(day.kind == kind for day in self.days)


@dataclass(frozen=True)
class Examined:
    """An announcement held against what is known."""

    announcement: Announcement
    known: Year
    differences: Sequence[Difference]
    errors: Sequence[Remark]
    """Of the announcement, and of its place among the years."""
    version: int
    """The calendar's version it was held against."""


def years(session: Session, this_year: int) -> list[Year]:
    """The known years and the next one to be announced, in order."""
    known: dict[int, list[CalendarDay]] = {}
    for row in calendars.days_in_force(session):
        known.setdefault(int(row.on[:4]), []).append(row)
    newest = {row.CalendarVersion.year: row.CalendarVersion for row in reversed(calendars.versions(session))}
    last = max([this_year, *known]) + 1 if this_year in known else this_year
    return [_year(each, known.get(each, ()), newest.get(each)) for each in sorted({*known, this_year, last})]


def examine(session: Session, announcement: Announcement, this_year: int) -> Examined:
    """What the announcement would change, and why it must not come into force, if so."""
    there = {each.year: each for each in years(session, this_year)}
    known = there.get(announcement.year) or Year(announcement.year, (), ())
    errors = [*announcement.errors]
    if announcement.days:
        errors += _out_of_turn(announcement.year, [each for each in there.values() if each.announced], this_year)
    changed = differences(known.days, announcement.days)
    return Examined(announcement, known, changed, errors, calendars.newest_version(session))


def activate(
    announcement: Announcement, source: str, by: int | None, now: datetime, this_year: int, expected: int | None = None
) -> int | None:
    """Brings the announced year into force; returns the calendar's new version, None when everything is in force already.

    `by`: the administrator; None from the command line. `expected`: the version that was looked at before. Nothing of the due dates
    is counted here: `recounting.recount` does, and the clock when it is interrupted.
    Raises RuleViolated with every objection, InstanceChanged when another version came into force meanwhile.
    """
    source = source.strip()[:LONGEST_SOURCE] or f"国务院办公厅关于{announcement.year}年部分节假日安排的通知"
    try:
        with transaction() as session:
            examined = examine(session, announcement, this_year)
            if examined.errors:
                raise RuleViolated([str(each) for each in examined.errors])
            if not examined.differences:
                return None
            if expected is not None and expected != examined.version:
                raise InstanceChanged("刚刚有人启用了新的日历，请对照现在的日历重新核对后再启用")
            return bring_into_force(session, announcement.year, announcement.days, source, by, now)
    except IntegrityError as taken:
        raise InstanceChanged("刚刚有人启用了新的日历，请对照现在的日历重新核对后再启用") from taken


def bring_into_force(session: Session, year: int, days: Iterable[Day], source: str, by: int | None, now: datetime) -> int:
    """Writes a year's days and numbers them as the calendar's next version, which it returns. Who comes second gets an IntegrityError."""
    ordered = sorted(days, key=lambda day: day.on)
    number = calendars.newest_version(session) + 1
    content = [[day.on.isoformat(), day.kind, day.name] for day in ordered]
    session.add(
        CalendarVersion(number=number, year=year, source=source, days=content, imported_by=by, imported_at=now, settled_at=None)
    )
    session.flush()
    session.execute(sa.delete(CalendarDay).where(CalendarDay.on.between(f"{year}-01-01", f"{year}-12-31")))
    session.execute(
        sa.insert(CalendarDay), [{"on": on, "kind": kind, "name": name, "source": source} for on, kind, name in content]
    )
    return number


def _out_of_turn(year: int, announced: Sequence[Year], this_year: int) -> list[Remark]:
    """A gap between announced years would be counted as if it were announced; a past year's due dates are past."""
    if year < this_year:
        return [Remark(f"{year} 年已经过去，截止时间不再变动，不能再改这一年的日历")]
    last = max((each.year for each in announced), default=year)
    if year > last + 1:
        return [Remark(f"{last + 1} 年的放假安排还没有导入，请先导入 {last + 1} 年，再导入 {year} 年")]
    return []


def _year(year: int, rows: Sequence[CalendarDay], version: CalendarVersion | None) -> Year:
    days = [Day(date.fromisoformat(row.on), row.kind, row.name) for row in rows]
    sources = sorted({row.source for row in rows})
    return Year(year, days, sources, version.number if version else None, version.imported_at if version else None)
