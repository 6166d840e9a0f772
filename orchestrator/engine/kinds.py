"""Values that must be of one kind, because a method of another language is there for that kind alone."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestrator.engine import comparing
from orchestrator.engine.decimals import (
    Number,
    Refused,
    is_number,
    kind,
    number,
)
from orchestrator.engine.operations import add, pick
from orchestrator.engine.sizes import Spend, shown
from orchestrator.sentences import say

_IS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: is_number(value) and not isinstance(value, bool),
    "truth": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, (list, tuple)),
    "group": lambda value: isinstance(value, Mapping),
    "null": lambda value: value is None,
    "whole": lambda value: _is_whole(value),
}
"""How an expression calls a kind → whether a value is of it."""
WORDS = {
    "text": say("文字"),
    "number": say("数字"),
    "truth": say("真假值"),
    "list": say("列表"),
    "group": say("一组值"),
    "null": say("空值"),
    "whole": say("整数"),
}
"""Kind → what it is called in a sentence."""
_LONGEST = 10**15
"""Whole numbers up to here are written alike in every language."""


def _is_whole(value: Any) -> bool:
    counts = is_number(value) and not isinstance(value, bool)
    return counts and value == int(value)


def only(value: Any, kinds: Sequence[Any]) -> Any:
    """The value, which must be of one of the kinds. Raises Refused, and TypeError for a kind that there is
    not."""
    if not kinds or any(name not in _IS for name in kinds):
        raise TypeError
    if any(_IS[name](value) for name in kinds):
        return value
    raise Refused(
        say(
            "这里应是{wanted}，现为{found}",
            wanted="、".join(WORDS[name] for name in kinds),
            found=kind(value),
        ),
    )


def entry(holder: Any, place: Any, spend: Spend) -> Any:
    """The entry of a list at the place, which counts from 0, or of a group under the name: `entry(["a"], 0)`
    is `"a"`. Raises Refused for a text, which has no entries, and for a place below 0."""
    only(holder, ("list", "group"))
    if is_number(place) and place < 0:
        raise Refused(
            say("位置“{place}”不能是负数，各语言对它的理解不同", place=place),
        )
    return pick(holder, place, spend)


def same(left: Any, right: Any, spend: Spend) -> bool:
    """Whether both values have one kind and are equal, as `===` asks in JavaScript: `same(1, "1")` is false.
    Raises Refused for two lists or two groups, of which `===` asks whether they are one object."""
    if _holds(left) and _holds(right):
        raise Refused(
            say("两个列表或两组值不能比较是不是同一个，请比较其中的值"),
        )
    return comparing.same(left, right, spend)


def alike(left: Any, right: Any, spend: Spend) -> bool:
    """Whether the values are equal where `==` means the same in Groovy and in JavaScript: two values of one
    kind, or one that is None. Raises Refused for two kinds, which the two languages convert differently."""
    if left is None or right is None:
        return left is right
    if kind(left) != kind(right):
        raise Refused(
            say(
                "{kind}和{other_kind}不能比较是否相等，请把两边写成同一种",
                kind=kind(left),
                other_kind=kind(right),
            ),
        )
    return same(left, right, spend)


def _holds(value: Any) -> bool:
    return isinstance(value, (list, tuple, Mapping))


def plus(given: Sequence[Any], spend: Spend) -> Any:
    """What `+` gives in Groovy and in JavaScript, from left to right: it adds numbers, and joins texts with
    what stands beside them, so that `1 + 2 + "a"` is `"3a"`. Raises Refused where the two languages differ,
    or write a value in two ways."""
    if not given:
        raise TypeError
    result = given[0]
    for value in given[1:]:
        if isinstance(result, str) or isinstance(value, str):
            result = add(_written(result), _written(value), spend)
        else:
            result = add(
                only(result, ("number",)),
                only(value, ("number",)),
                spend,
            )
    return result


def _written(value: Any) -> str:
    """The value as Groovy and JavaScript both write it into a text. Raises Refused."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if is_number(value):
        exact = number(value, "")
        if isinstance(exact, int) and abs(exact) < _LONGEST:
            return str(exact)
        if _is_short(exact):
            return str(exact)
    raise Refused(
        say(
            "{kind}“{value}”写进文字里各语言写法不同，请先改写成文字",
            kind=kind(value),
            value=shown(value),
        ),
    )


def _is_short(value: Number) -> bool:
    """Whether a number with decimal places is written without an exponent everywhere; `5.0` is `5` in
    JavaScript."""
    if value == int(value):
        return isinstance(value, Decimal) and value.as_tuple().exponent == 0
    size = abs(Decimal(value))
    return Decimal("0.001") <= size < 10**7 and str(value)[-1] != "0"


def shared(left: Any, right: Any) -> Number:
    """As Groovy's `/` of numbers that divide without a rest that goes on for ever, which it rounds. Raises
    Refused."""
    whole, by = (number(value, say("除号")) for value in (left, right))
    if by == 0:
        raise Refused(say("除数为零"))
    context = decimal.Context(prec=30, traps=[decimal.Inexact])
    try:
        return context.divide(Decimal(whole), Decimal(by))
    except decimal.Inexact:
        raise Refused(
            say(
                "{whole} 除以 {by} 除不尽，各语言取的位数不同",
                whole=whole,
                by=by,
            ),
        ) from None
