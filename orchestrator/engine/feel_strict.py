"""Functions of FEEL that take no other kinds than FEEL's, where the words of our language take more."""

from __future__ import annotations

import decimal
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestrator.engine import decimals, feel_arguments, sizes
from orchestrator.engine.decimals import Number, Refused, kind
from orchestrator.engine.sizes import Spend
from orchestrator.sentences import say

_PLAIN_NUMBER = re.compile(
    r"-?(?:\d+(?:\.\d+)?|\.\d+)",
    re.ASCII,
)
_DIGITS = decimal.Context(prec=34)
"""Digits of a number of FEEL (DMN 1.5, 10.3.2.3.1)."""
STRICT: dict[str, tuple[int, ...]] = {
    "all": (1,),
    "any": (1,),
    "decimal": (2,),
    "round half even": (2,),
    "number": (1,),
    "string": (1,),
    "sublist": (2, 3),
    "substring": (2, 3),
}
"""Functions that were words of our language up to the fourth edition."""
POWER = 10
"""What a power costs of the budget: one to a broken number takes that long."""


def power(spend: Spend, value: Any, exponent: Any) -> Number | None:
    """The power; null without an exponent and where there is none, as of 0 by -1 or of -8 by 0.5. Raises
    Refused."""
    spend(POWER)
    if exponent is None:
        return None
    base, by = (
        Decimal(feel_arguments.number(value)),
        Decimal(feel_arguments.number(exponent)),
    )
    if not base and not by:
        return 1
    if not base and by < 0:
        return None
    if base < 0 and by != by.to_integral_value():
        return None
    try:
        return decimals.calculate(
            lambda a, b: a**b,
            base,
            by,
            "",
        )
    except decimal.DecimalException:
        raise Refused(say("数字过大")) from None


def all_true(spend: Spend, values: Any) -> bool | None:
    """Whether all of them are true; null where none is false and one unknown. Raises Refused."""
    return _of_truths(
        "all",
        values,
        spend,
        ends=False,
    )


def any_true(spend: Spend, values: Any) -> bool | None:
    """Whether one of them is true; null where none is and one unknown. Raises Refused."""
    return _of_truths(
        "any",
        values,
        spend,
        ends=True,
    )


def _of_truths(
    name: str,
    values: Any,
    spend: Spend,
    *,
    ends: bool,
) -> bool | None:
    """`ends` where one of them is that; null where none is and one is unknown."""
    listed = feel_arguments.entries(
        values,
        name,
        spend,
    )
    for value in listed:
        if value is not None and not isinstance(
            value,
            bool,
        ):
            raise Refused(
                say(
                    "{name} 只用于真假值，这里是{kind}",
                    name=name,
                    kind=kind(value),
                ),
            )
    if ends in listed:
        return ends
    return None if None in listed else not ends


def from_text(spend: Spend, value: Any) -> Number:
    """The number that a text says as FEEL writes one. Raises Refused for any other."""
    text = feel_arguments.text(
        value,
        spend,
    )
    if not _PLAIN_NUMBER.fullmatch(text):
        raise Refused(
            say(
                "“{value}”不是数字",
                value=text[:20],
            )
        )
    return decimals.fraction(text)


def as_text(spend: Spend, value: Any) -> str:
    """The text of one value, of a truth `true` or `false`. Raises Refused for a list or a group."""
    if isinstance(
        value,
        bool,
    ):
        return str(value).lower()
    if isinstance(
        value,
        (list, tuple, Mapping),
    ):
        raise Refused(
            say(
                "string 只用于单个值，这里是{kind}，列表请用 string join",
                kind=kind(value),
            ),
        )
    if decimals.is_number(value):
        spend(1)
        exact = _DIGITS.plus(Decimal(feel_arguments.number(value)))
        return f"{exact.normalize(_DIGITS):f}"
    return sizes.written(
        value,
        spend,
    )


def substring(
    spend: Spend,
    value: Any,
    start: Any,
    *length: Any,
) -> str | None:
    """So many characters of the text, or all, from a place that is counted from 1 or from the end; null where
    it would begin before the first. Raises Refused behind the last, where engines give this or that."""
    text = feel_arguments.text(value, spend)
    cut = _cut(len(text), start, length)
    return None if cut is None else text[cut[0] : cut[1]]


def sublist(
    spend: Spend,
    value: Any,
    start: Any,
    *length: Any,
) -> Sequence[Any] | None:
    """So many entries of the list, or all, as of a text in `substring`. Raises Refused as there."""
    listed = feel_arguments.entries(value, "sublist", spend)
    cut = _cut(len(listed), start, length)
    return None if cut is None else listed[cut[0] : cut[1]]


def _cut(
    size: int,
    start: Any,
    length: Sequence[Any],
) -> tuple[int, int] | None:
    """Where it begins and where it ends, from 0; None where it would begin before the first or nothing is
    given. Raises Refused for another place that is none: one engine gives null there and another what is
    empty."""
    if start is None or None in length:
        return None
    place = feel_arguments.whole(start)
    if place < -size:
        return None
    if not 1 <= abs(place) <= size:
        raise Refused(
            say(
                "只有 {size} 项（个字），没有第 {place} 项，位置从 1 数起",
                size=size,
                place=place,
            ),
        )
    begin = place - 1 if place > 0 else size + place
    count = feel_arguments.whole(length[0]) if length else size
    if count < 1:
        raise Refused(say("要取的长度应是 1 或更多"))
    return begin, min(begin + count, size)
