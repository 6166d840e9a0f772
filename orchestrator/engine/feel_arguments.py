"""What functions of FEEL take: a value of the kind that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.engine import decimals
from orchestrator.engine.decimals import Number, Refused, kind
from orchestrator.engine.sizes import CHARACTERS, Spend
from orchestrator.sentences import say


def number(value: Any) -> Number:
    """The number that the value is. Raises Refused for any other kind."""
    if isinstance(
        value,
        bool,
    ) or not decimals.is_number(value):
        raise Refused(
            say(
                "只用于数字，这里是{kind}",
                kind=kind(value),
            )
        )
    return decimals.number(
        value,
        "",
    )


def whole(value: Any) -> int:
    """The whole number that the value is. Raises Refused for any other."""
    given = number(value)
    if given != int(given):
        raise Refused(
            say(
                "这里应是整数，现为“{value}”",
                value=value,
            )
        )
    return int(given)


def entries(value: Any, name: str, spend: Spend) -> Sequence[Any]:
    """What stands in the list that the value is. Raises Refused for any other kind: a group is no list."""
    if not isinstance(value, (list, tuple)):
        raise Refused(
            say(
                "{name} 只用于列表，这里是{kind}",
                name=name,
                kind=kind(value),
            ),
        )
    spend(1 + len(value))
    return value


def text(value: Any, spend: Spend) -> str:
    """The text that the value is. Raises Refused for any other kind."""
    if not isinstance(
        value,
        str,
    ):
        raise Refused(
            say(
                "只用于文字，这里是{kind}",
                kind=kind(value),
            )
        )
    spend(1 + len(value) // CHARACTERS)
    return value
