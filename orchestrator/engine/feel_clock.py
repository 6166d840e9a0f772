"""FEEL's functions of days, times and durations (DMN 1.5, 10.3.4.1 and 10.3.4.8). Of a text that writes
none they are refused, where the standard has null: nobody means such a text."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.engine import decimals, feel_arguments, feel_temporal
from orchestrator.engine.decimals import Refused
from orchestrator.engine.feel_temporal import (
    DATE,
    DURATIONS,
    MOMENT,
    MONTHS,
    TIME,
    Temporal,
)
from orchestrator.engine.sizes import Spend, shown
from orchestrator.sentences import say

_WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)
_MONTHS_OF_THE_YEAR = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


_DURATION_FORM = say("时长，写成 P3D、PT8H 或 P1M 这样")
_FORMS = {
    DATE: say("日期，写成 2026-02-03 这样"),
    TIME: say("时刻，写成 08:30:00 这样"),
    MOMENT: say("日期加时刻，写成 2026-02-03T08:30:00 这样"),
    **dict.fromkeys(DURATIONS, _DURATION_FORM),
}
"""What each kind is called, and how it is written."""
Clock = tuple[datetime, str]
"""An instant, and the zone in which it is read."""


def given(name: str, clock: Clock | None) -> Temporal:
    """`today` or `now` by the clock that was handed in, as it is read there. Raises Refused without one."""
    if clock is None:
        raise Refused(say("这里没有当前时间，不能用 {name}()", name=name))
    now, timezone = clock
    local = now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    if name == "today":
        return Temporal(DATE, local.date())
    return Temporal(MOMENT, local)


def _read(value: Any, *kinds: str) -> Temporal:
    """The value, or what its text writes. Raises Refused for any other kind."""
    found = feel_temporal.read(value) if isinstance(value, str) else value
    if isinstance(found, Temporal) and found.kind in kinds:
        return found
    wanted = _FORMS[kinds[0]]
    if isinstance(value, str) and feel_temporal.has_form(value, kinds):
        raise Refused(
            say(
                "没有“{value}”这个日期或时间，这里要{wanted}",
                value=shown(value),
                wanted=wanted,
            ),
        )
    raise Refused(
        say(
            "这里要{wanted}，“{value}”不是",
            wanted=wanted,
            value=shown(value),
        ),
    )


def _numbered(make: Callable[..., Any], numbers: tuple[Any, ...]) -> Any:
    try:
        return make(*map(feel_arguments.whole, numbers))
    except (ValueError, OverflowError) as failure:
        if isinstance(failure, Refused):
            raise
        raise Refused(say("没有这样的日期或时间")) from None


def _day(_spend: Spend, value: Any, *numbers: Any) -> Temporal | None:
    if numbers:
        if None in numbers:
            return None
        return Temporal(DATE, _numbered(date, (value, *numbers)))
    found = _read(value, DATE, MOMENT)
    if found.kind == DATE:
        return found
    return Temporal(DATE, found.value.date())


def _time(_spend: Spend, value: Any, *numbers: Any) -> Temporal | None:
    if numbers:
        if None in numbers:
            return None
        feel_arguments.number(numbers[1])
        clock = _numbered(time, (value, numbers[0], numbers[1] // 1))
        micros = int(numbers[1] % 1 * 1_000_000)
        clock = clock.replace(microsecond=micros)
        return Temporal(TIME, _zoned(clock, numbers[2:]))
    found = _read(value, TIME, MOMENT)
    if found.kind == TIME:
        return found
    return Temporal(TIME, found.value.timetz())


def _zoned(clock: time, offsets: tuple[Any, ...]) -> time:
    if not offsets:
        return clock
    offset = _read(offsets[0], feel_temporal.SPAN).value
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(int(abs(offset).total_seconds()) // 60, 60)
    found = feel_temporal.read(
        f"{clock.isoformat()}{sign}{hours:02}:{minutes:02}",
    )
    if found is None or offset.total_seconds() % 60:
        raise Refused(say("没有这样的日期或时间"))
    zoned: time = found.value
    return zoned


def _moment(_spend: Spend, value: Any, *clock: Any) -> Temporal | None:
    if clock:
        if clock[0] is None:
            return None
        day = _read(value, DATE, MOMENT).value
        if isinstance(day, datetime):
            day = day.date()
        return Temporal(
            MOMENT,
            datetime.combine(day, _read(clock[0], TIME).value),
        )
    found = _read(value, DATE, MOMENT)
    if found.kind == DATE:
        return Temporal(MOMENT, datetime.combine(found.value, time()))
    return found


def _duration(_spend: Spend, value: Any) -> Temporal:
    return _read(value, *DURATIONS)


def _months_between(_spend: Spend, first: Any, last: Any) -> Temporal | None:
    """Whole months from the first day to the last; below zero where that is earlier."""
    if last is None:
        return None
    begin, end = _read(first, DATE, MOMENT), _read(last, DATE, MOMENT)
    if begin.kind != end.kind:
        raise feel_temporal.refused("years and months duration ", begin, end)
    sign = feel_temporal.order(end, begin)
    one, other = begin.value, end.value
    if begin.kind == MOMENT and one.tzinfo is not None:
        other = _in_zone_of(one, other)
    if sign < 0:
        one, other = other, one
    count = (other.year - one.year) * 12 + other.month - one.month
    whole = other.day >= one.day
    if begin.kind == MOMENT:
        whole = (other.day, other.time()) >= (one.day, one.time())
    if not whole:
        count -= 1
    return Temporal(MONTHS, sign * count)


def _in_zone_of(one: datetime, other: datetime) -> datetime:
    try:
        return other.astimezone(one.tzinfo)
    except (OverflowError, ValueError):
        raise Refused(say("日期超出范围")) from None


def _day_of(part: Callable[[date], Any]) -> Callable[[Spend, Any], Any]:
    return lambda _spend, value: part(_read(value, DATE, MOMENT).value)


def _last_day(day: date) -> Temporal:
    _weekday, last = calendar.monthrange(day.year, day.month)
    return Temporal(DATE, date(day.year, day.month, last))


def _same(_spend: Spend, one: Any, other: Any) -> bool:
    """Whether both are the same value of the same kind, times of day with the same zone."""
    for value in (one, other):
        if not isinstance(value, Temporal):
            raise Refused(
                say(
                    "is 只用于日期、时间和时长，这里是{kind}",
                    kind=decimals.kind(value),
                ),
            )
    if one.kind != other.kind:
        return False
    if one.kind in (TIME, MOMENT):
        if one.value.utcoffset() != other.value.utcoffset():
            return False
        local = one.value.replace(tzinfo=None)
        return bool(local == other.value.replace(tzinfo=None))
    return bool(one.value == other.value)


def written(name: str, values: list[Any]) -> None:
    """Raises Refused where the function makes nothing of values that are written: a text of another kind is
    one only where a variable keeps it."""
    if len(values) == 1 and isinstance(values[0], str):
        kinds = DURATIONS if name == "duration" else (name,)
        if name == MOMENT:
            kinds = (MOMENT, DATE)
        _read(values[0], *kinds)
    FUNCTIONS[name](lambda _units: None, *values)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    DATE: _day,
    TIME: _time,
    MOMENT: _moment,
    "duration": _duration,
    MONTHS: _months_between,
    "day of year": _day_of(lambda day: day.timetuple().tm_yday),
    "day of week": _day_of(lambda day: _WEEKDAYS[day.weekday()]),
    "month of year": _day_of(lambda day: _MONTHS_OF_THE_YEAR[day.month - 1]),
    "week of year": _day_of(lambda day: day.isocalendar().week),
    "last day of month": _day_of(_last_day),
    "is": _same,
}
ARGUMENTS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(FUNCTIONS, (1,)),
    DATE: (1, 3),
    TIME: (1, 3, 4),
    MOMENT: (1, 2),
    MONTHS: (2,),
    "is": (2,),
}
MAKERS = (DATE, TIME, MOMENT, "duration")
BY_THE_CLOCK = ("today", "now")
"""Functions without arguments."""
NAMES = frozenset(name for name in FUNCTIONS if " " in name)
"""Names of several words, each of which is one only before a bracket."""
