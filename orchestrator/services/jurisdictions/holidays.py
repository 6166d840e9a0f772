"""The announced statutory holidays and make-up working days, as years of the calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

import chinese_calendar
from sqlalchemy.orm import Session

from orchestrator.domain.announced_days import HOLIDAY, WORKDAY, Day
from orchestrator.domain.announcements import is_announced
from orchestrator.domain.calendar import CountedFor, WorkCalendar
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.registers import calendars
from orchestrator.store.calendars import days_in_force

SOURCE = "国务院办公厅节假日安排（chinesecalendar）"


def add_announced_years(
    session: Session,
    tenant_id: str,
    this_year: int,
    now: datetime,
) -> None:
    """Adds the years from last year on that the jurisdiction has nothing of, each as a version of its
    calendar, so that due dates follow.

    A year that somebody imported is left as it is; a place's own days stay beside the nation's.
    """
    own: dict[int, dict[date, Day]] = {}
    for row in days_in_force(session, tenant_id):
        on = date.fromisoformat(row.on)
        own.setdefault(on.year, {})[on] = Day(on, row.kind, row.name)
    known = {year for year, marked in own.items() if is_announced(marked)}
    days = [
        Day(on, HOLIDAY, _chinese(name))
        for on, name in chinese_calendar.constants.holidays.items()
    ]
    days += [
        Day(on, WORKDAY, f"{_chinese(name)}调休上班")
        for on, name in chinese_calendar.constants.workdays.items()
    ]
    fresh = sorted(
        {day.on.year for day in days if day.on.year >= this_year - 1} - known,
    )
    for year in fresh:
        calendars.bring_into_force(
            session,
            tenant_id,
            calendars.NewYear(
                year,
                {
                    **{day.on: day for day in days if day.on.year == year},
                    **own.get(year, {}),
                }.values(),
                SOURCE,
            ),
            None,
            now,
        )


def announced_days() -> dict[date, bool]:
    """The announced days that differ from their weekday: True is a working day."""
    holidays = dict.fromkeys(chinese_calendar.constants.holidays, False)
    return {
        **holidays,
        **dict.fromkeys(chinese_calendar.constants.workdays, True),
    }


def _chinese(name: str) -> str:
    return next(
        (
            value.chinese
            for value in chinese_calendar.Holiday
            if value.value == name
        ),
        name,
    )


def announced_calendars(
    profile: Jurisdiction,
) -> Callable[[CountedFor], WorkCalendar]:
    """The calendars of the days that are announced for all, each with the office hours that count there."""
    days = announced_days()
    last = date(max(day.year for day in days), 12, 31)

    @cache
    def calendar_of(counted_for: CountedFor) -> WorkCalendar:
        return WorkCalendar(
            days,
            profile.hours_of(counted_for.role),
            profile.timezone,
            last,
            "announced",
            hours_changes=profile.hours_changes_of(counted_for.role),
        )

    return calendar_of
