"""What counts as text: nothing unprintable, nothing that turns the line round, and something that is seen."""

from __future__ import annotations

import re
import unicodedata

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]",
)
"""Control characters, halves of characters, and the marks that turn a line's direction round for everything
behind them."""
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that draw nothing."""
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Mn", "Me", "Zs", "Zl", "Zp"))
_NARROW = str.maketrans("０１２３４５６７８９．－＋", "0123456789.-+")
"""What a Chinese keyboard types for digits, point and signs in its wide mode."""
LARGEST = 200_000
"""Characters that are looked at; what is longer is refused for its length alone."""


def cleaned(text: str) -> str:
    """The text as it is counted and kept: without blanks around, one line break a line; empty when nothing of
    it is seen."""
    if len(text) > LARGEST:
        return text
    value = _UNPRINTABLE.sub(
        "",
        text.replace("\r\n", "\n").replace("\r", "\n"),
    ).strip()
    if any(_seen(value) for value in value):
        return value
    return ""


def narrow(text: str) -> str:
    """The text with digits, point and signs of a Chinese keyboard's wide mode as those of a number."""
    return text.translate(_NARROW)


def _seen(character: str) -> bool:
    return (
        character not in _INVISIBLE
        and unicodedata.category(character) not in _UNSEEN
    )
