"""How large a value is when it is written out, each part counted as often as it is read, and the value
written out."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from orchestrator.engine import feel_temporal
from orchestrator.engine.decimals import Refused
from orchestrator.engine.values import Value
from orchestrator.sentences import say

MAX_TEXT = 100_000
"""Characters of a text."""
MAX_NODES = 100_000
"""Values of a nested list or mapping."""
MAX_DEPTH = 60
"""Lists and mappings inside each other."""
CHARACTERS = 16
"""Characters of a text that cost as much as one value."""

SHOWN = 40
"""Characters of a value in a sentence."""
_BEGINNINGS = reprlib.Repr()
_BEGINNINGS.maxlevel = 3
_BEGINNINGS.maxstring = SHOWN

Spend = Callable[[int], None]
"""Takes units of work from the budget; raises Refused when it is used up."""


def plain(value: Any, spend: Spend) -> Value:
    """The value as it is kept, written out in full: decimals as numbers of JSON. Raises Refused for one too
    large."""
    if value is None or isinstance(value, (bool, int)):
        # What most expressions give, without the walk through what may hold others.
        spend(1)
        return value
    return _Plain(spend).of(value, 0)


class _Plain:
    def __init__(self, spend: Spend) -> None:
        self.spend = spend
        self.nodes = self.characters = 0

    def of(self, value: Any, depth: int) -> Value:
        self.spend(1)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Refused(say("内容超过 {max_nodes} 项", max_nodes=MAX_NODES))
        if depth > MAX_DEPTH:
            raise Refused(
                say("列表嵌套超过 {max_depth} 层", max_depth=MAX_DEPTH),
            )
        if isinstance(value, str):
            self.characters += len(value)
            self.spend(len(value) // CHARACTERS)
            if self.characters > 10 * MAX_TEXT:
                raise Refused(
                    say("文字合计超过 {text} 个字符", text=10 * MAX_TEXT),
                )
            return value
        if isinstance(value, Decimal):
            return _json_number(value)
        if feel_temporal.is_one(value):
            return str(value.kept)
        if isinstance(value, Mapping):
            return {
                key: self.of(entry, depth + 1) for key, entry in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.of(entry, depth + 1) for entry in value]
        kept: Value = value
        return kept


def _json_number(value: Decimal) -> int | float:
    if not value.is_finite():
        raise Refused(say("数字过大"))
    if value == value.to_integral_value():
        return int(value)
    return float(value)


def written(value: Any, spend: Spend) -> str:
    """The value as text. Raises Refused for a truth value, which each language writes in its own way."""
    if isinstance(value, bool):
        raise Refused(
            say('真假值没有统一的文字写法，请写明，如 "是" if 变量 else "否"'),
        )
    return text_of(value, spend)


def text_of(value: Any, spend: Spend) -> str:
    """The value as Python writes it."""
    if feel_temporal.is_one(value):
        return str(value)
    text = str(plain(value, spend))
    if len(text) > MAX_TEXT:
        raise Refused(say("文字超过 {max_text} 个字符", max_text=MAX_TEXT))
    return text


def shown(value: Any) -> str:
    """The beginning of the value, for a sentence. Of a list or group only a few entries are looked at: one
    that holds itself over and over would be very long when written out."""
    if isinstance(value, (list, tuple, Mapping)):
        return _BEGINNINGS.repr(value)[:SHOWN]
    return str(value)[:SHOWN]
