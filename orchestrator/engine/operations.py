"""What expressions do with values: each operation counts its work beforehand, keeps within a size, and counts
numbers in decimals.

Nothing here is done by an operation of Python whose cost or result could be larger than what was counted for
it: `0.1 + 0.2` is `0.3`, and a list that holds itself thirty times over is as large as written out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from orchestrator.engine import feel_counting, feel_temporal
from orchestrator.engine.comparing import equal, order
from orchestrator.engine.decimals import (
    Number,
    Refused,
    calculate,
    is_number,
    kind,
    number,
)
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.sizes import CHARACTERS, MAX_TEXT, Spend, shown
from orchestrator.sentences import say


def contains(
    holder: Any,
    value: Any,
    spend: Spend,
    edition: Edition = CURRENT,
) -> bool:
    """What `value in holder` gives."""
    if isinstance(holder, str):
        if not isinstance(value, str):
            raise Refused(
                say("in 的左边应是文字，这里是{kind}", kind=kind(value)),
            )
        spend(1 + (len(holder) + len(value)) // CHARACTERS)
        return value in holder
    if isinstance(holder, (list, tuple)):
        return any(
            equal(value, entry, spend, edition=edition) for entry in holder
        )
    if isinstance(holder, Mapping):
        return key_of(value) in holder
    raise Refused(
        say(
            "in 的右边应是列表、文字或一组值，这里是{kind}",
            kind=kind(holder),
        ),
    )


# ---- texts
# and lists


def add(left: Any, right: Any, spend: Spend) -> Any:
    """Numbers added; two lists joined, and two texts, whatever they write."""
    if isinstance(left, str) and isinstance(right, str):
        size = len(left) + len(right)
        if size > MAX_TEXT:
            raise Refused(say("文字超过 {max_text} 个字符", max_text=MAX_TEXT))
        spend(1 + size // CHARACTERS)
        return left + right
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        spend(1 + len(left) + len(right))
        return [*left, *right]
    if is_number(left) and is_number(right):
        return calculate(lambda a, b: a + b, left, right, say("加号"))
    if feel_temporal.is_one(left) or feel_temporal.is_one(right):
        return feel_counting.calculated("+", left, right, say("加号"))
    raise Refused(
        say(
            "{kind}和{other_kind}不能相加",
            kind=kind(left),
            other_kind=kind(right),
        ),
    )


def total(values: Any, spend: Spend, start: Any = 0) -> Number:
    """The sum of numbers."""
    result = number(start, "sum ")
    for entry in entries(values, "sum", spend):
        result = calculate(lambda a, b: a + b, result, entry, "sum ")
    return result


def extreme(name: str, sign: int, given: Sequence[Any], spend: Spend) -> Any:
    """The least (sign -1) or greatest (1) of the values, or of the one list."""
    if len(given) == 1:
        values = entries(given[0], name, spend)
    else:
        values = given
    if not values:
        raise Refused(say("{name} 没有可比的值", name=name))
    best = values[0]
    for value in values[1:]:
        if order(value, best, spend) * sign > 0:
            best = value
    return best


def in_order(values: Any, spend: Spend) -> list[Any]:
    """The list, the least first."""
    return sorted(
        entries(values, "sorted", spend),
        key=cmp_to_key(lambda a, b: order(a, b, spend)),
    )


def entries(values: Any, name: str, spend: Spend) -> Sequence[Any]:
    """What stands in a list, or the names in a group of values. Raises Refused for anything else."""
    if isinstance(values, Mapping):
        values = list(values)
    if not isinstance(values, (list, tuple)):
        raise Refused(
            say(
                "{name} 只用于列表，这里是{kind}",
                name=name,
                kind=kind(values),
            ),
        )
    spend(1 + len(values))
    return values


def only_text(given: Sequence[Any], spend: Spend) -> str:
    """The one value, which must be a text. Raises TypeError where there are others."""
    if len(given) != 1:
        raise TypeError
    value = given[0]
    if not isinstance(value, str):
        raise Refused(say("只用于文字，这里是{kind}", kind=kind(value)))
    spend(1 + len(value) // CHARACTERS)
    return value


def given(value: Any) -> Any:
    """The value, of which a method is asked elsewhere: nothing has none. Raises Refused."""
    if value is None:
        raise Refused(say("空值没有可调用的方法，请先填写这个变量"))
    return value


def length(value: Any) -> int:
    """Characters of a text, values of a list or group."""
    if not isinstance(value, (str, list, tuple, Mapping)):
        raise Refused(
            say("len 只用于文字和列表，这里是{kind}", kind=kind(value)),
        )
    return len(value)


def put(holder: Any, pairs: Sequence[Any], spend: Spend) -> dict[Any, Any]:
    """A copy of the group with each of the keys set to the value that follows it; a list of keys leads to a
    group inside. Nothing counts as a group without entries, as in Camunda 8."""
    if len(pairs) % 2:
        raise TypeError
    if holder is not None and not isinstance(holder, Mapping):
        raise Refused(
            say(
                "put 只用于一组值，“{key}”所在的是{kind}",
                key=shown(pairs[0] if pairs else ""),
                kind=kind(holder),
            ),
        )
    result = holder
    for place in range(0, len(pairs), 2):
        key, value = pairs[place : place + 2]
        way = list(key) if isinstance(key, (list, tuple)) else [key]
        if not way:
            raise Refused(say("put 需要写明放在哪一项"))
        result = _put(result, way, value, spend)
    return dict(result or {})


def _put(holder: Any, way: list[Any], value: Any, spend: Spend) -> Any:
    if not way:
        return value
    if holder is not None and not isinstance(holder, Mapping):
        raise Refused(
            say(
                "put 只用于一组值，“{key}”所在的是{kind}",
                key=shown(way[0]),
                kind=kind(holder),
            ),
        )
    copied = dict(holder or {})
    spend(1 + len(copied))
    first = key_of(way[0])
    copied[first] = _put(copied.get(first), way[1:], value, spend)
    return copied


def pick(holder: Any, key: Any, spend: Spend) -> Any:
    """As `holder[key]`. Raises Refused where it is not there."""
    if isinstance(holder, Mapping):
        result = key_of(key)
        if result not in holder:
            raise Refused(say("没有“{key}”这一项", key=shown(key)))
        return holder[result]
    if not isinstance(holder, (str, list, tuple)):
        raise Refused(say("{kind}不能用方括号取值", kind=kind(holder)))
    if isinstance(key, slice):
        spend(
            1 + len(holder) // (CHARACTERS if isinstance(holder, str) else 1),
        )
        return holder[key]
    place = key_of(key)
    if isinstance(place, bool) or not isinstance(place, int):
        raise Refused(say("列表的序号应是整数，从 0 开始"))
    if not -len(holder) <= place < len(holder):
        raise Refused(
            say(
                "列表只有 {count} 项，没有序号 {place}",
                count=len(holder),
                place=place,
            ),
        )
    return holder[place]


def bound(value: Any) -> int | None:
    """An end of a slice."""
    if value is None:
        return None
    result = key_of(value)
    if isinstance(result, bool) or not isinstance(result, int):
        raise Refused(say("列表的序号应是整数，从 0 开始"))
    return result


def key_of(value: Any) -> Any:
    """The value as a name in a group of values: a text, a number, true, false or nothing."""
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        raise Refused(say("数字过大"))
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        return float(value)
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise Refused(say("{kind}不能作为名称", kind=kind(value)))


def member(holder: Any, name: str) -> Any:
    """As `holder.name`, also of a day or a time; None where it is not there."""
    if not isinstance(holder, Mapping):
        found = feel_temporal.of_text(holder, name)
        if found is not None:
            return feel_temporal.member(found, name)
    if not isinstance(holder, Mapping):
        raise Refused(say("“{name}”前面不是一组值", name=shown(name)))
    return holder.get(name)
