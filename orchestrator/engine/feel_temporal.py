"""Days, times and durations of FEEL as values that are counted with (DMN 1.5, 10.3.2.3 and 10.3.2.13). They
live only while an expression runs: what is kept of one is its text, in the form in which forms keep theirs.

A text beside such a value is read as one, since a variable holds days and times as texts. Where the standard
and its engines differ, or two values have no order, an operation is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from orchestrator.engine import decimals
from orchestrator.engine.decimals import Number, Refused
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.sentences import say

DATE, TIME, MOMENT = "date", "time", "date and time"
SPAN, MONTHS = "days and time duration", "years and months duration"
DURATIONS = (SPAN, MONTHS)
IN_FORCE: ContextVar[Edition] = ContextVar("edition", default=CURRENT)
"""The edition of the expression that runs, also where functions compare, which are not told it."""
MONTHS_OF_A_YEAR = 12
MICROSECOND = timedelta(microseconds=1)
_FURTHEST = timedelta(hours=14)
"""The largest distance of a zone from Greenwich."""
_DAY_TEXT = r"\d{4}-\d{2}-\d{2}"
_CLOCK_TEXT = (
    r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2}(?::\d{2})?)?"
)
_PATTERNS = {
    DATE: re.compile(_DAY_TEXT, re.ASCII),
    TIME: re.compile(f"T?({_CLOCK_TEXT})", re.ASCII),
    MOMENT: re.compile(f"{_DAY_TEXT}T{_CLOCK_TEXT}", re.ASCII),
}
_MONTHS_TEXT = re.compile(
    r"(-?)P(?=\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?", re.ASCII
)
_SPAN_TEXT = re.compile(
    r"(-?)P(?=\d|T\d)(?:(\d{1,9})D)?"
    r"(?:T(?=\d)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Temporal:
    """A day, a time, a day with a time, a number of months or an exact duration."""

    kind: str
    value: Any
    """A date, time, datetime or timedelta; a whole number of months."""

    def __str__(self) -> str:
        """As FEEL writes it, a time with its seconds."""
        if self.kind == MONTHS:
            return _months_as_text(self.value)
        if self.kind == SPAN:
            return _span_as_text(self.value)
        text: str = self.value.isoformat()
        if self.kind != DATE and self.value.microsecond:
            digits = f"{self.value.microsecond:06}"
            text = text.replace(f".{digits}", f".{digits.rstrip('0')}")
        if text.endswith("+00:00"):
            return text.removesuffix("+00:00") + "Z"
        return text

    @property
    def kept(self) -> str:
        """As a variable keeps it: a time without its seconds where there are none, as in a form."""
        if self.kind not in (TIME, MOMENT):
            return str(self)
        clock = self.value.time() if self.kind == MOMENT else self.value
        if self.value.tzinfo or clock.second or clock.microsecond:
            return str(self)
        text: str = self.value.isoformat(timespec="minutes")
        return text

    @property
    def in_words(self) -> str:
        return {
            DATE: say("日期"),
            TIME: say("时刻"),
            MOMENT: say("日期加时刻"),
            MONTHS: say("年月时长"),
            SPAN: say("日时时长"),
        }[self.kind]


def read(text: Any) -> Temporal | None:
    """The day, time or duration that the text writes; None for any other text or value."""
    if not isinstance(text, str) or not text or len(text) > 60:
        return None
    if text.lstrip("-")[:1] == "P":
        return _duration(text)
    for kind, of_text in _READERS.items():
        if _PATTERNS[kind].fullmatch(text):
            try:
                return of_text(text)
            except ValueError:
                return None
    return None


def has_form(text: str, kinds: Sequence[str]) -> bool:
    """Whether the text is written as a day or a time of one of these kinds, which there need not be."""
    return any(
        kind in _PATTERNS and _PATTERNS[kind].fullmatch(text) is not None
        for kind in kinds
    )


def _moment(text: str) -> Temporal:
    return Temporal(MOMENT, _near(datetime.fromisoformat(text)))


def _near(value: Any) -> Any:
    offset = value.utcoffset()
    if offset is not None and abs(offset) > _FURTHEST:
        raise ValueError
    return value


_READERS: dict[str, Callable[[str], Temporal]] = {
    DATE: lambda text: Temporal(DATE, date.fromisoformat(text)),
    TIME: lambda text: Temporal(
        TIME, _near(time.fromisoformat(text.removeprefix("T")))
    ),
    MOMENT: _moment,
}


def _duration(text: str) -> Temporal | None:
    if match := _MONTHS_TEXT.fullmatch(text):
        sign, years, months = match.groups()
        count = int(years or 0) * MONTHS_OF_A_YEAR + int(months or 0)
        if sign:
            count = -count
        return Temporal(MONTHS, count)
    match = _SPAN_TEXT.fullmatch(text)
    if match is None:
        return None
    sign, days, hours, minutes, seconds = match.groups()
    micros = int(Decimal(seconds or 0) * 1_000_000)
    try:
        span = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            microseconds=micros,
        )
        if sign:
            span = -span
    except OverflowError:
        return None
    return Temporal(SPAN, span)


def _months_as_text(count: int) -> str:
    years, months = divmod(abs(count), MONTHS_OF_A_YEAR)
    parts = _numbered((years, "Y"), (months, "M"))
    text = f"P{parts or '0M'}"
    if count < 0:
        return f"-{text}"
    return text


def _span_as_text(span: timedelta) -> str:
    days, hours, minutes, seconds = _parts(abs(span))
    day = _numbered((days, "D"))
    clock = _numbered((hours, "H"), (minutes, "M"), (seconds, "S"))
    if clock:
        clock = f"T{clock}"
    text = f"P{day + clock or 'T0S'}"
    if span < timedelta():
        return f"-{text}"
    return text


def _numbered(*parts: tuple[int | Decimal, str]) -> str:
    """The numbers with their letters, without those that are zero."""
    text = ""
    for number, letter in parts:
        if not number:
            continue
        shown = f"{number:f}"
        if "." in shown:
            shown = shown.rstrip("0").rstrip(".")
        text += f"{shown}{letter}"
    return text


def _parts(span: timedelta) -> tuple[int, int, int, Decimal]:
    """Days, hours, minutes and seconds of a duration that is not below zero."""
    minutes, seconds = divmod(span.seconds, 60)
    exact = seconds + Decimal(span.microseconds) / 1_000_000
    return (span.days, *divmod(minutes, 60), exact)


def refused(what: str, left: Any, right: Any) -> Refused:
    return Refused(
        say(
            "{what}不用于{kind}和{other_kind}",
            what=what,
            kind=decimals.kind(left),
            other_kind=decimals.kind(right),
        ),
    )


def read_pair(left: Any, right: Any) -> tuple[Any, Any]:
    """Both values, a text as the day, time or duration that it writes."""
    return read(left) or left, read(right) or right


def is_one(value: Any) -> bool:
    return isinstance(value, Temporal)


def are_points(sign: str, left: Any, right: Any) -> bool:
    """Whether one of the two is such a value, or the difference of two texts of days or times is asked."""
    if isinstance(left, Temporal) or isinstance(right, Temporal):
        return True
    if sign != "-" or not isinstance(left, str):
        return False
    return read(left) is not None and read(right) is not None


def of_text(value: Any, name: str) -> Temporal | None:
    """The value of which a part of that name is asked, or what its text writes; None for anything else."""
    if isinstance(value, Temporal):
        return value
    if name not in NAMES_OF_PARTS:
        return None
    return read(value)


# ---- comparing


def of_day(clock: time) -> timedelta:
    """The time since midnight, at Greenwich where it names a zone."""
    passed = timedelta(
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
        microseconds=clock.microsecond,
    )
    return passed - (clock.utcoffset() or timedelta())


def require_zones_alike(one: Any, other: Any) -> None:
    if (one.utcoffset() is None) is not (other.utcoffset() is None):
        raise Refused(say("带时区的时间和不带时区的时间不能放在一起算"))


def order(left: Any, right: Any) -> int:
    """Below, at or above zero as the left is earlier or shorter, the same, or not. Raises Refused for two of
    different kinds; beside a day with a time that a variable keeps, or where it keeps the day, a day counts
    as its midnight. Up to the sixth edition only the day that a variable keeps did."""
    one, other = _alike(left, right)
    if one.kind in (TIME, MOMENT):
        require_zones_alike(one.value, other.value)
    if one.kind == TIME:
        first, second = of_day(one.value), of_day(other.value)
    else:
        first, second = one.value, other.value
    return (first > second) - (first < second)


def unfilled(left: Any, right: Any) -> tuple[Any, Any]:
    """Both values; the empty text beside a day, a time or a duration, which a form keeps of a field that
    nobody filled in, as None. Up to the sixth edition both as they are."""
    if IN_FORCE.get() < Edition.SEVENTH:
        return left, right
    if left == "" and is_one(right):
        return None, right
    if right == "" and is_one(left):
        return left, None
    return left, right


def equal(left: Any, right: Any) -> bool:
    """Whether both are the same. Raises Refused as `order`; nothing is the same as nothing, and a field that
    nobody filled in is nothing."""
    left, right = unfilled(left, right)
    if left is None or right is None:
        return left is right
    return order(left, right) == 0


def _alike(left: Any, right: Any) -> tuple[Temporal, Temporal]:
    one, other = read_pair(left, right)
    if isinstance(one, Temporal) and isinstance(other, Temporal):
        is_left_kept = isinstance(left, str)
        is_right_kept = isinstance(right, str)
        if IN_FORCE.get() >= Edition.SEVENTH:
            is_left_kept = is_right_kept = is_left_kept or is_right_kept
        if is_left_kept:
            one = _as_midnight(one, other)
        if is_right_kept:
            other = _as_midnight(other, one)
        if one.kind == other.kind:
            return one, other
    raise Refused(
        say(
            "{kind}和{other_kind}不能比较",
            kind=decimals.kind(left),
            other_kind=decimals.kind(right),
        ),
    )


def _as_midnight(day: Temporal, beside: Temporal) -> Temporal:
    if (day.kind, beside.kind) != (DATE, MOMENT):
        return day
    return Temporal(MOMENT, datetime.combine(day.value, time()))


# ---- parts


def member(value: Temporal, name: str) -> Any:
    """A part of it, such as `year`; None where it has none of that name."""
    part = _PARTS[value.kind].get(name)
    if part is None:
        return None
    return part(value.value)


def _of_span(place: int, span: timedelta) -> Number:
    part: Number = _parts(abs(span))[place]
    if span < timedelta():
        return -part
    return part


def _of_months(is_year: bool, count: int) -> int:
    years, months = divmod(abs(count), MONTHS_OF_A_YEAR)
    part = months
    if is_year:
        part = years
    if count < 0:
        return -part
    return part


def _seconds(clock: Any) -> Number:
    whole = int(clock.second)
    if not clock.microsecond:
        return whole
    return whole + Decimal(clock.microsecond) / 1_000_000


def _offset(moment: Any) -> Temporal | None:
    offset = moment.utcoffset()
    if offset is None:
        return None
    return Temporal(SPAN, offset)


_OF_A_DAY: dict[str, Callable[[Any], Any]] = {
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "weekday": lambda day: day.isoweekday(),
}
_OF_A_TIME: dict[str, Callable[[Any], Any]] = {
    "hour": lambda clock: clock.hour,
    "minute": lambda clock: clock.minute,
    "second": _seconds,
    "time offset": _offset,
    "timezone": lambda _clock: None,
}
_PARTS: dict[str, dict[str, Callable[[Any], Any]]] = {
    DATE: _OF_A_DAY,
    TIME: _OF_A_TIME,
    MOMENT: _OF_A_DAY | _OF_A_TIME,
    SPAN: {
        name: partial(_of_span, place)
        for place, name in enumerate(("days", "hours", "minutes", "seconds"))
    },
    MONTHS: {
        "years": partial(_of_months, True),
        "months": partial(_of_months, False),
    },
}
NAMES_OF_PARTS = frozenset(name for parts in _PARTS.values() for name in parts)
