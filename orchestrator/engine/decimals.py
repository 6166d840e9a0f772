"""Numbers as they are counted on paper: in decimals, within what JSON's column keeps exactly."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from orchestrator.sentences import say

LARGEST = 2**63 - 1
"""Of whole numbers: the largest that is kept exactly in JSON's column, as in Camunda."""
MAX_DIGITS = 30
"""Digits that `round` may be asked for."""
_DECIMALS = decimal.Context(
    prec=40,
    Emax=60,
    Emin=-60,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)

Number = int | Decimal


class Refused(ValueError):
    """The operation is not for these values; the message is a Chinese sentence."""


def number(value: Any, what: str) -> Number:
    """The value as an exact number. Raises Refused, saying what only numbers are for."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, Decimal)):
        return _within(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Refused(say("数字过大"))
        return _within(Decimal(repr(value)))
    raise Refused(
        say("{what}只用于数字，这里是{kind}", what=what, kind=kind(value)),
    )


def _within(value: Number) -> Number:
    if isinstance(value, Decimal) and not value.is_finite():
        raise Refused(say("数字过大"))
    if isinstance(value, Decimal) and value and value.adjusted() > 18:
        raise Refused(say("数字过大"))
    if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
        raise Refused(say("数字过大"))
    return value


def calculate(
    operation: Callable[[Number, Number], Number],
    left: Any,
    right: Any,
    what: str,
) -> Number:
    """An operation of two numbers. Raises Refused."""
    first = number(left, what)
    second = number(right, what)
    try:
        with decimal.localcontext(_DECIMALS):
            return _within(operation(first, second))
    except ZeroDivisionError:
        raise Refused(say("除数为零")) from None
    except decimal.DecimalException:
        raise Refused(say("数字过大")) from None


def quotient(left: Number, right: Number) -> Number:
    return Decimal(left) / Decimal(right)


def floor(left: Number, right: Number) -> Number:
    """The whole number of times, rounded down as Python does."""
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    whole = Decimal(left) // Decimal(right)
    rest = Decimal(left) - whole * Decimal(right)
    if rest and (rest < 0) != (right < 0):
        return whole - 1
    return whole


def modulo(left: Number, right: Number) -> Number:
    """What is left over; its sign is the divisor's."""
    if isinstance(left, int) and isinstance(right, int):
        return left % right
    return left - floor(left, right) * right


def rounded(value: Any, digits: Any = None) -> Number:
    """Rounded to so many decimal places, a half to the even digit; to a whole number without `digits`."""
    given = number(value, "round ")
    places = 0 if digits is None else digits
    if (
        isinstance(places, bool)
        or not isinstance(places, int)
        or abs(places) > MAX_DIGITS
    ):
        raise Refused(
            say(
                "round 的位数应是 -{max_digits} 到 {max_digits} 之间的整数",
                max_digits=MAX_DIGITS,
            ),
        )
    if places >= 0 and isinstance(given, int):
        return given
    try:
        result = _to_places(given, places)
    except decimal.DecimalException:
        raise Refused(say("数字过大")) from None
    if digits is None or isinstance(given, int):
        return int(result)
    return result


def _to_places(given: Number, places: int) -> Number:
    """A half to the even digit."""
    exact = Decimal(given)
    if _has_places(exact, places):
        return exact
    with decimal.localcontext(_DECIMALS):
        if places > 0:
            return exact.quantize(Decimal(1).scaleb(-places))
        shifted = exact.scaleb(places).to_integral_value()
        return shifted.scaleb(-places)


def _has_places(given: Decimal, most: int) -> bool:
    """Whether the number has no more decimal places than that."""
    return -given.as_tuple().exponent <= most  # type: ignore[operator]


def integer(value: Any = 0) -> int:
    """The whole part of a number, or the whole number that a text says."""
    if isinstance(value, str):
        if len(value) > 40:
            raise Refused(say("数字过大"))
        try:
            return int(number(int(value), "int "))
        except ValueError:
            raise Refused(
                say("“{value}”不是整数", value=value[:20]),
            ) from None
    return int(number(value, "int "))


def fraction(value: Any = 0) -> Number:
    """The number, or the number that a text says, exactly as written."""
    if not isinstance(value, str):
        return number(value, "float ")
    try:
        if len(value) <= 60:
            result = Decimal(value)
        else:
            result = Decimal("nan")
    except decimal.DecimalException:
        result = Decimal("nan")
    if not result.is_finite():
        raise Refused(say("“{value}”不是数字", value=value[:20]))
    return _within(result)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal))


def kind(value: Any) -> str:
    """What it is, in words."""
    if value is None:
        return say("空值")
    if isinstance(value, bool):
        return say("真假值")
    if is_number(value):
        return say("数字")
    if isinstance(value, str):
        return say("文字")
    if isinstance(value, (list, tuple)):
        return say("列表")
    in_words: str | None = getattr(value, "in_words", None)
    return in_words or say("一组值")
