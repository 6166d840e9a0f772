"""Working time counted minute by minute from the State Council's notices as typed here: slow, plain, and
written without the calendar under test."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

OFF = """
2024: 01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10 09-15..09-17 10-01..10-07
2025: 01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08
2026: 01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07
"""
ON = """
2024: 02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12
2025: 01-26 02-08 04-27 09-28 10-11
2026: 01-04 02-14 02-28 05-09 09-20 10-10
"""
"""国务院办公厅 notices 国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号: holidays, and weekend days that are
worked instead."""

Hours = tuple[tuple[time, time], ...]


def days(text: str) -> set[date]:
    found = set()
    for line in text.split("\n"):
        year, _colon, spans = line.partition(":")
        for span in spans.split():
            first, _dots, last = span.partition("..")
            day, end = (
                date.fromisoformat(f"{year}-{each}")
                for each in (first, last or first)
            )
            while day <= end:
                found.add(day)
                day += timedelta(days=1)
    return found


HOLIDAYS, MADE_UP = days(OFF), days(ON)


BY_LAW = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
"""全国年节及纪念日放假办法, second article: New Year, Labour Day, National Day. They are off before any
notice says so."""


def worked(day: date) -> bool:
    if day.year > 2026 and (day.month, day.day) in BY_LAW:
        return False
    return day in MADE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


def open_at(moment: datetime, hours: Hours) -> bool:
    """Whether the minute that begins then is office time."""
    return worked(moment.date()) and any(
        opens <= moment.time() < closes for opens, closes in hours
    )


def after(start: datetime, amount: int, unit: str, hours: Hours) -> datetime:
    """The limit's end, local time, counted one minute or one day at a time."""
    if unit == "hours":
        return start + timedelta(hours=amount)
    if unit == "days":
        return start + timedelta(days=amount)
    if unit == "working_days":
        day, left = start.date(), amount
        while left:
            day += timedelta(days=1)
            left -= worked(day)
        return datetime.combine(day, hours[-1][1])
    return after_minutes(start, amount * 60, hours)


def after_minutes(start: datetime, left: int, hours: Hours) -> datetime:
    moment = start
    while left:
        left -= open_at(moment, hours)
        moment += timedelta(minutes=1)
    return moment


def between(start: datetime, end: datetime, hours: Hours) -> int:
    """Office minutes between two instants."""
    moment, found = start, 0
    while moment < end:
        found += open_at(moment, hours)
        moment += timedelta(minutes=1)
    return found
