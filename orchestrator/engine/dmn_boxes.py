"""The boxes of a decision (contexts, lists, relations, conditionals, filters, loops, invocations), each
written as one expression of FEEL (DMN 1.5, 7.3 and 10.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from orchestrator.engine import dmn_functions, dmn_nodes, languages
from orchestrator.engine.dmn_functions import Function
from orchestrator.engine.dmn_spelling import as_variable, respelled
from orchestrator.engine.translating import Untranslatable
from orchestrator.sentences import say

_RESULT = "result_of_context"
"""Key of the entry without a name, which is what a context gives."""
MOST_INSIDE = 20
"""Boxes inside each other, and models that call each other."""
BOXES = (
    "context",
    "list",
    "relation",
    "conditional",
    "invocation",
    "filter",
    "for",
    "some",
    "every",
)
LITERAL = "literalExpression"
_RANGE = re.compile(r"-?\w+\s*\.\.\s*-?\w+")
"""A range as a loop goes through it."""
_PARTS = (LITERAL, "functionDefinition", *BOXES)


_FUNCTION = re.compile(
    r"function\s*\((?P<parameters>[^()]*)\)\s*(?P<body>(?!external\b)\S.*)",
    re.DOTALL,
)
"""A function as FEEL writes it."""


def _text_of(owner: Any) -> str:
    """The text of the literal expression in it; empty without one."""
    return dmn_nodes.text(dmn_nodes.child(owner, LITERAL))


_NO_FUNCTION = say("上下文的结果里不能有函数，请只给出值")


def _key(name: str) -> str:
    """A name as a key of a context in FEEL."""
    return (
        name if name.isidentifier() else json.dumps(name, ensure_ascii=False)
    )


def _is_key(name: str) -> bool:
    return bool(name) and not any(sign in name for sign in "\"'\\")


class KnownModels(Protocol):
    """What a reader asks of the models of its document."""

    def typed(self, text: str, node: Any) -> str:
        """The FEEL of the box or variable with its type."""

    def drawn(self, name: str, node: Any, reader: Reader) -> Function:
        """A function of a model or a context. Raises Untranslatable."""

    def written(
        self,
        name: str,
        parameters: str,
        body: str,
        reader: Reader,
    ) -> Function:
        """A function that FEEL writes. Raises Untranslatable."""

    def variable(self, name: str) -> str:
        """The name as a variable has it; itself where none has. Raises Untranslatable for another's."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads boxes that stand in a decision or a model."""

    models: KnownModels
    functions: Mapping[str, Function]
    depth: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    """Names with spaces → the variables that are read for them."""

    def expression(self, owner: Any) -> str:
        """The FEEL of the box that the element holds. Raises Untranslatable."""
        if self.depth > MOST_INSIDE:
            raise Untranslatable(say("框套框太深，请拆成几个决策"))
        for node in owner:
            box = dmn_nodes.local(node)
            if box == "literalExpression":
                text = dmn_functions.inlined(
                    self.respelled(dmn_nodes.text(node)),
                    self.functions,
                )
                return self.models.typed(text, node)
            if box == "decisionTable":
                raise Untranslatable(say("框里有决策表，请把它画成单独的决策"))
            if box in _READ:
                inner = replace(self, depth=self.depth + 1)
                return self.models.typed(_READ[box](inner, node), node)
        raise Untranslatable(dmn_nodes.without_logic(owner))

    def respelled(self, text: str) -> str:
        """The text with the names that have spaces as variables."""
        called = [
            name
            for name, variable in self.names.items()
            if variable in self.functions
        ]
        return respelled(text, self.names, called)

    def cell(self, owner: Any) -> str:
        """The same, where it stands beside others. Raises Untranslatable for several values in one cell."""
        text = self.expression(owner)
        languages.from_feel(f"({text})")
        return text

    def context(self, node: Any) -> str:
        """A group of values, or what its entry without a name gives."""
        functions = dict(self.functions)
        names = dict(self.names)
        keys: dict[str, str] = {}
        parts: list[str] = []
        for entry in inner_nodes(node, "contextEntry"):
            reader = replace(self, functions=functions, names=names)
            variable = dmn_nodes.child(entry, "variable")
            called = (
                _RESULT if variable is None else variable.get("name") or ""
            )
            name = self.models.variable(called)
            drawn = dmn_nodes.child(entry, "functionDefinition")
            if not name.isidentifier() or name in keys:
                raise Untranslatable(
                    say(
                        "上下文里的名称“{name}”不能用：只用字母、汉字、数字和下划线，不重名，请改名",
                        name=name[:60],
                    ),
                )
            if name != called:
                names = {**names, " ".join(called.split()): name}
            written = _FUNCTION.fullmatch(_text_of(entry))
            if written is not None:
                functions[name] = self.models.written(
                    name,
                    written["parameters"],
                    written["body"],
                    reader,
                )
                continue
            if drawn is not None:
                functions[name] = self.models.drawn(name, drawn, reader)
                continue
            keys[name] = called
            functions.pop(name, None)
            value = self.models.typed(reader.cell(entry), variable)
            parts.append(f"{name}: {value}")
        has_result = bool(keys) and list(keys)[-1] == _RESULT
        if not has_result and any(name != keys[name] for name in keys):
            given = [f"{_key(keys[name])}: {name}" for name in keys]
            parts.append(f"{_RESULT}: {{{', '.join(given)}}}")
            keys[_RESULT] = _RESULT
            has_result = True
            if len(functions) > len(self.functions):
                raise Untranslatable(_NO_FUNCTION)
        whole = f"{{{', '.join(parts)}}}"
        if has_result:
            return f"{whole}.{_RESULT}"
        if len(functions) > len(self.functions):
            raise Untranslatable(_NO_FUNCTION)
        if not parts:
            raise Untranslatable(say("上下文（context）没有内容，请填写"))
        return whole

    def listed(self, node: Any) -> str:
        entries = [
            self.cell([entry])
            for entry in node
            if dmn_nodes.local(entry) in _PARTS
        ]
        return f"[{', '.join(entries)}]"

    def relation(self, node: Any) -> str:
        """A list of groups, one a row."""
        columns = [
            column.get("name") or "" for column in inner_nodes(node, "column")
        ]
        rows = []
        for row in inner_nodes(node, "row"):
            cells = [
                self.cell([cell])
                for cell in row
                if dmn_nodes.local(cell) in _PARTS
            ]
            if len(cells) != len(columns) or not all(map(_is_key, columns)):
                raise Untranslatable(
                    say("关系表每行的格数要与列数相同，列名里没有引号")
                )
            pairs = zip(columns, cells, strict=True)
            named = [f"{_key(name)}: {cell}" for name, cell in pairs]
            rows.append(", ".join(named))
        return f"[{', '.join(f'{{{row}}}' for row in rows)}]"

    def conditional(self, node: Any) -> str:
        parts = [
            self.expression(part)
            for name in ("if", "then", "else")
            for part in inner_nodes(node, name)
        ]
        if len(parts) != 3:
            raise Untranslatable(say("条件框要有如果、那么、否则三格"))
        test, first, second = parts
        return f"(if {test} then {first} else {second})"

    def filtered(self, node: Any) -> str:
        """The entries of a list of which the condition is true."""
        listed = self._part(node, "in")
        test = self._part(node, "match")
        return f"({listed})[({test}) = true]"

    def loop(self, node: Any) -> str:
        """`for`, `some` or `every`, which the box is called."""
        word = dmn_nodes.local(node)
        name = node.get("iteratorVariable") or ""
        if not name.isidentifier():
            raise Untranslatable(
                say(
                    "循环框的变量“{name}”不能用：只用字母、汉字、数字和下划线，请改名",
                    name=name[:60],
                ),
            )
        listed = self._part(node, "in")
        if not _RANGE.fullmatch(listed):
            listed = f"({listed})"
        link = "return" if word == "for" else "satisfies"
        value = self._part(node, link)
        return f"({word} {name} in {listed} {link} ({value}))"

    def _part(self, node: Any, name: str) -> str:
        part = dmn_nodes.child(node, name)
        if part is None:
            raise Untranslatable(
                say("框里缺少“{name}”一格，请填写", name=name)
            )
        return self.models.typed(self.expression(part), part)

    def invocation(self, node: Any) -> str:
        """The call of a model with what is bound to its parameters."""
        called = dmn_nodes.text(dmn_nodes.child(node, "literalExpression"))
        function = self.functions.get(self.respelled(called))
        if function is None:
            raise Untranslatable(
                say(
                    "调用的“{name}”不是这个决策引用的业务知识模型",
                    name=called[:60],
                ),
            )
        return dmn_functions.called(function, self.bindings(node))

    def bindings(self, node: Any) -> dict[str, str]:
        """Parameter → what an invocation binds to it."""
        given = {}
        for binding in inner_nodes(node, "binding"):
            parameter = dmn_nodes.child(binding, "parameter")
            name = "" if parameter is None else parameter.get("name") or ""
            name = name if "-" in name else as_variable(name) or name
            given[name] = self.expression(binding)
        return given


_READ: Mapping[str, Callable[[Reader, Any], str]] = {
    "context": Reader.context,
    "list": Reader.listed,
    "relation": Reader.relation,
    "conditional": Reader.conditional,
    "invocation": Reader.invocation,
    "filter": Reader.filtered,
    "for": Reader.loop,
    "some": Reader.loop,
    "every": Reader.loop,
}


def inner_nodes(node: Any, name: str) -> list[Any]:
    """The children of that name."""
    return [child for child in node if dmn_nodes.local(child) == name]
