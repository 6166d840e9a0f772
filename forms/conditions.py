"""When a field hides: form-js `conditional.hide`, the simple part of FEEL, alike on server and browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from forms.texts import narrow
from orchestrator.sentences import say

MAX_LENGTH = 500
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"""
    r"""|(?P<op><=|>=|!=|==|=|<|>|\(|\))|(?P<word>[A-Za-z_]\w*))""",
)
_NUMBER = re.compile(
    r"[-+]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][-+]?[0-9]{1,3})?",
)
_BLANKS = " \t\r\n\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u3000"
_SAME = {"==": "="}
_CONSTANTS: dict[str, Any] = {"null": None, "true": True, "false": False}

Tree = tuple[Any, ...]
"""`("and"|"or", tree…)`, `("not", tree)`, `(operator, operand, operand)`.

An operand is `("field", key)`, `("value", text, true, false or null)` or `("number", its digits as text)`.
"""


class ConditionRefused(ValueError):
    """The text is outside the supported part; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Condition:
    text: str
    tree: Tree

    @property
    def keys(self) -> frozenset[str]:
        """The fields it reads."""
        return frozenset(_keys(self.tree))

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether it is true of what was typed so far; an empty field is null."""
        return _holds(self.tree, data)

    def as_json(self) -> list[Any]:
        """The tree for the browser."""
        return _lists(self.tree)


def parse(text: str) -> Condition:
    """The condition of a FEEL text such as `=decision = "reject" or amount > 3`. Raises ConditionRefused."""
    if len(text) > MAX_LENGTH:
        raise ConditionRefused(
            say(
                "隐藏条件超过 {max_length} 个字符，请拆成几个字段",
                max_length=MAX_LENGTH,
            ),
        )
    parser = _Parser(_tokens(text.strip().removeprefix("=")))
    tree = parser.disjunction()
    if parser.rest:
        raise ConditionRefused(
            say(
                "隐藏条件“{text}”在“{rest}”处看不懂",
                text=text,
                rest=parser.rest[0],
            ),
        )
    return Condition(text, tree)


def _tokens(text: str) -> list[str]:
    tokens = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ConditionRefused(
                say(
                    "隐藏条件在“{text}”处看不懂，只支持字段与值的比较、and、or、not 和括号",
                    text=text[at:].strip()[:10],
                ),
            )
        tokens.append(match[match.lastgroup or 0])
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, rest: list[str]) -> None:
        self.rest = rest
        self.depth = 0

    def disjunction(self) -> Tree:
        return self._joined("or", lambda: self._joined("and", self._single))

    def _joined(self, word: str, part: Any) -> Tree:
        parts = [part()]
        while self.rest[:1] == [word]:
            self.rest.pop(0)
            parts.append(part())
        return parts[0] if len(parts) == 1 else (word, *parts)

    def _single(self) -> Tree:
        if self.rest[:2] == ["not", "("]:
            self.rest.pop(0)
            return ("not", self._bracketed())
        if self.rest[:1] == ["("]:
            return self._bracketed()
        left = self._operand()
        if self.rest and self.rest[0] in (
            "=",
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
        ):
            sign = self.rest.pop(0)
            return (_SAME.get(sign, sign), left, self._operand())
        if left[0] == "field":
            return ("=", left, ("value", True))
        raise ConditionRefused(
            say("隐藏条件里单独的值没有意义，请写成 字段 = 值"),
        )

    def _bracketed(self) -> Tree:
        self.depth += 1
        if self.depth > 20:
            raise ConditionRefused(say("隐藏条件的括号太多，请简化"))
        self.rest.pop(0)
        inner = self.disjunction()
        if self.rest[:1] != [")"]:
            raise ConditionRefused(say("隐藏条件的括号没有成对"))
        self.rest.pop(0)
        return inner

    def _operand(self) -> Tree:
        if not self.rest:
            raise ConditionRefused(say("隐藏条件不完整"))
        word = self.rest.pop(0)
        if word[0] in "\"'":
            return ("value", word[1:-1])
        if word[0] in "-0123456789":
            if not _NUMBER.fullmatch(word):
                raise ConditionRefused(
                    say(
                        "隐藏条件里的数“{word}…”太长，请核对",
                        word=word[:10],
                    ),
                )
            return ("number", word)
        if word in _CONSTANTS:
            return ("value", _CONSTANTS[word])
        if word in ("and", "or", "not") or not re.fullmatch(
            r"[A-Za-z_]\w*",
            word,
        ):
            raise ConditionRefused(
                say("隐藏条件在“{word}”处看不懂", word=word),
            )
        return ("field", word)


def _holds(tree: Tree, data: Mapping[str, Any]) -> bool:
    kind, *parts = tree
    if kind == "and":
        return all(_holds(part, data) for part in parts)
    if kind == "or":
        return any(_holds(part, data) for part in parts)
    if kind == "not":
        return not _holds(parts[0], data)
    if kind not in _COMPARISONS or len(parts) != 2:
        raise TypeError(f"not a condition: {kind}")
    left, right = (_operand(part, data) for part in parts)
    return _COMPARISONS[kind](left, right)


def _operand(operand: Tree, data: Mapping[str, Any]) -> Any:
    """What is empty is null; blanks around a text do not count."""
    source, given = operand
    if source not in ("field", "value", "number"):
        raise TypeError(f"not an operand: {source}")
    if source == "field":
        value = data.get(given)
    else:
        value = given
    if source == "number":
        return Decimal(given)
    if isinstance(value, str):
        value = value.strip(_BLANKS)
    if value in ("", []):
        return None
    return value


def _equal(left: Any, right: Any) -> bool:
    """A list of choices equals a value that is among them; two lists are equal when they share one."""
    if isinstance(left, (list, tuple)):
        return any(_equal(value, right) for value in left)
    if isinstance(right, (list, tuple)):
        return any(_equal(left, value) for value in right)
    if (
        isinstance(left, bool)
        or isinstance(right, bool)
        or left is None
        or right is None
    ):
        return left is right
    return _compared(left, right) == 0


def _compared(left: Any, right: Any) -> int | None:
    """Below, at or above zero as left is less than, equal to or more than right; None: no order."""
    first = _number(left)
    second = _number(right)
    if first is not None and second is not None:
        return (first > second) - (first < second)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    return None


def _in_order(allowed: tuple[int, ...]) -> Callable[[Any, Any], bool]:
    return lambda left, right: _compared(left, right) in allowed


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _in_order((-1,)),
    "<=": _in_order((-1, 0)),
    ">": _in_order((1,)),
    ">=": _in_order((0, 1)),
}


def _number(value: Any) -> Decimal | None:
    """The value as a decimal number: a tenth is a tenth and 18 digits stay 18; None for what is none."""
    if isinstance(value, bool) or not isinstance(
        value,
        (str, int, float, Decimal),
    ):
        return None
    text = narrow(str(value).strip(_BLANKS))
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    return None


def _keys(tree: Tree) -> list[str]:
    if tree[0] == "field":
        return [tree[1]]
    return [
        key
        for value in tree[1:]
        if isinstance(value, tuple)
        for key in _keys(value)
    ]


def _lists(tree: Sequence[Any]) -> list[Any]:
    return [
        _lists(value) if isinstance(value, tuple) else value for value in tree
    ]
