"""The announced statutory holidays and make-up working days, as calendar rows."""

from __future__ import annotations

from datetime import date

import chinese_calendar
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.timers import CalendarDay

SOURCE = "国务院办公厅节假日安排（chinesecalendar）"


def add_announced_years(session: Session, this_year: int) -> None:
    """Adds the years from last year on that the table has nothing of; a year that somebody imported is left as it is."""
    known = {int(on[:4]) for on in session.scalars(sa.select(CalendarDay.on))}
    days = {day: ("holiday", _chinese(name)) for day, name in chinese_calendar.constants.holidays.items()}
    days |= {day: ("workday", f"{_chinese(name)}调休上班") for day, name in chinese_calendar.constants.workdays.items()}
    rows = [_row(day, *what) for day, what in days.items() if day.year >= this_year - 1 and day.year not in known]
    if rows:
        session.execute(sa.insert(CalendarDay), rows)


def announced_days() -> dict[date, bool]:
    """The announced days that differ from their weekday: True is a working day."""
    holidays = dict.fromkeys(chinese_calendar.constants.holidays, False)
    return {**holidays, **dict.fromkeys(chinese_calendar.constants.workdays, True)}


def _row(day: date, kind: str, name: str) -> dict[str, str]:
    return {"on": day.isoformat(), "kind": kind, "name": name, "source": SOURCE}


def _chinese(name: str) -> str:
    return next((each.chinese for each in chinese_calendar.Holiday if each.value == name), name)
