"""A part of an expression that is being translated into ours: its text and how tightly it binds."""

from __future__ import annotations

from orchestrator.sentences import say

Part = tuple[str, int]
"""(text, how tightly it binds: TERNARY the loosest, ATOM the tightest)."""
TERNARY, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, ATOM = range(9)
"""How tightly the parts of an expression of ours bind."""


class Untranslatable(ValueError):
    """The message is a Chinese clause that says what cannot be carried over."""


MAX_LENGTH = 2_000
"""Characters of an expression."""
LONGEST_SCRIPT = 20_000
"""Characters of a foreign script that is looked at; what comes of it has a tenth of them at most."""


def require_short(text: str) -> None:
    """Raises Untranslatable for an expression that is too long."""
    if len(text) > MAX_LENGTH:
        raise Untranslatable(
            say("表达式超过 {max_length} 个字符", max_length=MAX_LENGTH),
        )


MOST_MARKS = 20
"""Signs behind a backslash, and beginnings of remarks."""


def has_many_marks(text: str) -> bool:
    """Whether finding its quoted texts and remarks could take long: from each of these a text is looked at
    anew to its end where nothing closes it."""
    return text.count("\\") + text.count("/*") > MOST_MARKS


def has_many_open_quotes(text: str) -> bool:
    """Whether finding its quoted texts takes long: so many quotes are opened that nothing closes. No text
    that can be read has them."""
    if not has_many_marks(text):
        return False
    closed = {'"': False, "'": False}
    """Whether a text of that quote, which would go on here, is closed further on."""
    after = dict(closed)
    """The same one sign later."""
    still_open = 0
    behind = ""
    for sign in reversed(text):
        before = dict(after if sign == "\\" else closed)
        if sign in before:
            still_open += not closed[sign]
            before[sign] = True
        elif sign == "\\" and behind == "\n":
            before = dict.fromkeys(before, False)
        after, closed, behind = closed, before, sign
    return still_open > MOST_MARKS


def short(text: str, strength: int) -> Part:
    """A part that holds another one twice: a chain of them would double at each. Raises Untranslatable."""
    require_short(text)
    return text, strength


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
