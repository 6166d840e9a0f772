"""How expressions compare values: what is equal, what is less, and what counts as true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from orchestrator.engine import feel_temporal
from orchestrator.engine.decimals import Refused, is_number, kind, number
from orchestrator.engine.editions import (
    CURRENT,
    KINDS_IN_CELLS,
    Edition,
)
from orchestrator.engine.sizes import (
    CHARACTERS,
    MAX_DEPTH,
    Spend,
    shown,
)
from orchestrator.sentences import say

_WHOLE = re.compile(r"[-+]?[0-9]+")
# One way alone to match digits: two of them make a long text take for ever.
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
)
Comparing = Callable[[Any, Any, Spend, Edition], bool]
"""Whether the comparison of the left with the right holds. Raises Refused."""


def equal(
    left: Any,
    right: Any,
    spend: Spend,
    depth: int = 0,
    *,
    edition: Edition = CURRENT,
) -> bool:
    """As `==`, numbers by their decimal value; a truth value is no number, but was one in the first
    edition."""
    spend(1)
    apart = edition is not Edition.FIRST
    if apart and isinstance(left, bool) is not isinstance(right, bool):
        return False
    if is_number(left) and is_number(right):
        return number(left, "") == number(right, "")
    if isinstance(left, str) and isinstance(right, str):
        spend(min(len(left), len(right)) // CHARACTERS)
        return left == right
    if depth > MAX_DEPTH:
        raise Refused(say("列表嵌套超过 {max_depth} 层", max_depth=MAX_DEPTH))
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        same = len(left) == len(right)
        return same and all(
            equal(
                a,
                b,
                spend,
                depth + 1,
                edition=edition,
            )
            for a, b in zip(left, right, strict=True)
        )
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        same = len(left) == len(right)
        return same and all(
            key in right
            and equal(
                value,
                right[key],
                spend,
                depth + 1,
                edition=edition,
            )
            for key, value in left.items()
        )
    if isinstance(left, (list, tuple, Mapping)) or isinstance(
        right,
        (list, tuple, Mapping),
    ):
        return False
    if feel_temporal.is_one(left) or feel_temporal.is_one(right):
        return feel_temporal.equal(left, right)
    return bool(left == right)


def compared(
    left: Any,
    right: Any,
    spend: Spend,
    edition: Edition = CURRENT,
) -> bool:
    """As `equal`. Raises Refused for values of two kinds that are the same in one language and two different
    things in another: `"1"` and `1`, `true` and `1`, `""` and `0`, a text and `false`, which Camunda 7 and
    Flowable take for the same; Python and FEEL each have their own. The first edition refused the text that
    spells a number or a truth value, and no more."""
    if isinstance(left, str) and isinstance(right, str):
        return equal(left, right, spend, edition=edition)
    first = edition is Edition.FIRST
    alike = _spells if first else _same_somewhere
    for one, other in ((left, right), (right, left)):
        if isinstance(one, str) and alike(one, other):
            raise _of_two_kinds(one, other)
        if first:
            continue
        if isinstance(one, bool) and _counts(other) and one == other:
            raise _of_two_kinds(one, other)
        if edition >= Edition.SIXTH and _cannot_become(one, other):
            raise _of_two_kinds(one, other)
    return equal(left, right, spend, edition=edition)


def _of_two_kinds(
    one: Any,
    other: Any,
) -> Refused:
    words = _shown(one)
    other_words = _shown(other)
    return Refused(
        say(
            "{words}和{other_words}不能比较是否相等，请把两边写成同一种",
            words=words,
            other_words=other_words,
        ),
    )


def _shown(value: Any) -> str:
    """The kind of the value and the value itself; of a list only that it is one."""
    if isinstance(value, (list, tuple, Mapping)):
        return kind(value)
    if isinstance(value, str):
        written = value.strip()
    else:
        written = str(value).lower()
    return say(
        "{kind}“{value}”",
        kind=kind(value),
        value=written[:40],
    )


def _cannot_become(
    one: Any,
    other: Any,
) -> bool:
    """Whether Camunda 7 and Flowable fail when they turn the first value into the second one's kind (EL 2.2,
    1.8.2 and 1.18): a text into a number, where the empty one is 0, a truth or a list into a number, a list
    into a truth or a text."""
    if isinstance(one, (list, tuple, Mapping)):
        if isinstance(other, str):
            return other[:1] in ("[", "{")
        return is_number(other)
    if not _counts(other):
        return False
    if isinstance(one, bool):
        return True
    if not isinstance(one, str):
        return False
    if one == "":
        return False
    return not _is_spelled(one, other)


def _is_spelled(
    text: str,
    number_beside: Any,
) -> bool:
    """Whether the text can be read as a number of that kind: beside a whole one only as a whole one."""
    value = Decimal(number(number_beside, ""))
    if value == value.to_integral_value():
        pattern = _WHOLE
    else:
        pattern = _NUMBER
        text = text.strip()
    return pattern.fullmatch(text) is not None


def _same_somewhere(
    text: str,
    value: Any,
) -> bool:
    """Whether a language takes the text for the same as the number or truth value."""
    if isinstance(value, bool):
        return value is False or _spells(text, value)
    return _spells(text, value) or (
        text == "" and is_number(value) and value == 0
    )


def _spells(
    text: str,
    value: Any,
) -> bool:
    if isinstance(value, bool):
        return text.strip().lower() == str(value).lower()
    if not is_number(value):
        return False
    try:
        return len(text) <= 40 and Decimal(text.strip()) == number(value, "")
    except InvalidOperation:
        return False


def fits(
    value: Any,
    wanted: Any,
    spend: Spend,
) -> bool:
    """Whether the input's value fulfils a cell of that value (DMN 1.5, 7.3.3): it is the same, stands in the
    list, or the cell is a condition that holds. Raises Refused as `compared`."""
    if isinstance(wanted, bool) and not isinstance(value, bool):
        return wanted
    if isinstance(wanted, (list, tuple)):
        inside = any(
            compared(value, entry, spend, KINDS_IN_CELLS) for entry in wanted
        )
        return inside or equal(value, wanted, spend)
    return compared(value, wanted, spend, KINDS_IN_CELLS)


def differs(
    value: Any,
    others: Sequence[Any],
    spend: Spend,
) -> bool:
    """Whether FEEL's `!=` is true of the value and each of the others: of two kinds beside each other it is
    null, and only nothing may stand beside any kind. Raises Refused as `compared`, and TypeError without
    others."""
    if not others:
        raise TypeError
    results = [_differs(value, other, spend) for other in others]
    return all(results)


def _differs(
    value: Any,
    other: Any,
    spend: Spend,
) -> bool:
    if value is None or other is None:
        return value is not other
    same = compared(value, other, spend, KINDS_IN_CELLS)
    return not same and _sort(value) == _sort(other)


def misses(
    value: Any,
    wanted: Any,
    spend: Spend,
) -> bool:
    """Whether FEEL's `not(…)` around a cell of that value is true: it does not fit, and is of its kind."""
    if isinstance(wanted, (list, tuple)) or (
        isinstance(wanted, bool) and not isinstance(value, bool)
    ):
        return not fits(value, wanted, spend)
    return differs(value, [wanted], spend)


def _sort(value: Any) -> str:
    """The kind of value that FEEL tells apart."""
    if isinstance(value, bool):
        return "truth"
    if is_number(value):
        return "number"
    if isinstance(value, (list, tuple)):
        return "list"
    if isinstance(value, str) or feel_temporal.is_one(value):
        # A variable keeps days and times as texts.
        return "text"
    return "group" if isinstance(value, Mapping) else type(value).__name__


def truth(value: Any) -> bool:
    """Whether the value counts as true. Raises Refused for the texts `true` and `false`, which count as their
    own opposite in one language or another."""
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        raise Refused(
            say(
                '“{value}”是文字，不是真假，请与 "{value}" 比较，或把变量改为真假值',
                value=value.strip(),
            ),
        )
    return bool(value)


def only_truth(value: Any) -> bool:
    """The value, which must be true or false itself. Raises Refused."""
    if not isinstance(value, bool):
        raise Refused(
            say(
                "条件的值应是真假，这里是{kind}“{value}”，请写成比较",
                kind=kind(value),
                value=shown(value),
            ),
        )
    return value


def refuse_truths(
    values: Iterable[Any],
    what: str,
    edition: Edition,
) -> None:
    """Raises Refused where a truth value is among them, saying what only numbers are for: Camunda 7, Flowable
    and FEEL count none as 0 or 1. The first edition did."""
    if edition is Edition.FIRST:
        return
    for value in values:
        if isinstance(value, bool):
            raise Refused(
                say(
                    "{what}只用于数字，这里是{kind}",
                    what=what,
                    kind=kind(value),
                ),
            )


def order(
    left: Any,
    right: Any,
    spend: Spend,
    depth: int = 0,
) -> int:
    """Below, at or above zero as the left is less, the same or more. Raises Refused for values without an
    order."""
    spend(1)
    if is_number(left) and is_number(right):
        first = number(left, "")
        second = number(right, "")
        return (first > second) - (first < second)
    if isinstance(left, str) and isinstance(right, str):
        spend(min(len(left), len(right)) // CHARACTERS)
        return (left > right) - (left < right)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        if depth > MAX_DEPTH:
            raise Refused(
                say("列表嵌套超过 {max_depth} 层", max_depth=MAX_DEPTH),
            )
        for one, other in zip(left, right, strict=False):
            count = order(one, other, spend, depth + 1)
            if count:
                return count
        return (len(left) > len(right)) - (len(left) < len(right))
    if feel_temporal.is_one(left) or feel_temporal.is_one(right):
        return feel_temporal.order(left, right)
    raise _without_order(left, right)


def _without_order(
    left: Any,
    right: Any,
) -> Refused:
    return Refused(
        say(
            "{kind}和{other_kind}不能比较大小",
            kind=kind(left),
            other_kind=kind(right),
        ),
    )


def ordered(
    holds: Callable[[int], bool],
) -> Comparing:
    """A comparison of sizes. A variable without a value is neither more nor less than anything, as in Camunda
    7: the comparison is false, and does not fail."""

    def compare(left: Any, right: Any, spend: Spend, edition: Edition) -> bool:
        left, right = feel_temporal.unfilled(left, right)
        if left is None or right is None:
            return left is right and holds(0)
        truths = isinstance(left, bool) or isinstance(right, bool)
        if truths and edition is not Edition.FIRST:
            raise _without_order(left, right)
        lists = isinstance(left, (list, tuple))
        if lists and edition >= Edition.FIFTH:
            raise _without_order(left, right)
        return holds(order(left, right, spend))

    return compare


def same(
    left: Any,
    right: Any,
    spend: Spend,
    edition: Edition = CURRENT,
) -> bool:
    """Whether both have the same kind and the same value, as `is` asks."""
    alike = type(left) is type(right) or (_counts(left) and _counts(right))
    return alike and equal(left, right, spend, edition=edition)


def _counts(value: Any) -> bool:
    return is_number(value) and not isinstance(value, bool)
