"""The expressions of a script in our language. Where Groovy or JavaScript would turn one kind of value into
another, ours stops, or it is refused here."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence

from orchestrator.bpmn_import.script_kinds import kind_of
from orchestrator.bpmn_import.script_parts import Node
from orchestrator.bpmn_import.script_words import GROOVY, JAVASCRIPT
from orchestrator.engine import (
    juel_methods,
    kinds,
    language_parts,
    truths,
)
from orchestrator.engine.translating import (
    ADD,
    AND,
    ATOM,
    COMPARE,
    MULTIPLY,
    OR,
    TERNARY,
    UNARY,
    Part,
    Untranslatable,
    bound,
    negated,
    short,
)
from orchestrator.sentences import say

_OBJECTS = frozenset(
    (
        *("execution", "task", "delegateTask", "caseExecution", "connector"),
        *("System", "Math", "JSON", "Java", "console", "log", "logger", "S"),
        *("environment", "variables", "kcontext"),
    ),
)
"""What the other system gives a script besides variables."""
_FUNCTIONS: Mapping[tuple[str, int], str] = {
    ("max", 2): "max",
    ("min", 2): "min",
    ("abs", 1): "abs",
}
"""(function of Math, arguments) → ours."""
_READING = re.compile(r"(?:get|is|has|to)[A-Z]\w*$|(?:size|length|trim)$")
"""Methods that by their names change nothing."""
MOST_DIGITS = 15
"""Of a number; JavaScript rounds longer ones."""
_OF_TEXTS = {"toUpperCase": "upper", "toLowerCase": "lower"}


class Values:
    """Translates expressions of one script."""

    def __init__(
        self,
        language: str,
        named: Callable[[str], Part] | None = None,
    ) -> None:
        self.language = language
        self.named = named or (lambda name: (variable(name), ATOM))
        """What a name stands for."""

    def value(self, node: Node) -> Part:
        """The expression's value. Raises Untranslatable."""
        read: Callable[[Node], Part] = getattr(self, f"_{node.kind}")
        return read(node)

    def truth(self, node: Node) -> Part:
        """The expression where a truth is asked for: what counts as true is the language's. Raises
        Untranslatable."""
        return self.as_truth(self.value(node))

    def as_truth(self, part: Part) -> Part:
        if truths.is_truth(part[0]):
            return part
        if self.language == GROOVY:
            return f"bool({part[0]})", ATOM
        return f'{bound(part, ADD)} not in [null, false, 0, ""]', COMPARE

    def is_harmless(self, node: Node) -> bool:
        """Whether nothing changes when the expression is left out: it only reads."""
        if node.kind == "call" and node.text not in ("String", "Boolean"):
            return False
        if node.kind == "method" and not _READING.match(node.text):
            return False
        return all(map(self.is_harmless, node.parts))

    # ---- what is written

    def _number(self, node: Node) -> Part:
        text = node.text.removesuffix("L")
        if len(text.replace(".", "")) > MOST_DIGITS:
            raise Untranslatable(
                say(
                    "数“{text}…”超过 {most} 位，各语言取的位数不同",
                    text=text[:20],
                    most=MOST_DIGITS,
                ),
            )
        if len(text) > 1 and text.startswith("0") and text[1] != ".":
            raise Untranslatable(
                say("“{text}”处的写法本系统没有", text=text),
            )
        return text, ATOM

    def _text(self, node: Node) -> Part:
        return json.dumps(node.text, ensure_ascii=False), ATOM

    def _filled(self, node: Node) -> Part:
        parts = [self.value(part)[0] for part in node.parts]
        return f"plus({', '.join(parts)})", ATOM

    def _list(self, node: Node) -> Part:
        entries = [self.value(part)[0] for part in node.parts]
        return f"[{', '.join(entries)}]", ATOM

    def _map(self, node: Node) -> Part:
        entries = [self.value(part)[0] for part in node.parts]
        return f"put({', '.join(['null', *entries])})", ATOM

    def _name(self, node: Node) -> Part:
        if node.text in ("true", "false", "null"):
            return node.text, ATOM
        return self.named(node.text)

    # ---- operators

    def _one(self, node: Node) -> Part:
        if node.text == "!":
            return negated(self.truth(node.parts[0]))
        return f"-{bound(self._counted(node.parts[0]), UNARY)}", UNARY

    def _choice(self, node: Node) -> Part:
        condition, first, second = node.parts
        made = language_parts.choice(
            self.truth(condition),
            self.value(first),
            self.value(second),
        )
        return short(*made)

    def _pair(self, node: Node) -> Part:
        sign = node.text
        if sign in ("&&", "||"):
            return self._either(node)
        if sign in ("?:", "??"):
            return self._otherwise(node)
        if sign in ("==", "!=", "===", "!=="):
            return self._equal(node)
        if sign in ("<", ">", "<=", ">="):
            return self._ordered(node)
        if sign == "in":
            return self._inside(node)
        if sign == "+":
            return self._sum(node)
        return self._calculated(node)

    def _either(self, node: Node) -> Part:
        operator = "and" if node.text == "&&" else "or"
        left, right = (self.value(part) for part in node.parts)
        known = all(truths.is_truth(part[0]) for part in (left, right))
        test = self.as_truth(left)
        if self.language == JAVASCRIPT and not known:
            return _one_of(left, operator, right, test)
        binds = AND if operator == "and" else OR
        left, right = test, self.as_truth(right)
        return (
            f"{bound(left, binds)} {operator} {bound(right, binds + 1)}",
            binds,
        )

    def _otherwise(self, node: Node) -> Part:
        left, right = (self.value(part) for part in node.parts)
        if node.text == "??":
            there: Part = f"{bound(left, ADD)} is not null", COMPARE
        else:
            there = self.as_truth(left)
        return short(*language_parts.choice(there, left, right))

    def _equal(self, node: Node) -> Part:
        left, right = (self.value(part) for part in node.parts)
        is_negated = node.text.startswith("!")
        if "null" in (left[0], right[0]):
            sign = "is not" if is_negated else "is"
            return f"{bound(left, ADD)} {sign} {bound(right, ADD)}", COMPARE
        function = "same" if len(node.text) == 3 else "alike"
        part = f"{function}({left[0]}, {right[0]})", ATOM
        return negated(part) if is_negated else part

    def _ordered(self, node: Node) -> Part:
        """Texts where one is written beside the sign, else numbers."""
        left, right = (self.value(part) for part in node.parts)
        known = {kind_of(left), kind_of(right)}
        wanted = "text" if "text" in known else "number"
        sides = [
            bound(self._of_kind(side, wanted), ADD) for side in (left, right)
        ]
        return f"{sides[0]} {node.text} {sides[1]}", COMPARE

    def _inside(self, node: Node) -> Part:
        """Groovy's `in` of a list of written texts."""
        value, holder = node.parts
        if holder.kind != "list" or any(
            part.kind != "text" for part in holder.parts
        ):
            raise Untranslatable(
                say("“in”后面只能是写明文字的列表"),
            )
        left, right = self.value(value), self.value(holder)
        return f"{bound(left, ADD)} in {right[0]}", COMPARE

    def _sum(self, node: Node) -> Part:
        left, right = (self.value(part) for part in node.parts)
        known = kind_of(left), kind_of(right)
        if known in (("number", "number"), ("text", "text")):
            return f"{bound(left, ADD)} + {bound(right, MULTIPLY)}", ADD
        for kind in known:
            if kind not in ("", "number", "text") and "text" not in known:
                raise _only_for(("number", "text"), kind)
        return f"plus({', '.join([*_added(left), right[0]])})", ATOM

    def _calculated(self, node: Node) -> Part:
        sign = node.text
        left, right = (self._counted(part) for part in node.parts)
        if sign == "%":
            return language_parts.remainder(left, right)
        if sign == "/" and self.language == GROOVY:
            return f"shared({left[0]}, {right[0]})", ATOM
        binds = ADD if sign == "-" else MULTIPLY
        return f"{bound(left, binds)} {sign} {bound(right, binds + 1)}", binds

    def _counted(self, node: Node) -> Part:
        return self._of_kind(self.value(node), "number")

    def _of_kind(self, part: Part, *wanted: str) -> Part:
        """The part, which is of one of the kinds, or stops the instance. Raises Untranslatable where it never
        is."""
        known = kind_of(part)
        if known in wanted:
            return part
        if known:
            raise _only_for(wanted, known)
        named = ", ".join(f'"{kind}"' for kind in wanted)
        return f"only({part[0]}, {named})", ATOM

    # ---- what stands behind a dot

    def _member(self, node: Node) -> Part:
        (holder,) = node.parts
        self._refuse_object(holder, node.text)
        part = self.value(holder)
        if self.language == JAVASCRIPT and node.text == "length":
            return f"len({self._of_kind(part, 'text', 'list')[0]})", ATOM
        name = variable(node.text)
        if self.language == GROOVY:
            return f"{bound(part, ATOM)}.{name}", ATOM
        # What is not there is `undefined`, which is no null.
        return f'{bound(part, ATOM)}["{name}"]', ATOM

    def _place(self, node: Node) -> Part:
        holder, place = node.parts
        self._refuse_object(holder, "[…]")
        return juel_methods.entry(self.value(holder), self.value(place))

    def _refuse_object(self, holder: Node, name: str) -> None:
        if holder.kind == "name" and holder.text in _OBJECTS:
            raise Untranslatable(
                say(
                    "本系统没有“{holder}.{name}”，请改用变量",
                    holder=holder.text,
                    name=name,
                ),
            )

    def _call(self, node: Node) -> Part:
        given = [self.value(part) for part in node.parts]
        if self.language == JAVASCRIPT and len(given) == 1:
            if node.text == "String":
                return f'plus("", {given[0][0]})', ATOM
            if node.text == "Boolean":
                return self.as_truth(given[0])
        raise Untranslatable(
            say(
                "本系统没有函数“{name}(…)”，请改用变量和比较",
                name=node.text,
            ),
        )

    def _method(self, node: Node) -> Part:
        holder, *arguments = node.parts
        given = [self.value(part) for part in arguments]
        name = node.text
        if (holder.kind, holder.text) == ("name", "execution"):
            return juel_methods.call(("execution", ATOM), name, given)
        if (holder.kind, holder.text) == ("name", "Math"):
            return self._mathematical(name, arguments)
        self._refuse_object(holder, f"{name}(…)")
        part = self.value(holder)
        made = self._of_language(part, name, given)
        if made is None:
            raise Untranslatable(
                say(
                    "本系统不调用方法“{name}(…)”，请改用变量和比较",
                    name=name,
                ),
            )
        return made

    def _mathematical(self, name: str, arguments: Sequence[Node]) -> Part:
        ours = _FUNCTIONS.get((name, len(arguments)))
        if ours is None:
            raise Untranslatable(
                say(
                    "本系统不调用方法“{name}(…)”，请改用变量和比较",
                    name=f"Math.{name}",
                ),
            )
        given = [self._counted(part)[0] for part in arguments]
        return f"{ours}({', '.join(given)})", ATOM

    def _of_language(
        self,
        part: Part,
        name: str,
        given: Sequence[Part],
    ) -> Part | None:
        """A method of both languages, or of the one; None for any other."""
        if not given and name in _OF_TEXTS:
            text = self._of_kind(part, "text")
            return f"{_OF_TEXTS[name]}({text[0]})", ATOM
        if not given and name == "toString":
            return f'plus("", given({part[0]}))', ATOM
        if name in ("startsWith", "endsWith") and len(given) == 1:
            text = self._of_kind(part, "text")
            return juel_methods.of_java(text, name, given)
        if self.language == GROOVY:
            return self._of_groovy(part, name, given)
        return self._of_javascript(part, name, given)

    def _of_groovy(
        self,
        part: Part,
        name: str,
        given: Sequence[Part],
    ) -> Part | None:
        holders = {
            "size": ("text", "list", "group"),
            "length": ("text",),
            "isEmpty": ("text", "list", "group"),
        }.get(name)
        if holders and not given:
            length = f"len({self._of_kind(part, *holders)[0]})"
            if name == "isEmpty":
                return f"{length} == 0", COMPARE
            return length, ATOM
        if name == "trim" and not given:
            return f"trim({self._of_kind(part, 'text')[0]})", ATOM
        if len(given) != 1:
            return None
        texts = "text" in (kind_of(part), kind_of(given[0]))
        if name == "equals" and texts:
            return f"same(given({part[0]}), {given[0][0]})", ATOM
        if name == "contains" and kind_of(given[0]) == "text":
            holder = self._of_kind(part, "text", "list")
            return f"{given[0][0]} in {holder[0]}", COMPARE
        if name == "get":
            return juel_methods.of_java(part, name, given)
        return None

    def _of_javascript(
        self,
        part: Part,
        name: str,
        given: Sequence[Part],
    ) -> Part | None:
        if name == "trim":
            raise Untranslatable(
                say("JavaScript 的 trim 还去掉全角空格，本系统没有这样的写法"),
            )
        if name == "size" and not given:
            return f"len({self._of_kind(part, 'list', 'group')[0]})", ATOM
        texts = [kind_of(argument) for argument in given]
        if name == "includes" and texts == ["text"]:
            holder = self._of_kind(part, "text", "list")
            return f"{given[0][0]} in {holder[0]}", COMPARE
        return None


def _added(part: Part) -> list[str]:
    """What the part adds up from left to right: itself, or the parts of a sum that begins so."""
    node = ast.parse(part[0].strip(), mode="eval").body
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "plus"
    ):
        return [
            ast.get_source_segment(part[0].strip(), given) or ""
            for given in node.args
        ]
    return [part[0]]


def _one_of(left: Part, operator: str, right: Part, test: Part) -> Part:
    """`and` or `or` of JavaScript, which give one of their sides."""
    sides = [bound(left, OR), bound(right, OR)]
    if operator == "and":
        sides.reverse()
    return short(
        f"{sides[0]} if {bound(test, OR)} else {sides[1]}",
        TERNARY,
    )


def variable(name: str) -> str:
    """The name, where an expression of ours can read it. Raises Untranslatable."""
    if name in _OBJECTS:
        raise Untranslatable(
            say("本系统没有“{name}”，请改用变量", name=name),
        )
    return language_parts.variable(name)


def _only_for(wanted: Sequence[str], found: str) -> Untranslatable:
    return Untranslatable(
        say(
            "这里应是{wanted}，现为{found}",
            wanted="、".join(kinds.WORDS[kind] for kind in wanted),
            found=kinds.WORDS[found],
        ),
    )
