"""FEEL's functions of contexts, which are groups of values by key (DMN 1.5, 10.3.4.7), and of one place of a
list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.engine import decimals, feel_arguments
from orchestrator.engine.decimals import Refused
from orchestrator.engine.sizes import Spend
from orchestrator.sentences import say


def entries(
    spend: Spend,
    holder: Any,
) -> list[dict[str, Any]]:
    """Each key with its value, as groups of `key` and `value`."""
    group = _group(
        "get entries",
        holder,
        spend,
    )
    return [{"key": key, "value": value} for key, value in group.items()]


def merged(
    spend: Spend,
    holders: Any,
) -> dict[str, Any]:
    """One group of all; where two have a key, the later one counts."""
    whole: dict[str, Any] = {}
    for holder in feel_arguments.entries(
        holders,
        "context merge",
        spend,
    ):
        whole |= _group(
            "context merge",
            holder,
            spend,
        )
    return whole


def made(
    spend: Spend,
    pairs: Any,
) -> dict[str, Any] | None:
    """The group of these pairs of `key` and `value`; null where a key stands twice. Raises Refused."""
    whole: dict[str, Any] = {}
    for pair in feel_arguments.entries(
        pairs,
        "context",
        spend,
    ):
        group = _group(
            "context",
            pair,
            spend,
        )
        if "key" not in group or "value" not in group:
            raise Refused(say("context 的每一项都要有 key 和 value"))
        key = feel_arguments.text(
            group["key"],
            spend,
        )
        if key in whole:
            return None
        whole[key] = group["value"]
    return whole


def replaced(
    spend: Spend,
    values: Any,
    place: Any,
    value: Any,
) -> list[Any]:
    """The list with another entry at a place that is counted from 1 or from the end. Raises Refused where
    there is none."""
    listed = list(
        feel_arguments.entries(
            values,
            "list replace",
            spend,
        )
    )
    number = feel_arguments.whole(place)
    if not 1 <= abs(number) <= len(listed):
        raise Refused(
            say(
                "列表没有第 {number} 项",
                number=number,
            )
        )
    listed[number - 1 if number > 0 else number] = value
    return listed


def _group(
    name: str,
    holder: Any,
    spend: Spend,
) -> Mapping[str, Any]:
    if not isinstance(
        holder,
        Mapping,
    ):
        raise Refused(
            say(
                "{name} 只用于一组值，这里是{kind}",
                name=name,
                kind=decimals.kind(holder),
            ),
        )
    spend(1 + len(holder))
    return holder
