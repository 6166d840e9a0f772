"""The words and signs of a text of FEEL or JUEL, and the parts of an expression of ours that more than one of
their constructs becomes."""

from __future__ import annotations

import keyword
import re

from orchestrator.engine import expression_syntax, expressions
from orchestrator.engine.translating import (
    ADD,
    AND,
    ATOM,
    MULTIPLY,
    OR,
    TERNARY,
    UNARY,
    Part,
    Untranslatable,
    bound,
)
from orchestrator.sentences import say

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?!\.?\d))|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\|\||&&|==|!=|<=|>=|\*\*|\.\.|[-+*/%!<>=?:()\[\],.{}]))",
)


def tokens(text: str) -> list[tuple[str, str]]:
    """(number | string | name | sign, its text) each. Raises Untranslatable."""
    _require_short(text)
    if (
        max((text.count(value) for value in "([!-"), default=0)
        > expression_syntax.MAX_DEPTH * 2
    ):
        raise Untranslatable(say("表达式嵌套太深，请拆开"))
    read = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Untranslatable(
                say("「{text}」处的写法本系统没有", text=text[at : at + 10]),
            )
        read.append((match.lastgroup or "", match[match.lastgroup or 0]))
        at = match.end()
    return read


def _require_short(text: str) -> None:
    if len(text) > expressions.MAX_LENGTH:
        raise Untranslatable(
            say(
                "表达式超过 {max_length} 个字符",
                max_length=expressions.MAX_LENGTH,
            ),
        )


def variable(name: str) -> str:
    """The name, where an expression of ours can read it. Raises Untranslatable."""
    if name in ("true", "false", "null"):
        return name
    if keyword.iskeyword(name) or name.startswith("_"):
        raise Untranslatable(
            say("「{name}」在本系统是保留名称，请给变量改名", name=name),
        )
    return name


def or_nothing(part: Part, beside: Part) -> Part:
    """In FEEL a variable that does not exist is null: it counts where something is compared with null."""
    is_variable = part[0].isidentifier() and part[0] not in (
        "true",
        "false",
        "null",
    )
    if is_variable and beside[0] == "null":
        return (f"variable('{part[0]}')", ATOM)
    return part


def remainder(left: Part, right: Part) -> Part:
    """JUEL's `%`: the sign is that of what is divided."""
    whole = bound(left, MULTIPLY)
    by = bound(right, UNARY)
    return _short(f"{bound(left, ADD)} - {by} * int({whole} / {by})", ADD)


def choice(condition: Part, first: Part, second: Part) -> Part:
    """One of two values."""
    return (
        f"{bound(first, OR)} if {bound(condition, OR)} else {bound(second, TERNARY)}",
        TERNARY,
    )


def within(value: Part, low: Part, high: Part) -> Part:
    """Whether the value lies between two, both of them included."""
    seen = bound(value, ADD)
    return _short(
        f"{seen} >= {bound(low, ADD)} and {seen} <= {bound(high, ADD)}", AND
    )


def _short(text: str, strength: int) -> Part:
    """A part that holds another one twice: a chain of them would double at each. Raises Untranslatable."""
    _require_short(text)
    return text, strength
