"""What FEEL counts with days, times and durations (DMN 1.5, 10.3.2.13): sums, differences, products and
quotients."""

from __future__ import annotations

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from orchestrator.engine import decimals
from orchestrator.engine.decimals import Refused
from orchestrator.engine.feel_temporal import (
    DATE,
    DURATIONS,
    MICROSECOND,
    MOMENT,
    MONTHS,
    MONTHS_OF_A_YEAR,
    SPAN,
    TIME,
    Temporal,
    of_day,
    read_pair,
    refused,
    require_zones_alike,
)
from orchestrator.sentences import say


def _are(left: Any, right: Any, kind: str, other: str) -> bool:
    return (
        isinstance(left, Temporal)
        and isinstance(right, Temporal)
        and (left.kind, right.kind) == (kind, other)
    )


def calculated(sign: str, left: Any, right: Any, what: str) -> Any:
    """The sum (`+`), difference, product or quotient of two values of which one is a day, time or duration.
    Raises Refused."""
    calculation = _CALCULATIONS.get(sign)
    if calculation is None:
        raise refused(what, left, right)
    one, other = read_pair(left, right)
    result = _within(lambda: calculation(one, other))
    if result is None:
        raise refused(what, left, right)
    return result


def _within(calculation: Callable[[], Any]) -> Any:
    """What is worked out. Raises Refused where that is no day, or larger than is counted."""
    try:
        result = calculation()
    except (ArithmeticError, ValueError) as failure:
        if isinstance(failure, Refused):
            raise
        raise Refused(say("日期超出范围")) from None
    is_months = isinstance(result, Temporal) and result.kind == MONTHS
    if is_months and abs(result.value) > decimals.LARGEST:
        raise Refused(say("日期超出范围"))
    return result


def _sum(left: Any, right: Any) -> Temporal | None:
    if not isinstance(left, Temporal) or not isinstance(right, Temporal):
        return None
    if left.kind in DURATIONS and right.kind not in DURATIONS:
        left, right = right, left
    if right.kind not in DURATIONS:
        return None
    if left.kind == right.kind:
        return Temporal(left.kind, left.value + right.value)
    if right.kind == MONTHS:
        if left.kind not in (DATE, MOMENT):
            return None
        return Temporal(left.kind, _months_later(left.value, right.value))
    return _later(left, right.value)


def _months_later(day: Any, months: int) -> Any:
    """Raises Refused where that month has no such day: the standard has no value there, its engines the last
    day."""
    count = day.year * MONTHS_OF_A_YEAR + day.month - 1 + months
    year, month = divmod(count, MONTHS_OF_A_YEAR)
    if not MINYEAR <= year <= MAXYEAR:
        raise Refused(say("日期超出范围"))
    written = day.isoformat()[:10]
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        raise Refused(
            say(
                "{day} 减去 {months} 个月后没有这一天，请先改用月初",
                day=written,
                months=-months,
            )
            if months < 0
            else say(
                "{day} 加上 {months} 个月后没有这一天，请先改用月初",
                day=written,
                months=months,
            ),
        ) from None


def _later(left: Temporal, span: timedelta) -> Temporal | None:
    if left.kind == DATE:
        midnight = datetime.combine(left.value, time())
        return Temporal(DATE, (midnight + span).date())
    if left.kind == TIME:
        clock = datetime.combine(date(2000, 1, 3), left.value)
        within = timedelta(
            seconds=span.seconds, microseconds=span.microseconds
        )
        return Temporal(TIME, (clock + within).timetz())
    if left.kind == MOMENT:
        return Temporal(MOMENT, left.value + span)
    return None


def _difference(left: Any, right: Any) -> Temporal | None:
    if not isinstance(left, Temporal) or not isinstance(right, Temporal):
        return None
    if right.kind in DURATIONS:
        if left.kind in DURATIONS and left.kind != right.kind:
            return None
        return _sum(left, Temporal(right.kind, -right.value))
    if left.kind != right.kind:
        return None
    if left.kind == DATE:
        return Temporal(SPAN, left.value - right.value)
    require_zones_alike(left.value, right.value)
    if left.kind == MOMENT:
        return Temporal(SPAN, left.value - right.value)
    return Temporal(SPAN, of_day(left.value) - of_day(right.value))


def _product(left: Any, right: Any) -> Temporal | None:
    if isinstance(right, Temporal):
        left, right = right, left
    if not isinstance(left, Temporal) or not decimals.is_number(right):
        return None
    return _multiplied(left, Decimal(decimals.number(right, "")))


def _multiplied(duration: Temporal, factor: Decimal) -> Temporal | None:
    if duration.kind == MONTHS:
        count = duration.value * factor
        if count != count.to_integral_value():
            raise Refused(say("算出的月数不是整数"))
        return Temporal(MONTHS, int(count))
    if duration.kind != SPAN:
        return None
    micros = (duration.value // MICROSECOND) * factor
    return Temporal(
        SPAN,
        timedelta(
            microseconds=int(micros.to_integral_value(ROUND_HALF_EVEN)),
        ),
    )


def _quotient(left: Any, right: Any) -> Any:
    if isinstance(left, Temporal) and decimals.is_number(right):
        return _divided(left, Decimal(decimals.number(right, "")))
    for kind in DURATIONS:
        if _are(left, right, kind, kind):
            return decimals.calculate(
                decimals.quotient,
                _count(left),
                _count(right),
                "",
            )
    return None


def _divided(duration: Temporal, by: Decimal) -> Temporal | None:
    if not by:
        raise Refused(say("除数为零"))
    if duration.kind != MONTHS:
        return _multiplied(duration, 1 / by)
    if duration.value % by:
        raise Refused(say("算出的月数不是整数"))
    return Temporal(MONTHS, int(duration.value / by))


def _count(duration: Temporal) -> int:
    """Its months or microseconds."""
    if duration.kind == MONTHS:
        return int(duration.value)
    return int(duration.value // MICROSECOND)


_CALCULATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
}


def negated(value: Temporal) -> Temporal:
    """The duration the other way round. Raises Refused for any other."""
    if value.kind not in DURATIONS:
        raise Refused(
            say("负号只用于数字和时长，这里是{kind}", kind=value.in_words)
        )
    negative: Temporal = _within(lambda: Temporal(value.kind, -value.value))
    return negative


def absolute(value: Temporal) -> Temporal:
    """The duration without its sign. Raises Refused for any other."""
    if value.kind not in DURATIONS:
        raise Refused(
            say("abs 只用于数字和时长，这里是{kind}", kind=value.in_words)
        )
    return Temporal(value.kind, abs(value.value))
