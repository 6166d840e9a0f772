"""The one reading of `deadline:NAME`, with which a due text or a timer names a deadline of the profile."""

from __future__ import annotations

import re
from collections.abc import Sequence

PREFIX = "deadline:"
_WHOLE = re.compile(rf"{PREFIX}(?P<name>[\w.-]+)")
_ANYWHERE = re.compile(rf"(?<![\w.-]){PREFIX}([\w.-]+)")


def named(text: str) -> str | None:
    """The name of the deadline where the text is nothing else: `review` of `deadline:review`; else None."""
    match = _WHOLE.fullmatch(text)
    return match["name"] if match else None


def all_named(text: str) -> Sequence[str]:
    """The names of the deadlines that a text chooses among, in its order: `urgent` and `usual` of
    `${"deadline:urgent" if urgent else "deadline:usual"}`."""
    return _ANYWHERE.findall(text)
