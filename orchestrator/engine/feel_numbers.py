"""FEEL's functions of numbers that take a list or several numbers beside each other, and those that read or
round one (DMN 1.5, 10.3.4.3 to 10.3.4.5)."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from orchestrator.engine import (
    decimals,
    feel_arguments,
    feel_strict,
)
from orchestrator.engine.decimals import Number, Refused
from orchestrator.engine.sizes import Spend
from orchestrator.sentences import say

_EXACT = decimal.Context(prec=34)
OF_SEVERAL = ("product", "median", "mode", "stddev", "all", "any")
"""Functions whose values may stand beside each other as well as in a list."""
LARGEST_EXPONENT = 45
"""Of `exp`: e to the power of it has 20 digits."""
_POINTS = (".", ",")
_GROUPS = (" ", ",", ".")


def mode(
    spend: Spend,
    values: Any,
) -> list[Number]:
    """The numbers that stand most often in the list, the least first."""
    listed = _numbers(
        "mode",
        values,
        spend,
    )
    counts: dict[Decimal, int] = {}
    for number in listed:
        counts[Decimal(number)] = (
            counts.get(
                Decimal(number),
                0,
            )
            + 1
        )
    most = max(
        counts.values(),
        default=0,
    )
    return sorted(number for number, count in counts.items() if count == most)


def deviation(
    spend: Spend,
    values: Any,
) -> Number | None:
    """The standard deviation of a sample; null of fewer than two numbers."""
    listed = [
        Decimal(entry)
        for entry in _numbers(
            "stddev",
            values,
            spend,
        )
    ]
    if len(listed) < 2:
        return None
    try:
        with decimal.localcontext(_EXACT):
            mean = sum(
                listed,
                Decimal(0),
            ) / len(listed)
            squares = sum(
                ((entry - mean) ** 2 for entry in listed), Decimal(0)
            )
            return decimals.number((squares / (len(listed) - 1)).sqrt(), "")
    except decimal.DecimalException:
        raise Refused(say("数字过大")) from None


def _numbers(
    name: str,
    values: Any,
    spend: Spend,
) -> list[Number]:
    return [
        feel_arguments.number(value)
        for value in feel_arguments.entries(
            values,
            name,
            spend,
        )
    ]


def exponential(
    spend: Spend,
    value: Any,
) -> Number:
    """e to the power of the number."""
    # Worked out, a larger one would have very many digits.
    if feel_arguments.number(value) > LARGEST_EXPONENT:
        raise Refused(say("数字过大"))
    return _worked_out(
        spend,
        value,
        lambda number: number.exp(_EXACT),
    )


def logarithm(
    spend: Spend,
    value: Any,
) -> Number | None:
    """The natural logarithm; of 0 and below there is none."""
    if feel_arguments.number(value) <= 0:
        return None
    return _worked_out(
        spend,
        value,
        lambda number: number.ln(_EXACT),
    )


def _worked_out(
    spend: Spend,
    value: Any,
    operation: Callable[[Decimal], Decimal],
) -> Number:
    spend(10)
    number = Decimal(feel_arguments.number(value))
    if abs(number) > decimals.LARGEST:
        raise Refused(say("数字过大"))
    try:
        return decimals.number(operation(number), "")
    except decimal.DecimalException:
        raise Refused(say("数字过大")) from None


def read(
    spend: Spend,
    value: Any,
    group: Any,
    point: Any,
) -> Number:
    """The number that a text says with these signs between its groups and before its places. Raises
    Refused."""
    text = feel_arguments.text(
        value,
        spend,
    )
    if group not in (None, *_GROUPS) or point not in (None, *_POINTS):
        raise Refused(
            say("分组符号只能是空格、逗号或点，小数点只能是点或逗号")
        )
    if group is not None and group == point:
        raise Refused(say("分组符号和小数点不能是同一个"))
    bare = (
        text.replace(
            group,
            "",
        )
        if group
        else text
    )
    if point == "," and "." in bare:
        raise Refused(
            say(
                "“{value}”不是数字",
                value=text[:20],
            )
        )
    return feel_strict.from_text(
        spend,
        bare.replace(
            point or ".",
            ".",
        ),
    )
