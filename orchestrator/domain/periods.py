"""Days and periods of figures: a month (2026-11), a quarter (2026Q4), a year (2026), a week (2026W48)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(20\d\d)Q([1-4])")
_YEAR = re.compile(r"20\d\d")
_WEEK = re.compile(r"(20\d\d)W(\d\d)")


def months_of(period: str) -> Sequence[str]:
    """The months of the period, the first one first; nothing for what is no period."""
    if _MONTH.fullmatch(period):
        return (period,)
    quarter = _QUARTER.fullmatch(period)
    if quarter:
        first = 3 * int(quarter[2]) - 2
        return _months(quarter[1], range(first, first + 3))
    if _YEAR.fullmatch(period):
        return _months(period, range(1, 13))
    return ()


def _months(year: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{year}-{number:02d}" for number in numbers)


def years_and_months(months: Sequence[str]) -> list[str]:
    """The whole years among these months, and the months beside them."""
    years = dict.fromkeys(month[:4] for month in months)
    whole = [
        year
        for year in years
        if months_of(year) and {*months_of(year)} <= {*months}
    ]
    return [*whole, *(month for month in months if month[:4] not in whole)]


def month_of(day: date) -> str:
    return f"{day.year}-{day.month:02d}"


def written_day(text: Any) -> date | None:
    """The day with which a text begins, `2026-11-30` or `2026-11-30T09:00`; None for anything else."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def week_of(day: date) -> str:
    """The week of the day, which begins on Monday, as ISO 8601 numbers it."""
    year, week, _weekday = day.isocalendar()
    return f"{year}W{week:02d}"


def monday_of(period: str) -> date | None:
    """The first day of a week; None for what is none."""
    week = _WEEK.fullmatch(period)
    if week is None:
        return None
    try:
        return date.fromisocalendar(int(week[1]), int(week[2]), 1)
    except ValueError:
        return None


def quarter_of(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"


def months_back(month: str, many: int) -> list[str]:
    """So many months up to and with that one, the earliest first."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1
    months = []
    for index in range(number - many + 1, number + 1):
        year, past = divmod(index, 12)
        months.append(f"{year}-{past + 1:02d}")
    return months


def months_later(day: date, many: int) -> date:
    """The day of the same number so many months later; the last of a month that has none of it."""
    month = day.year * 12 + day.month - 1 + many
    year, index = divmod(month, 12)
    last = calendar.monthrange(year, index + 1)[1]
    return date(year, index + 1, min(day.day, last))


def before(period: str) -> str:
    """The period of the same length right before; empty for what is none."""
    months = months_of(period)
    if not months:
        return ""
    earlier = months_back(months[0], len(months) + 1)[0]
    if len(months) == 1:
        return earlier
    if len(months) == 12:
        return earlier[:4]
    return f"{earlier[:4]}Q{(int(earlier[5:]) + 2) // 3}"
