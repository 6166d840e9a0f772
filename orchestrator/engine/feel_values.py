"""Functions of FEEL that our language has no words for (DMN 1.5, 10.3.4): what they give. An import and the
cells of tables write them as `feel("string join", list, ",")`."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestrator.engine import (
    comparing,
    decimals,
    feel_arguments,
    feel_clock,
    feel_contexts,
    feel_numbers,
    feel_patterns,
    feel_sorting,
    feel_strict,
    feel_types,
    operations,
)
from orchestrator.engine.decimals import Number, Refused
from orchestrator.engine.sizes import CHARACTERS, MAX_DEPTH, MAX_TEXT, Spend
from orchestrator.sentences import say

_WAYS = {
    "round half up": decimal.ROUND_HALF_UP,
    "round half down": decimal.ROUND_HALF_DOWN,
    "round up": decimal.ROUND_UP,
    "round down": decimal.ROUND_DOWN,
}
_ROOT = decimal.Context(prec=34)
_DIGITS = decimal.Context(prec=60, traps=[decimal.InvalidOperation])


def call(
    given: Sequence[Any],
    spend: Spend,
) -> Any:
    """The function that is named first, of the values behind its name; of null it is null. Raises Refused,
    and TypeError where it has other arguments."""
    if not given:
        raise TypeError
    name, *values = given
    inner = _INNER.get(name) if isinstance(name, str) else None
    if inner is not None:
        return inner(spend, *values)
    function = _FUNCTIONS.get(name) if isinstance(name, str) else None
    if function is None or not values:
        raise TypeError
    if values[0] is None:
        return None
    return function(spend, *values)


def _rounding(way: str) -> Callable[..., Number | None]:
    def rounded(
        spend: Spend,
        value: Any,
        places: Any,
    ) -> Number | None:
        spend(1)
        if places is None:
            return None
        digits = feel_arguments.whole(places)
        if abs(digits) > decimals.MAX_DIGITS:
            raise Refused(say("小数位数太多"))
        exact = Decimal(feel_arguments.number(value))
        try:
            return exact.quantize(
                Decimal(1).scaleb(-digits), rounding=way, context=_DIGITS
            )
        except decimal.DecimalException:
            raise Refused(say("数字过大")) from None

    return rounded


def _joined(
    spend: Spend,
    values: Any,
    between: Any = "",
) -> str:
    """Texts of a list, without those that are null."""
    parts = [
        feel_arguments.text(value, spend)
        for value in feel_arguments.entries(values, "string join", spend)
        if value is not None
    ]
    mark = feel_arguments.text(between or "", spend)
    gaps = max(len(parts) - 1, 0)
    length = sum(map(len, parts)) + len(mark) * gaps
    if length > MAX_TEXT:
        raise Refused(say("文字超过 {max_text} 个字符", max_text=MAX_TEXT))
    spend(length // CHARACTERS)
    return mark.join(parts)


def _before(
    spend: Spend,
    text: Any,
    mark: Any,
) -> str:
    whole = feel_arguments.text(text, spend)
    sign = feel_arguments.text(mark, spend)
    place = whole.find(sign)
    if place < 0:
        return ""
    return whole[:place]


def _after(
    spend: Spend,
    text: Any,
    mark: Any,
) -> str:
    whole = feel_arguments.text(text, spend)
    sign = feel_arguments.text(mark, spend)
    place = whole.find(sign)
    if place < 0:
        return ""
    return whole[place + len(sign) :]


def _split(
    spend: Spend,
    text: Any,
    mark: Any,
) -> list[str]:
    sign = feel_arguments.text(mark, spend)
    if not sign:
        raise Refused(say("分隔的文字不能为空"))
    parts = feel_arguments.text(text, spend).split(sign)
    spend(len(parts))
    return parts


def _distinct(
    spend: Spend,
    values: Any,
) -> list[Any]:
    kept: list[Any] = []
    for value in feel_arguments.entries(values, "distinct values", spend):
        if not any(comparing.equal(value, other, spend) for other in kept):
            kept.append(value)
    return kept


def _union(
    spend: Spend,
    *lists: Any,
) -> list[Any]:
    return _distinct(
        spend,
        [
            value
            for listed in lists
            for value in feel_arguments.entries(listed, "union", spend)
        ],
    )


def _flat(
    spend: Spend,
    values: Any,
    depth: int = 0,
) -> list[Any]:
    if depth > MAX_DEPTH:
        raise Refused(say("列表嵌套太深"))
    flat: list[Any] = []
    for value in feel_arguments.entries(values, "flatten", spend):
        if isinstance(value, (list, tuple)):
            flat += _flat(spend, value, depth + 1)
        else:
            flat.append(value)
    return flat


def _places(
    spend: Spend,
    values: Any,
    wanted: Any,
) -> list[int]:
    """Where the value stands in the list, counted from 1."""
    return [
        place
        for place, value in enumerate(
            feel_arguments.entries(values, "index of", spend), 1
        )
        if comparing.equal(value, wanted, spend)
    ]


def _removed(
    spend: Spend,
    values: Any,
    place: Any,
) -> list[Any]:
    listed = list(feel_arguments.entries(values, "remove", spend))
    del listed[_index(listed, place)]
    return listed


def _inserted(
    spend: Spend,
    values: Any,
    place: Any,
    value: Any,
) -> list[Any]:
    listed = list(feel_arguments.entries(values, "insert before", spend))
    listed.insert(_index(listed, place), value)
    return listed


def _index(
    listed: list[Any],
    place: Any,
) -> int:
    """Counted from 0, of a place that is counted from 1 or, below 0, from the end."""
    number = feel_arguments.whole(place)
    if not 1 <= abs(number) <= len(listed):
        raise Refused(say("列表没有第 {number} 项", number=number))
    if number > 0:
        return number - 1
    return len(listed) + number


def _product(
    spend: Spend,
    values: Any,
) -> Number | None:
    factors = [
        feel_arguments.number(value)
        for value in feel_arguments.entries(values, "product", spend)
    ]
    if not factors:
        return None
    product: Number = 1
    for factor in factors:
        product = decimals.calculate(
            lambda a, b: a * b,
            product,
            factor,
            "",
        )
    return product


def _median(
    spend: Spend,
    values: Any,
) -> Number | None:
    listed = sorted(
        feel_arguments.number(value)
        for value in feel_arguments.entries(values, "median", spend)
    )
    if not listed:
        return None
    middle = len(listed) // 2
    if len(listed) % 2:
        return listed[middle]
    both = listed[middle - 1], listed[middle]
    total = decimals.calculate(lambda a, b: a + b, *both, "")
    return decimals.calculate(decimals.quotient, total, 2, "")


def _root(
    spend: Spend,
    value: Any,
) -> Number | None:
    """The square root; None for a number below 0."""
    spend(1)
    number = Decimal(feel_arguments.number(value))
    if number < 0:
        return None
    return number.sqrt(_ROOT)


def _count_through(
    spend: Spend,
    first: Any,
    last: Any,
) -> list[int]:
    """The whole numbers from the first to the last, both included, upwards or downwards."""
    begin, end = feel_arguments.whole(first), feel_arguments.whole(last)
    spend(1 + abs(end - begin))
    if begin <= end:
        return list(range(begin, end + 1))
    return list(range(begin, end - 1, -1))


def _of(
    spend: Spend,
    item: Any,
    name: str,
    otherwise: Any = None,
) -> Any:
    """What a name in a filter means: the entry of the item that is called so, or else what it means
    outside."""
    spend(1)
    if isinstance(item, Mapping) and name in item:
        return item[name]
    return otherwise


def _along(
    spend: Spend,
    holder: Any,
    name: str,
) -> Any:
    """`holder.name`, of a list that of each of its entries."""
    if isinstance(holder, (list, tuple)):
        spend(1 + len(holder))
        return [operations.member(entry, name) for entry in holder]
    return operations.member(holder, name)


def _at(
    spend: Spend,
    listed: Any,
    place: Any,
    *names: str,
) -> Any:
    """The entry at a place that is counted from 1 or, below 0, from the end; null where there is none.
    `names`: those that the place is worked out from, which would be the entries' own if they had them."""
    if isinstance(listed, Mapping):
        raise Refused(
            say(
                "{name} 只用于列表，这里是{kind}",
                name="[…]",
                kind=decimals.kind(listed),
            ),
        )
    entries = feel_arguments.entries(listed, "[…]", spend)
    if any(
        isinstance(entry, Mapping) and not entry.keys().isdisjoint(names)
        for entry in entries
    ):
        raise Refused(say("方括号里的名称也是列表各项里的，请先存成变量"))
    number = feel_arguments.whole(place)
    if not 1 <= abs(number) <= len(entries):
        return None
    return entries[number - 1 if number > 0 else number]


_INNER: dict[str, Callable[..., Any]] = {
    "..": _count_through,
    "item": _of,
    ".": _along,
    "[]": _at,
    "instance of": feel_types.is_instance,
    "sort": feel_sorting.in_order,
}
"""What the reading of FEEL writes for its signs: no functions that FEEL has."""
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _rounding(way) for name, way in _WAYS.items()},
    "string join": _joined,
    "substring before": _before,
    "substring after": _after,
    "split": _split,
    "distinct values": _distinct,
    "union": _union,
    "flatten": _flat,
    "index of": _places,
    "remove": _removed,
    "insert before": _inserted,
    "product": _product,
    "median": _median,
    "sqrt": _root,
    "mode": feel_numbers.mode,
    "stddev": feel_numbers.deviation,
    "exp": feel_numbers.exponential,
    "log": feel_numbers.logarithm,
    "floor": _rounding(decimal.ROUND_FLOOR),
    "ceiling": _rounding(decimal.ROUND_CEILING),
    "number by signs": feel_numbers.read,
    "get entries": feel_contexts.entries,
    "context merge": feel_contexts.merged,
    "context": feel_contexts.made,
    "list replace": feel_contexts.replaced,
    "**": feel_strict.power,
    "all": feel_strict.all_true,
    "any": feel_strict.any_true,
    "decimal": _rounding(decimal.ROUND_HALF_EVEN),
    "round half even": _rounding(decimal.ROUND_HALF_EVEN),
    "number": feel_strict.from_text,
    "string": feel_strict.as_text,
    "substring": feel_strict.substring,
    "sublist": feel_strict.sublist,
    "of type": feel_types.of_type,
    "matches": feel_patterns.matches,
    "replace": feel_patterns.replaced,
    "split by pattern": feel_patterns.parted,
    **feel_clock.FUNCTIONS,
}
ARGUMENTS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(_WAYS, (2,)),
    "string join": (1, 2),
    "substring before": (2,),
    "substring after": (2,),
    "split": (2,),
    "distinct values": (1,),
    "union": tuple(range(1, 9)),
    "flatten": (1,),
    "index of": (2,),
    "remove": (2,),
    "insert before": (3,),
    "product": (1,),
    "median": (1,),
    "sqrt": (1,),
    "mode": (1,),
    "stddev": (1,),
    "exp": (1,),
    "log": (1,),
    "floor": (2,),
    "ceiling": (2,),
    "get entries": (1,),
    "context merge": (1,),
    "context": (1,),
    "list replace": (3,),
    "of type": (2, 3),
    "matches": (2, 3),
    "replace": (3, 4),
    **feel_clock.ARGUMENTS,
}
"""Each function → how many arguments it may have."""
