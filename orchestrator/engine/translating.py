"""A part of an expression that is being translated into ours: its text and how tightly it binds."""

from __future__ import annotations

Part = tuple[str, int]
"""(text, how tightly it binds: TERNARY the loosest, ATOM the tightest)."""
TERNARY, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, ATOM = range(9)
"""How tightly the parts of an expression of ours bind."""


class Untranslatable(ValueError):
    """The message is a Chinese clause that says what cannot be carried over."""


def bound(part: Part, at_least: int) -> str:
    """The text, in brackets where it binds more loosely than it must."""
    text, binds = part
    if binds >= at_least:
        return text
    return f"({text})"


def is_empty(part: Part) -> Part:
    """JUEL's `empty x`."""
    return f"{bound(part, ADD)} in (null, '', [], put(null))", COMPARE


def negated(part: Part) -> Part:
    return f"not {bound(part, ADD)}", NOT
