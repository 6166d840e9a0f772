"""FEEL's `sort(list, function(x, y) x.a < y.a)` (DMN 1.5, 10.3.4.8): the order of one entry, upwards or
downwards. Entries that are the same keep their order."""

from __future__ import annotations

import ast
from functools import cmp_to_key
from typing import Any

from orchestrator.engine import (
    comparing,
    decimals,
    feel_arguments,
    operations,
)
from orchestrator.engine.decimals import Refused
from orchestrator.engine.sizes import Spend
from orchestrator.engine.translating import ATOM, Part, Untranslatable
from orchestrator.sentences import say


def part(listed: Part, names: tuple[str, str], precedes: Part) -> Part:
    """The call for a list and what the function of the two names says. Raises Untranslatable where that is
    not the order of one entry of theirs."""
    node = ast.parse(
        precedes[0].strip(),
        mode="eval",
    ).body
    if (
        isinstance(
            node,
            ast.Compare,
        )
        and len(node.ops) == 1
    ):
        left = _path(node.left)
        right = _path(node.comparators[0])
        falls = isinstance(
            node.ops[0],
            ast.Gt,
        )
        is_order = falls or isinstance(
            node.ops[0],
            ast.Lt,
        )
        roots = (left[0], right[0])
        if roots == names[::-1]:
            roots, falls = names, not falls
        if is_order and roots == names and left[1:] == right[1:]:
            keys = "".join(f", {key!r}" for key in left[1:])
            return (
                f'feel("sort", {listed[0]}, {str(falls).lower()}{keys})',
                ATOM,
            )
    raise Untranslatable(
        say("sort 的函数只能比较两项的同一个值，如 function(x, y) x.a < y.a"),
    )


def _path(node: ast.expr) -> list[str]:
    """The variable and the keys behind it; a place that nothing equals for anything else."""
    if isinstance(
        node,
        ast.Name,
    ):
        return [node.id]
    if isinstance(
        node,
        ast.Attribute,
    ):
        return [*_path(node.value), node.attr]
    return [""]


def in_order(
    spend: Spend,
    values: Any,
    falls: bool,
    *keys: str,
) -> list[Any] | None:
    """The list in the order of what stands behind these keys. Raises Refused for values without an order."""
    if values is None:
        return None
    entries = feel_arguments.entries(
        values,
        "sort",
        spend,
    )
    pairs = [
        (
            _value(
                entry,
                keys,
            ),
            entry,
        )
        for entry in entries
    ]
    sign = -1 if falls else 1

    def compared(one: tuple[Any, Any], other: tuple[Any, Any]) -> int:
        return sign * comparing.order(
            one[0],
            other[0],
            spend,
        )

    return [
        entry
        for _value, entry in sorted(
            pairs,
            key=cmp_to_key(compared),
        )
    ]


def _value(entry: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        entry = operations.member(
            entry,
            key,
        )
    is_text = isinstance(
        entry,
        str,
    )
    is_number = decimals.is_number(entry) and not isinstance(
        entry,
        bool,
    )
    if not is_text and not is_number:
        raise Refused(
            say(
                "sort 只排数字和文字，这里是{kind}",
                kind=decimals.kind(entry),
            ),
        )
    return entry
