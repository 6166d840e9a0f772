"""Values that must be of one kind, because a method of another language is there for that kind alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.engine.decimals import Refused, is_number, kind
from orchestrator.engine.operations import pick
from orchestrator.engine.sizes import Spend
from orchestrator.sentences import say

_IS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: is_number(value) and not isinstance(value, bool),
    "truth": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, (list, tuple)),
    "group": lambda value: isinstance(value, Mapping),
}
"""How an expression calls a kind → whether a value is of it."""
_WORDS = {
    "text": say("文字"),
    "number": say("数字"),
    "truth": say("真假值"),
    "list": say("列表"),
    "group": say("一组值"),
}


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
            wanted="、".join(_WORDS[name] for name in kinds),
            found=kind(value),
        ),
    )


def entry(holder: Any, place: Any, spend: Spend) -> Any:
    """As `holder[place]` of a list, from 0 on, or of a group: a text has no entries, and no place counts from
    the end. Raises Refused."""
    only(holder, ("list", "group"))
    if is_number(place) and place < 0:
        raise Refused(
            say("位置“{place}”不能是负数，各语言对它的理解不同", place=place),
        )
    return pick(holder, place, spend)
