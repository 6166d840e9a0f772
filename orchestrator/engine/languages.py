"""FEEL (Camunda 8) and JUEL (Camunda 7, Flowable, Activiti) to our expression language, as far as the three
mean the same."""

from __future__ import annotations

import ast
import re

from orchestrator.engine import (
    expressions,
    feel_functions,
    feel_kinds,
    feel_loops,
    feel_temporal,
    feel_times,
    juel_methods,
    language_parts,
    truths,
)
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.feel_temporal import DURATIONS
from orchestrator.engine.syntaxes import (
    COUNTS,
    FEEL,
    FEELS,
    JUEL,
    SPACES,
    WORDS,
    Syntax,
)
from orchestrator.engine.translating import (
    ADD,
    ATOM,
    COMPARE,
    UNARY,
    Part,
    Untranslatable,
    bound,
    is_empty,
    negated,
)
from orchestrator.sentences import say, sentence_of

_REMARK = re.compile(
    rf"(?P<text>{feel_times.TEXT})|//[^\n]*|/\*.*?\*/|(?P<open>[\"']|/\*)",
    re.DOTALL,
)


def from_juel(text: str) -> str:
    """Our expression for what stands in `${…}`. Raises Untranslatable."""
    return _translated(text, JUEL)


def from_feel(text: str, edition: Edition = CURRENT) -> str:
    """Our expression for what stands after `=`. Raises Untranslatable."""
    return _translated(text, FEELS[edition])


def plain_feel(text: str) -> str:
    """As `from_feel`, where nobody asks whether a truth is false or unknown: the shorter text. Raises
    Untranslatable."""
    return _translated(text, FEEL)


def truth_of_juel(text: str) -> str:
    """As `from_juel`, of a whole condition: what is no truth fails when asked. Raises Untranslatable."""
    return _translated(text, JUEL, True)


def truth_of_feel(text: str) -> str:
    """As `from_feel`, of a whole condition: what is no truth fails when asked. Raises Untranslatable."""
    return _translated(text, FEEL, True)


def objection(text: str) -> str:
    """Why the text is no expression of ours, as a Chinese clause; empty when it is one."""
    try:
        expressions.compile_checked(text)
    except expressions.ExpressionRefused as refused:
        return sentence_of(refused)
    return ""


def _translated(text: str, syntax: Syntax, asks: bool = False) -> str:
    """`asks`: whether it is a whole condition."""
    try:
        translation = Translation(text, syntax).whole(asks)
    except (SyntaxError, RecursionError):
        # Python reads the parts, and refuses too many brackets in each other.
        raise Untranslatable(say("表达式嵌套太深，请拆开")) from None
    if problem := objection(translation):
        raise Untranslatable(problem)
    return translation


def _without_remark(match: re.Match[str]) -> str:
    """A text as it is, a remark as a space. Raises Untranslatable at once for what nothing closes, so that
    no other one is looked for."""
    if match["open"]:
        raise Untranslatable(say("引号或注释没有配对"))
    return match["text"] or " "


class Translation(feel_loops.LoopReader):
    """A parser by descent that writes our language while it reads: every part is (text, how tightly it
    binds)."""

    def __init__(self, text: str, syntax: Syntax) -> None:
        if syntax.keeps_kinds:
            text = _REMARK.sub(_without_remark, text)
        super().__init__(text)
        self.syntax = syntax

    def whole(self, asks: bool) -> str:
        part = self.expression()
        if self.at < len(self.tokens):
            raise Untranslatable(
                say(
                    "“{tokens}”之后的写法本系统没有",
                    tokens=self.tokens[self.at][1],
                ),
            )
        part = truths.only_truth(part) if asks else self.value(part)
        return part[0]

    def expression(self) -> Part:
        if self.syntax.is_feel and self.take("if"):
            condition = self.expression()
            self.demand("then")
            first = self.value(self.expression())
            self.demand("else")
            return language_parts.choice(
                self.truth(condition),
                first,
                self.value(self.expression()),
            )
        row = self.level(0)
        if not self.syntax.is_feel and self.take("?"):
            first = self.expression()
            self.demand(":")
            return language_parts.choice(
                self.truth(row),
                first,
                self.expression(),
            )
        return row

    def level(self, number: int) -> Part:
        if number == len(self.syntax.levels):
            return self.unary()
        binds, operators = self.syntax.levels[number]
        left = self.level(number + 1)
        while (sign := self.peek()) in operators:
            self.at += 1
            left = self.joined(left, operators[sign], binds, number)
        return left

    def joined(
        self,
        left: Part,
        operator: str,
        binds: int,
        number: int,
    ) -> Part:
        if operator == "between":
            low = self.level(number + 1)
            self.demand("and")
            return self.between(left, low, self.level(number + 1))
        if operator == "in":
            return self.membership(left)
        if operator == "instance":
            return self.instance_of(left)
        right = self.level(number + 1)
        if operator in ("and", "or"):
            left, right = self.truth(left), self.truth(right)
        if operator == "**":
            return f'feel("**", {left[0]}, {right[0]})', ATOM
        if not self.syntax.is_feel and operator == "%":
            return language_parts.remainder(left, right)
        if not self.syntax.is_feel and operator == "+":
            return truths.juel_sum(left, right)
        if self.syntax.is_feel and operator in ("==", "!="):
            left, right = (
                language_parts.or_nothing(left, right),
                language_parts.or_nothing(right, left),
            )
        if self.syntax.has_unknowns and binds == COMPARE:
            return self.compared(left, operator, right)
        if binds == COMPARE:
            tight_left = binds + 1
        else:
            tight_left = binds
        return (
            f"{bound(left, tight_left)} {operator} {bound(right, binds + 1)}",
            binds,
        )

    def between(self, value: Part, low: Part, high: Part) -> Part:
        """Whether the value lies between two, both of them included."""
        return language_parts.within(value, low, high)

    def compared(self, left: Part, operator: str, right: Part) -> Part:
        """A comparison of FEEL, where what is unknown stays so."""
        feel_times.require_no_text_beside(left[0], right[0])
        if operator in ("==", "!="):
            if self.syntax.gives_unknowns:
                return feel_kinds.equality(left, operator, right)
            known = truths.feel_equal(left, operator, right)
            if known is not None:
                return known
        return truths.feel_order(left, operator, right)

    def truth(self, part: Part) -> Part:
        """The part where a truth is asked for."""
        if self.syntax.has_unknowns:
            return truths.feel_truth(part)
        return part if self.syntax.is_feel else truths.juel_truth(part)

    def value(self, part: Part) -> Part:
        """The part where a value is asked for, which may be unknown."""
        if self.syntax.gives_unknowns:
            return feel_kinds.value(part)
        return part

    def opposite(self, part: Part) -> Part:
        """The part negated."""
        if self.syntax.gives_unknowns:
            return feel_kinds.negation(part)
        if self.syntax.has_unknowns:
            return truths.feel_not(part)
        return negated(self.truth(part))

    def membership(self, left: Part) -> Part:
        """`x in [1..5]`, `x in ("a", "b")`, `x in list`."""
        if self.syntax.keeps_kinds:
            return self.inside(left)
        if not (self.take("[") or self.take("(")):
            return self.in_list(left, self.unary())
        opened = self.tokens[self.at - 1][1]
        first = self.expression()
        if self.take(".."):
            last = self.expression()
            closed = self.next()
            if opened != "[" or closed != "]":
                raise Untranslatable(say("不含端点的区间请改写成两个比较"))
            return language_parts.within(left, first, last)
        entries = [first[0], *self.rest(")" if opened == "(" else "]")]
        return f"{bound(left, ADD)} in [{', '.join(entries)}]", COMPARE

    def in_list(self, value: Part, holder: Part) -> Part:
        """A text is no list: adding to it is refused when it is asked."""
        if self.syntax.is_feel:
            holder = self.through(holder)
        listed = bound(holder, ADD)
        known = self.syntax.keeps_kinds and feel_functions.is_list(holder)
        if self.syntax.has_unknowns and not known:
            listed = f"{listed} + []"
        return f"{bound(value, ADD)} in {listed}", COMPARE

    def unary(self) -> Part:
        if self.take("-"):
            return f"-{bound(self.unary(), UNARY)}", UNARY
        if not self.syntax.is_feel and self.take("empty"):
            return is_empty(self.unary())
        if self.peek() in self.syntax.negations:
            self.at += 1
            return self.opposite(self.unary())
        return self.postfix(self.atom())

    def postfix(self, row: Part) -> Part:
        # `[1..5[` ends a range: nothing is picked out of a number or a text.
        if (
            self.syntax.keeps_kinds
            and self.tokens[self.at - 1][0] in ("number", "string")
            and not row[0].startswith("feel(")
        ):
            return row
        while self.peek() in (".", "["):
            if self.take("."):
                kind, name = self.token()
                if kind != "name":
                    raise Untranslatable(say("“.”之后的写法本系统没有"))
                if self.take("("):
                    row = self.method(row, name)
                elif not self.syntax.is_feel and row[0] == "execution":
                    raise Untranslatable(
                        say(
                            "本系统没有“execution.{name}”，请改用变量",
                            name=name,
                        ),
                    )
                else:
                    row = self.along(row, self.key_from(name))
            else:
                row = self.picked(row)
        return row

    def picked(self, holder: Part) -> Part:
        """`holder[…]`: in FEEL a number that is written, no condition."""
        self.demand("[")
        entry: Part | None = None
        if self.syntax.keeps_kinds:
            entry = self.selected(holder)
        elif not self.syntax.is_feel:
            entry = juel_methods.entry(holder, self.expression())
        if entry is None:
            raise Untranslatable(
                say("FEEL 的下标和筛选本系统没有，请先把值存成变量"),
            )
        self.demand("]")
        return entry

    def method(self, receiver: Part, name: str) -> Part:
        arguments = self.arguments()
        if self.syntax.is_feel:
            raise Untranslatable(
                say(
                    "本系统不调用方法“{name}(…)”，请改用变量和比较", name=name
                ),
            )
        return juel_methods.of_java(receiver, name, arguments)

    def atom(self) -> Part:
        if self.syntax.keeps_kinds and (loop := self.loop()):
            return loop
        kind, text = self.token()
        if kind in ("number", "string"):
            return text, ATOM
        if text == "@" and self.syntax.keeps_kinds:
            return self.at_sign()
        if text == "(":
            inner = self.expression()
            self.demand(")")
            return f"({inner[0]})", ATOM
        if text == "[" and self.syntax.is_feel:
            if self.take("]"):
                entries = []
            else:
                entries = [self.value(self.expression())[0], *self.rest("]")]
            return f"[{', '.join(entries)}]", ATOM
        if text == "{" and self.syntax.is_feel:
            return self.context()
        if kind != "name" or text in WORDS:
            raise Untranslatable(
                say("“{text}”处的写法本系统没有", text=text)
                if text
                else say("表达式不完整"),
            )
        if self.syntax.is_feel:
            text = self.name_from(text)
        if self.take("("):
            return self.call(text)
        follows = [
            token[1] for token in self.tokens[self.at : self.at + 3 : 2]
        ]
        if (
            not self.syntax.is_feel
            and text in SPACES
            and follows == [":", "("]
        ):
            self.at += 3
            return juel_methods.function(
                text,
                self.tokens[self.at - 2][1],
                self.arguments(),
            )
        return self.named(
            language_parts.variable(
                COUNTS.get(text, text) if self.syntax.is_feel else text,
            )
        )

    def at_sign(self) -> Part:
        """A day, a time or a duration, as in `@"2026-03-01"`. Raises Untranslatable."""
        kind, text = self.token()
        found = (
            feel_temporal.read(ast.literal_eval(text))
            if kind == "string"
            else None
        )
        if found is None:
            raise Untranslatable(say("@ 后面要写日期、时间或时长"))
        name = "duration" if found.kind in DURATIONS else found.kind
        return f'feel("{name}", {text})', ATOM

    def call(self, name: str) -> Part:
        if name == "sort" and self.syntax.gives_unknowns:
            return self.sorting()
        arguments = self.arguments_of(name if self.syntax.is_feel else "")
        if name != "not":
            arguments = [self.value(part) for part in arguments]
        made = self.made(name, arguments) if self.syntax.is_feel else None
        if made is not None:
            return made
        ours = self.syntax.functions.get(name)
        if ours is None:
            raise Untranslatable(
                say("本系统没有函数“{name}(…)”，请改用变量和比较", name=name),
            )
        if ours == "sum" and self.syntax.has_unknowns and arguments:
            return language_parts.total(arguments)
        if ours == "not" and len(arguments) == 1:
            return self.opposite(arguments[0])
        if ours == "str" and self.syntax.keeps_kinds and len(arguments) == 1:
            return language_parts.written(arguments[0])
        if ours == "len" and self.syntax.keeps_kinds and arguments:
            arguments[0] = feel_functions.of_kind(arguments[0], "[]")
        return (
            f"{ours}({', '.join(argument[0] for argument in arguments)})",
            ATOM,
        )

    def made(self, name: str, arguments: list[Part]) -> Part | None:
        """A function of FEEL that is something else than a function here; None for any other."""
        kinds = self.syntax.keeps_kinds
        if kinds:
            arguments[:] = [
                feel_loops.over_entries(name, part) for part in arguments
            ]
        method = feel_functions.METHODS.get((name, len(arguments)))
        if method:
            holder = arguments[0]
            if kinds:
                nothing = feel_functions.OF_ONE_KIND.get(name)
                holder = feel_functions.of_kind(holder, nothing)
            return juel_methods.call(holder, method, arguments[1:])
        if (name, len(arguments)) == ("list contains", 2):
            holder, value = arguments
            return self.known(self.in_list(value, holder), holder)
        if self.syntax.gives_unknowns or (
            self.syntax.counts_places and name in feel_functions.CUTTING
        ):
            strict = feel_functions.strict_call(name, arguments)
            if strict is not None:
                return strict
        if kinds or name in feel_functions.OF_EVERY_EDITION:
            return feel_functions.call(name, arguments)
        return None
