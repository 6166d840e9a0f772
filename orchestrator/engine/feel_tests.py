"""FEEL's tests of a value: `> 3`, `[1..5)`, as they stand after `in` and in the cells of tables."""

from __future__ import annotations

import ast
from abc import abstractmethod

from orchestrator.engine import (
    entries_before,
    expressions,
    feel_clock,
    feel_functions,
    feel_type_names,
    language_parts,
)
from orchestrator.engine.feel_parameters import PARAMETERS
from orchestrator.engine.syntaxes import WORDS, Syntax
from orchestrator.engine.translating import (
    ADD,
    AND,
    ATOM,
    COMPARE,
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
_BEGINS = ("(", "[", "{")
_FINISHES = (")", "]", "}")
_ENDS_A_LOW_END = (",", "for", "some", "every", "return", "satisfies")
"""Signs and words before which a range has its `..`; a `..` after `for x in` is another one."""
_ABOVE_COMPARISONS = 3
"""The level of FEEL's operators at which sums begin."""
_MOST_WORDS = 4
"""Words of a function's name."""


class TestReader(feel_type_names.TypeReader):
    """Reads tests of a value."""

    syntax: Syntax

    @abstractmethod
    def level(self, number: int) -> Part:
        """What stands next, of operators of that level and tighter."""

    @abstractmethod
    def expression(self) -> Part:
        """The expression that stands next."""

    @abstractmethod
    def value(self, part: Part) -> Part:
        """The part where a value is asked for, which may be unknown."""

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
            for _kind, text in self.tokens[self.at : self.at + _MOST_WORDS]
        ]
        for count in range(
            min(len(following), _MOST_WORDS - 1),
            0,
            -1,
        ):
            name = " ".join([word, *following[:count]])
            if name in feel_clock.NAMES and following[count:][:1] != ["("]:
                continue
            if name in feel_functions.NAMES:
                self.at += count
                return name
        return word

    def key_from(self, word: str) -> str:
        """The key behind a dot that begins with this word. Raises Untranslatable."""
        name = self._words_from(word)
        return language_parts.variable(name) if name == word else name

    def _words_from(self, word: str) -> str:
        """The key that begins with this word: in FEEL, words beside each other are one name."""
        if not self.syntax.is_feel or not self.syntax.counts_places:
            return word
        words = [word]
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if kind != "name" or text in WORDS:
                break
            words.append(text)
            self.at += 1
        return " ".join(words)

    def test(self, value: Part) -> Part | None:
        """A comparison or a range; None where something else stands, of which nothing is read then."""
        sign = self.peek()
        if sign not in _SIGNS:
            return self._range(value)
        self.at += 1
        against = self.level(_ABOVE_COMPARISONS)
        return self.compared(
            value,
            _SIGNS[sign],
            against,
        )

    def inside(self, value: Part) -> Part:
        """What stands after `in`."""
        test = self.test(value)
        if test is not None:
            return test
        if self.peek() != "(":
            return self._held(
                value,
                self.level(_ABOVE_COMPARISONS),
            )
        self.at += 1
        parts = [self._entry(value)]
        while self.take(","):
            parts.append(self._entry(value))
        self.demand(")")
        tests = [part for part, holds in parts if holds]
        entries = [part for part, holds in parts if not holds]
        if not tests and len(entries) == 1:
            return self._held(
                value,
                entries[0],
                is_asked=True,
            )
        if self.syntax.gives_unknowns:
            lists = [part for part in entries if feel_functions.is_list(part)]
            tests += [
                self._held(
                    value,
                    part,
                    is_asked=True,
                )
                for part in lists
            ]
            entries = [part for part in entries if part not in lists]
        if not all(
            map(
                language_parts.is_written,
                entries,
            )
        ):
            raise Untranslatable(
                say("括号里的变量可能是列表，请改写成几个用 or 连接的比较"),
            )
        if entries:
            listed = f"[{', '.join(part[0] for part in entries)}]"
            tests.append(
                self.in_list(
                    value,
                    (listed, ATOM),
                )
            )
        return short(
            " or ".join(
                bound(
                    part,
                    AND,
                )
                for part in tests
            ),
            OR,
        )

    def _held(
        self,
        value: Part,
        holder: Part,
        *,
        is_asked: bool = False,
    ) -> Part:
        """Whether the value is the written one, or stands in the list. A list that `is_asked` as a test may
        be the value itself."""
        is_list = feel_functions.is_list(holder)
        if language_parts.is_number_or_truth(holder):
            return self.compared(
                value,
                "==",
                holder,
            )
        if is_asked and is_list and self.syntax.gives_unknowns:
            either = [
                self.in_list(
                    value,
                    holder,
                ),
                (f"{bound(value, ADD)} == {bound(holder, ADD)}", COMPARE),
            ]
            return short(
                " or ".join(
                    bound(
                        part,
                        AND,
                    )
                    for part in either
                ),
                OR,
            )
        return self.known(
            self.in_list(
                value,
                holder,
            ),
            holder,
        )

    def known(self, held: Part, holder: Part) -> Part:
        """Whether a list holds a value, which is always known of one that is written."""
        if self.syntax.gives_unknowns and feel_functions.is_list(holder):
            return f"bool({held[0]})", ATOM
        return held

    def _entry(self, value: Part) -> tuple[Part, bool]:
        """One of several in brackets, and whether it is a test."""
        test = self.test(value)
        if test is None:
            return self.expression(), False
        return test, True

    def _range(self, value: Part) -> Part | None:
        opened = self.peek()
        if opened not in _OPEN or not self._is_range():
            return None
        self.at += 1
        low = self.level(_ABOVE_COMPARISONS)
        self.demand("..")
        high = self.level(_ABOVE_COMPARISONS)
        closed = self.next()
        if closed not in _CLOSE:
            raise Untranslatable(say("区间没有写完，请补上右边的括号"))
        pair = (
            self.compared(
                value,
                _OPEN[opened],
                low,
            ),
            self.compared(
                value,
                _CLOSE[closed],
                high,
            ),
        )
        return short(
            " and ".join(
                bound(
                    part,
                    AND,
                )
                for part in pair
            ),
            AND,
        )

    def _is_range(self) -> bool:
        """Whether `..` stands in the bracket that begins here, in none inside. To try it would read all that
        stands inside twice, at each depth."""
        depth = 0
        for _kind, text in self.tokens[self.at + 1 :]:
            if depth == 0 and (text == ".." or text in _ENDS_A_LOW_END):
                return text == ".."
            depth += (text in _BEGINS) - (text in _FINISHES)
            if depth < 0:
                return False
        return False

    def context(self) -> Part:
        """A group of values by key, as FEEL writes it."""
        keys: list[str] = []
        parts = ["null"]
        while not self.take("}"):
            if keys:
                self.demand(",")
            kind, key = self.token()
            if kind not in ("name", "string"):
                raise Untranslatable(
                    say(
                        "“{text}”处的写法本系统没有",
                        text=key,
                    ),
                )
            if kind == "name":
                key = self._words_from(key)
            self.demand(":")
            value, _binds = self.value(self.expression())
            if self.syntax.counts_places:
                value = entries_before.put_in(
                    value,
                    dict(
                        zip(
                            keys,
                            parts[2::2],
                            strict=True,
                        )
                    ),
                )
            elif expressions.names_read(value) & set(keys):
                raise Untranslatable(
                    say(
                        "上下文里的“{key}”要用前面的一项",
                        key=key,
                    ),
                )
            name = ast.literal_eval(key) if kind == "string" else key
            if name in keys and self.syntax.counts_places:
                raise Untranslatable(
                    say(
                        "上下文里有两项都叫“{key}”，请改名",
                        key=name,
                    ),
                )
            keys.append(name)
            parts += [repr(name), value]
        return f"put({', '.join(parts)})", ATOM

    def arguments(self) -> list[Part]:
        """What stands in the brackets of a call, the closing one included."""
        if self.take(")"):
            return []
        results = [self.expression()]
        while self.take(","):
            results.append(self.expression())
        self.demand(")")
        return results

    def arguments_of(self, function: str) -> list[Part]:
        """The same; where they are named, in the order of the function's parameters. Raises Untranslatable
        for a name that is none of them, and where one before a given one is left out."""
        known = PARAMETERS.get(
            function,
            (),
        )
        if not any(
            map(
                self._is_named,
                known,
            )
        ):
            return self.arguments()
        given: dict[str, Part] = {}
        while True:
            name = next(
                filter(
                    self._is_named,
                    known,
                ),
                "",
            )
            if not name or name in given:
                raise Untranslatable(
                    say(
                        "“{function}”的参数应为 {listed}",
                        function=function,
                        listed="、".join(known),
                    ),
                )
            self.at += len(name.split()) + 1
            given[name] = self.expression()
            if not self.take(","):
                break
        self.demand(")")
        wanted = known[: len(given)]
        if set(wanted) != set(given):
            raise Untranslatable(
                say(
                    "“{function}”的参数应为 {listed}",
                    function=function,
                    listed="、".join(known),
                ),
            )
        return [given[name] for name in wanted]

    def _is_named(self, parameter: str) -> bool:
        """Whether the next words are this parameter's name and its colon."""
        words = [("name", word) for word in parameter.split()]
        end = self.at + len(words) + 1
        return self.tokens[self.at : end] == [*words, ("sign", ":")]

    def rest(self, closing: str) -> list[str]:
        results = []
        while self.take(","):
            results.append(self.value(self.expression())[0])
        self.demand(closing)
        return results
