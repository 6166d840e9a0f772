"""FEEL's tests of a value: `> 3`, `[1..5)`, as they stand after `in` and in the cells of tables."""

from __future__ import annotations

from abc import abstractmethod

from orchestrator.engine import feel_functions, language_parts
from orchestrator.engine.translating import (
    AND,
    ATOM,
    OR,
    Part,
    Untranslatable,
    bound,
    short,
)
from orchestrator.sentences import say

_SIGNS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "==", "!=": "!="}
_OPEN = {"[": ">=", "(": ">", "]": ">"}
_CLOSE = {"]": "<=", ")": "<", "[": "<"}
_ABOVE_COMPARISONS = 3
"""The level of FEEL's operators at which sums begin."""
_MOST_WORDS = 3
"""Words of a function's name."""


class TestReader(language_parts.WordReader):
    """Reads tests of a value."""

    @abstractmethod
    def level(self, number: int) -> Part:
        """What stands next, of operators of that level and tighter."""

    @abstractmethod
    def expression(self) -> Part:
        """The expression that stands next."""

    @abstractmethod
    def compared(self, left: Part, operator: str, right: Part) -> Part:
        """A comparison of FEEL."""

    @abstractmethod
    def in_list(self, value: Part, holder: Part) -> Part:
        """Whether the value stands in the list."""

    def name_from(self, word: str) -> str:
        """The name that begins with this word: of a function of several words, or the word itself."""
        following = [
            text
            for _kind, text in self.tokens[self.at : self.at + _MOST_WORDS - 1]
        ]
        for count in range(len(following), 0, -1):
            name = " ".join([word, *following[:count]])
            if name in feel_functions.NAMES:
                self.at += count
                return name
        return word

    def test(self, value: Part) -> Part | None:
        """A comparison or a range; None where something else stands, of which nothing is read then."""
        sign = self.peek()
        if sign not in _SIGNS:
            return self._range(value)
        self.at += 1
        against = self.level(_ABOVE_COMPARISONS)
        return self.compared(value, _SIGNS[sign], against)

    def inside(self, value: Part) -> Part:
        """What stands after `in`."""
        test = self.test(value)
        if test is not None:
            return test
        if self.peek() != "(":
            return self.in_list(value, self.level(_ABOVE_COMPARISONS))
        self.at += 1
        parts = [self._entry(value)]
        while self.take(","):
            parts.append(self._entry(value))
        self.demand(")")
        tests = [part for part, holds in parts if holds]
        entries = [part for part, holds in parts if not holds]
        if not tests and len(entries) == 1:
            return self.in_list(value, entries[0])
        if not all(map(language_parts.is_written, entries)):
            raise Untranslatable(
                say("括号里的变量可能是列表，请改写成几个用 or 连接的比较"),
            )
        if entries:
            listed = f"[{', '.join(part[0] for part in entries)}]"
            tests.append(self.in_list(value, (listed, ATOM)))
        return short(" or ".join(bound(part, AND) for part in tests), OR)

    def _entry(self, value: Part) -> tuple[Part, bool]:
        """One of several in brackets, and whether it is a test."""
        test = self.test(value)
        if test is None:
            return self.expression(), False
        return test, True

    def _range(self, value: Part) -> Part | None:
        begin = self.at
        opened = self.peek()
        if opened not in _OPEN:
            return None
        self.at += 1
        try:
            low = self.level(_ABOVE_COMPARISONS)
            self.demand("..")
        except Untranslatable:
            self.at = begin
            return None
        high = self.level(_ABOVE_COMPARISONS)
        closed = self.next()
        if closed not in _CLOSE:
            raise Untranslatable(say("区间没有写完，请补上右边的括号"))
        pair = (
            self.compared(value, _OPEN[opened], low),
            self.compared(value, _CLOSE[closed], high),
        )
        return short(" and ".join(bound(part, AND) for part in pair), AND)
