"""The cells of a decision table as FEEL reads them (DMN 1.5, 7.3.3 and 10.3.2.8): a test of the input's value
as an expression of ours over VALUE."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from orchestrator.engine import (
    entries_before,
    feel_times,
    languages,
    loops,
    truths,
)
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.syntaxes import FEELS
from orchestrator.engine.translating import (
    ADD,
    AND,
    ATOM,
    COMPARE,
    OR,
    TERNARY,
    Part,
    Untranslatable,
    bound,
    has_many_open_quotes,
    short,
)
from orchestrator.sentences import say

VALUE = say("输入值")
"""Name under which a cell's expression sees its input."""
_INPUT = VALUE, ATOM
_TEXT = re.compile(feel_times.TEXT)


def unary_test(text: str, edition: Edition = CURRENT) -> str | None:
    """The cell as an expression over VALUE, None where any value fulfils it. Raises Untranslatable for what
    is no FEEL, or FEEL that we have no words for."""
    if text in ("", "-"):
        return None
    return _read(
        text,
        lambda as_values: bound(
            _Cell(text, edition, as_values=as_values).tests(),
            TERNARY,
        ),
    )


def result(text: str, edition: Edition = CURRENT) -> str:
    """An input or a result with days or times as an expression of ours, in which they compare in one form.
    Raises Untranslatable."""
    return _read(
        text,
        lambda as_values: _Cell(
            text,
            edition,
            has_value=False,
            as_values=as_values,
        ).whole(asks=False),
    )


def _read(text: str, translated: Callable[[bool], str]) -> str:
    """What the text is with its days and times as texts, or else, where something is worked out of them, as
    values. Raises Untranslatable."""
    if feel_times.is_counted(text):
        return _checked(translated(True))
    try:
        return _checked(translated(False))
    except Untranslatable:
        if not feel_times.is_counted_with(text):
            raise
        return _checked(translated(True))


def _checked(whole: str) -> str:
    if problem := languages.objection(whole):
        raise Untranslatable(problem)
    return whole


class _Cell(languages.Translation):
    """A parser of one cell: of its tests, or without the input's value of a result."""

    def __init__(
        self,
        text: str,
        edition: Edition,
        *,
        has_value: bool = True,
        as_values: bool = False,
    ) -> None:
        self.times = {} if as_values else feel_times.kinds(text)
        plain = text if as_values else feel_times.plain(text)
        if edition >= Edition.FIFTH and feel_times.are_mixed(text):
            raise Untranslatable(
                say("同一个日期或时间又写成了文字，分不清，请只写一种"),
            )
        super().__init__(
            _with_value(plain) if has_value else plain,
            FEELS[edition],
        )

    def tests(self) -> Part:
        """The tests of the whole cell; the value must fulfil one of them, or with `not(…)` none."""
        if self._is_negated():
            self.at += 2
            negated = self.opposite(self._any())
            self.demand(")")
            part = negated
        else:
            part = self._any()
        if self.at < len(self.tokens):
            raise Untranslatable(
                say(
                    "“{tokens}”之后的写法本系统没有",
                    tokens=self.tokens[self.at][1],
                ),
            )
        return part

    def _is_negated(self) -> bool:
        """Whether a `not(…)` is the whole cell."""
        signs = [
            "" if kind == "string" else text for kind, text in self.tokens
        ]
        if signs[:2] != ["not", "("] or signs[-1] != ")":
            return False
        depth = 0
        for sign in signs[1:-1]:
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth == 0:
                return False
        return True

    def _any(self) -> Part:
        parts = [self._one()]
        while self.take(","):
            parts.append(self._one())
        if len(parts) == 1:
            return parts[0]
        return " or ".join(bound(part, AND) for part in parts), OR

    def _one(self) -> Part:
        test = self.test(_INPUT)
        if test is None:
            return self._fulfilled(self.expression())
        return test

    def _fulfilled(self, part: Part) -> Part:
        """A condition by being true; a value by being the input's, a list by holding it."""
        node = ast.parse(part[0].strip(), mode="eval").body
        is_value = isinstance(node, ast.Name) and node.id == VALUE
        if is_value and self.syntax.gives_unknowns:
            # The input's value by itself is always what it is.
            return f"{VALUE} == {VALUE}", COMPARE
        names = {
            inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)
        }
        is_literal = _is_literal(node)
        asked = entries_before.asked_for(node)
        reads = loops.names_of_variables(node).union(asked)
        if not reads and not is_literal and truths.is_truth(part[0]):
            self._refuse_constant()
        if VALUE in names or (truths.is_truth(part[0]) and not is_literal):
            return truths.feel_truth(part)
        if is_literal or isinstance(node, (ast.BinOp, ast.UnaryOp)):
            value = self._beside(_INPUT, "==", part)
            return f"{bound(value, ADD)} == {bound(part, ADD)}", COMPARE
        if isinstance(node, ast.List) and self._has_times(node):
            return self.in_list(_INPUT, part)
        return f"fits({VALUE}, {part[0]})", ATOM

    def _refuse_constant(self) -> None:
        """Raises Untranslatable for a condition on nothing, which holds of any value or of none."""
        if self.syntax.gives_unknowns:
            raise Untranslatable(say("条件里没有输入值，也没有变量"))

    def compared(self, left: Part, operator: str, right: Part) -> Part:
        """A comparison of FEEL, of times in one form. Raises Untranslatable for two written ones of different
        kinds."""
        kinds = {self._kind(left), self._kind(right)} - {None}
        if self.syntax.gives_unknowns and len(kinds) > 1:
            raise Untranslatable(say("日期、时刻和时间不能互相比较"))
        return super().compared(
            self._beside(left, operator, right),
            operator,
            self._beside(right, operator, left),
        )

    def between(self, value: Part, low: Part, high: Part) -> Part:
        """As two comparisons."""
        pair = (
            self.compared(value, ">=", low),
            self.compared(value, "<=", high),
        )
        return short(" and ".join(bound(part, AND) for part in pair), AND)

    def in_list(self, value: Part, holder: Part) -> Part:
        """Whether the value stands in the list, times in one form. Of a list that holds times of several
        kinds each is asked."""
        node = ast.parse(holder[0].strip(), mode="eval").body
        if not isinstance(node, ast.List) or not self._has_times(node):
            return super().in_list(value, holder)
        entries = [ast.unparse(entry) for entry in node.elts]
        tests = [
            self.compared(value, "==", (_double_quoted(entry), TERNARY))
            for entry in entries
        ]
        return short(" or ".join(bound(part, AND) for part in tests), OR)

    def instance_of(self, value: Part) -> Part:
        """As for any expression; what is written as a day or a time is known beforehand."""
        kind = self._kind(value)
        asked = super().instance_of(value)
        if kind is None:
            return asked
        types = [f"""'"{name}"')""" for name in (kind, "Any")]
        is_of_it = asked[0].endswith(tuple(types))
        return str(is_of_it).lower(), ATOM

    def made(self, name: str, arguments: list[Part]) -> Part | None:
        """A function of FEEL; a time that is written becomes a text with its seconds."""
        if self.syntax.gives_unknowns and name == "string":
            kinds = [self._kind(part) for part in arguments]
            if kinds in (["time"], ["date and time"]):
                (part,) = arguments
                return f'"{feel_times.with_seconds(part[0])}"', ATOM
        return super().made(name, arguments)

    def _has_times(self, listed: ast.List) -> bool:
        """Whether a day or a time stands in a list that is written."""
        texts = [_double_quoted(ast.unparse(entry)) for entry in listed.elts]
        return not self.times.keys().isdisjoint(texts)

    def _beside(self, value: Part, operator: str, other: Part) -> Part:
        """The value; beside a day or a time in the form in which those are written."""
        kind = self._kind(other)
        if not kind or self._kind(value) or value[0] == "null":
            return value
        if operator in ("==", "!="):
            return f'moment({value[0]}, "{kind}", false)', ATOM
        return f'moment({value[0]}, "{kind}")', ATOM

    def _kind(self, part: Part) -> str | None:
        """Which kind of day or time the part is, in brackets or not."""
        text = part[0].strip()
        while text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
        return self.times.get(text)


def _double_quoted(text: str) -> str:
    """A text as `feel_times` writes it; anything else as it is."""
    if text.startswith("'") and '"' not in text and "\\" not in text:
        return f'"{text[1:-1]}"'
    return text


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in ("true", "false", "null")
    return isinstance(node, ast.Constant)


def _with_value(text: str) -> str:
    """The text with `?`, outside quotes, written as the name of the input's value."""
    if has_many_open_quotes(text):
        raise Untranslatable(say("引号或注释没有配对"))
    parts = []
    at = 0
    for quoted in _TEXT.finditer(text):
        parts += [text[at : quoted.start()].replace("?", VALUE), quoted[0]]
        at = quoted.end()
    return "".join([*parts, text[at:].replace("?", VALUE)])
