"""The words and signs of a text of FEEL or JUEL, and the parts of an expression of ours that more than one of
their constructs becomes."""

from __future__ import annotations

import ast
import json
import keyword
import re
from collections.abc import Sequence

from orchestrator.engine import expression_syntax, truths
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
    require_short,
    short,
)
from orchestrator.sentences import say

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?!\.?\d))|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\|\||&&|==|!=|<=|>=|\*\*|\.\.|[-+*/%!<>=?:()\[\],.{}@]))",
)
_SIX_DIGITS = re.compile(
    r"(?P<even>(?<!\\)(?:\\\\)*)\\U(?P<digits>[0-9A-Fa-f]{6})(?![0-9A-Fa-f]{2})",
)
"""FEEL's way of writing a character by its number."""


def tokens(text: str) -> list[tuple[str, str]]:
    """(number | string | name | sign, its text) each. Raises Untranslatable."""
    require_short(text)
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
                say("“{text}”处的写法本系统没有", text=text[at : at + 10]),
            )
        kind, written = match.lastgroup or "", match[match.lastgroup or 0]
        read.append((kind, _readable(kind, written)))
        at = match.end()
    return read


def _readable(kind: str, written: str) -> str:
    """The number or text as we write it. Raises Untranslatable for a text that only others can write."""
    if kind == "number":
        whole, point, places = written.partition(".")
        return f"{whole.lstrip('0') or '0'}{point}{places}"
    if kind == "string":
        written = _SIX_DIGITS.sub(r"\g<even>\\U00\g<digits>", written)
        try:
            read = ast.literal_eval(written)
            whole = read.encode("utf-16", "surrogatepass").decode("utf-16")
        except (SyntaxError, ValueError):
            raise Untranslatable(
                say("文字 {text} 里的反斜杠写法本系统没有", text=written[:40]),
            ) from None
        # Two numbers of four digits each are one character beyond them.
        if whole == read:
            return written
        return json.dumps(whole, ensure_ascii=False)
    return written


class WordReader:
    """The words and signs of a text, read one after the other."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0

    def token(self) -> tuple[str, str]:
        """The next word or sign with its kind, read; both empty at the end."""
        self.at += 1
        if self.at <= len(self.tokens):
            return self.tokens[self.at - 1]
        return "", ""

    def next(self) -> str:
        """The next word or sign, read."""
        return self.token()[1]

    def peek(self) -> str:
        """The next word or sign; empty at the end and where a text stands."""
        if self.at >= len(self.tokens):
            return ""
        kind, text = self.tokens[self.at]
        return "" if kind == "string" else text

    def take(self, text: str) -> bool:
        """Reads the word or sign if it is the next one; whether it was."""
        if self.peek() != text or not text:
            return False
        self.at += 1
        return True

    def demand(self, text: str) -> None:
        """Reads the word or sign. Raises Untranslatable where another one stands."""
        if not self.take(text):
            raise Untranslatable(
                say("缺少“{text}”，或者用了本系统没有的写法", text=text),
            )


def variable(name: str) -> str:
    """The name, where an expression of ours can read it. Raises Untranslatable."""
    if name in ("true", "false", "null"):
        return name
    if keyword.iskeyword(name) or name.startswith("_"):
        raise Untranslatable(
            say("“{name}”在本系统是保留名称，请给变量改名", name=name),
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


def require_one_kind(left: Part, right: Part) -> None:
    """Raises Untranslatable where two written values are of two kinds: FEEL knows no answer then."""
    kinds = {_kind(part) for part in (left, right)}
    if len(kinds - {None}) > 1:
        raise Untranslatable(
            say("两边写的不是同一种值，不能比较，请把两边写成同一种"),
        )


def _kind(part: Part) -> str | None:
    """Of a written value; None of any other and of null."""
    if part[0] in ("true", "false"):
        return "truth"
    try:
        value = ast.literal_eval(part[0].strip())
    except (ValueError, SyntaxError):
        return None
    if isinstance(value, (int, float)):
        return "number"
    return type(value).__name__


def remainder(left: Part, right: Part) -> Part:
    """JUEL's `%`: the sign is that of what is divided."""
    whole = bound(left, MULTIPLY)
    by = bound(right, UNARY)
    return short(f"{bound(left, ADD)} - {by} * int({whole} / {by})", ADD)


def choice(condition: Part, first: Part, second: Part) -> Part:
    """One of two values."""
    return (
        f"{bound(first, OR)} if {bound(condition, OR)} else {bound(second, TERNARY)}",
        TERNARY,
    )


def within(value: Part, low: Part, high: Part) -> Part:
    """Whether the value lies between two, both of them included."""
    parts = [
        truths.feel_order(value, ">=", low),
        truths.feel_order(value, "<=", high),
    ]
    return short(" and ".join(bound(part, AND) for part in parts), AND)


def is_written(part: Part) -> bool:
    """Whether the part is a number, a text, a truth or null as it is written."""
    if part[0] in ("true", "false", "null"):
        return True
    try:
        return not isinstance(ast.literal_eval(part[0].strip()), (list, dict))
    except (ValueError, SyntaxError):
        return False


def is_number_or_truth(part: Part) -> bool:
    """Whether the part is a number or a truth as it is written."""
    return _kind(part) in ("truth", "number")


def written(part: Part) -> Part:
    """FEEL's `string`, which leaves null as it is."""
    text = f"str({part[0]})"
    if truths.is_number(part[0]):
        return text, ATOM
    return short(
        f"{text} if {bound(part, ADD)} is not null else null",
        TERNARY,
    )


def total(parts: Sequence[Part]) -> Part:
    """FEEL's `sum`: of numbers that stand in a list or beside each other; of none it is null (DMN 1.5,
    10.3.4.4)."""
    if len(parts) != 1:
        return f"sum([{', '.join(part[0] for part in parts)}])", ATOM
    listed = parts[0][0]
    node = ast.parse(listed.strip(), mode="eval").body
    if isinstance(node, ast.List) and node.elts:
        return f"sum({listed})", ATOM
    return short(f"sum({listed}) if len({listed}) > 0 else null", TERNARY)
