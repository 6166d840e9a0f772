"""Decisions that are drawn as boxes (contexts, lists, relations, conditionals, invocations) and the business
knowledge models that they call, written as one expression of FEEL (DMN 1.5, 7.3 and 10.2).

A call of a business knowledge model becomes its body with what is handed in put in place of the parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from orchestrator.engine import (
    dmn_functions,
    dmn_index,
    dmn_nodes,
    entries_before,
    expressions,
    feel_types,
    languages,
)
from orchestrator.engine.dmn_functions import Function
from orchestrator.engine.translating import Untranslatable
from orchestrator.sentences import say

_RESULT = "result_of_context"
"""Key of the entry without a name, which is what a context gives."""
_MOST_INSIDE = 20
"""Boxes inside each other, and models that call each other."""
BOXES = ("context", "list", "relation", "conditional", "invocation")
_PARTS = ("literalExpression", "functionDefinition", *BOXES)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads boxes that stand in a decision or a model."""

    models: _Models
    functions: Mapping[str, Function]
    depth: int = 0

    def expression(self, owner: Any) -> str:
        """The FEEL of the box that the element holds. Raises Untranslatable."""
        if self.depth > _MOST_INSIDE:
            raise Untranslatable(say("框套框太深，请拆成几个决策"))
        for node in owner:
            box = dmn_nodes.local(node)
            if box == "literalExpression":
                text = dmn_functions.inlined(
                    dmn_nodes.text(node), self.functions
                )
                return self.models.typed(text, node)
            if box == "decisionTable":
                raise Untranslatable(
                    say("框里有决策表，请把它画成单独的决策"),
                )
            if box in _READ:
                inner = _Reader(self.models, self.functions, self.depth + 1)
                return self.models.typed(_READ[box](inner, node), node)
        raise Untranslatable(dmn_nodes.without_logic(owner))

    def cell(self, owner: Any) -> str:
        """The same, where it stands beside others. Raises Untranslatable for several values in one cell."""
        text = self.expression(owner)
        languages.from_feel(f"({text})")
        return text

    def context(self, node: Any) -> str:
        """A group of values, or what its entry without a name gives."""
        functions = dict(self.functions)
        keys: list[str] = []
        parts: list[str] = []
        for entry in _inner(node, "contextEntry"):
            reader = _Reader(self.models, functions, self.depth)
            variable = dmn_nodes.child(entry, "variable")
            name = _RESULT if variable is None else variable.get("name") or ""
            drawn = dmn_nodes.child(entry, "functionDefinition")
            if not name.isidentifier() or name in keys:
                raise Untranslatable(
                    say(
                        "上下文里的名称“{name}”不能用：只用字母、汉字、数字和下划线，不重名，请改名",
                        name=name[:60],
                    ),
                )
            if drawn is not None:
                functions[name] = self.models.drawn(name, drawn, reader)
                continue
            keys.append(name)
            functions.pop(name, None)
            value = self.models.typed(reader.cell(entry), variable)
            parts.append(f"{name}: {value}")
        whole = f"{{{', '.join(parts)}}}"
        if keys and keys[-1] == _RESULT:
            return f"{whole}.{_RESULT}"
        if len(functions) > len(self.functions):
            raise Untranslatable(say("上下文的结果里不能有函数，请只给出值"))
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
            column.get("name") or "" for column in _inner(node, "column")
        ]
        rows = []
        for row in _inner(node, "row"):
            cells = [
                self.cell([cell])
                for cell in row
                if dmn_nodes.local(cell) in _PARTS
            ]
            if len(cells) != len(columns) or not all(
                name.isidentifier() for name in columns
            ):
                raise Untranslatable(
                    say(
                        "关系表每行的格数要与列数相同，列名只用字母、汉字、数字和下划线"
                    ),
                )
            pairs = zip(columns, cells, strict=True)
            rows.append(", ".join(f"{name}: {cell}" for name, cell in pairs))
        return f"[{', '.join(f'{{{row}}}' for row in rows)}]"

    def conditional(self, node: Any) -> str:
        parts = [
            self.expression(part)
            for name in ("if", "then", "else")
            for part in _inner(node, name)
        ]
        if len(parts) != 3:
            raise Untranslatable(say("条件框要有如果、那么、否则三格"))
        test, first, second = parts
        return f"(if {test} then {first} else {second})"

    def invocation(self, node: Any) -> str:
        """The call of a model with what is bound to its parameters."""
        called = dmn_nodes.text(dmn_nodes.child(node, "literalExpression"))
        function = self.functions.get(called)
        if function is None:
            raise Untranslatable(
                say(
                    "调用的“{name}”不是这个决策引用的业务知识模型",
                    name=called[:60],
                ),
            )
        given = {}
        for binding in _inner(node, "binding"):
            parameter = dmn_nodes.child(binding, "parameter")
            name = "" if parameter is None else parameter.get("name") or ""
            given[name] = self.expression(binding)
        return dmn_functions.called(function, given)


_READ: Mapping[str, Callable[[_Reader, Any], str]] = {
    "context": _Reader.context,
    "list": _Reader.listed,
    "relation": _Reader.relation,
    "conditional": _Reader.conditional,
    "invocation": _Reader.invocation,
}


def unboxed(decision: Any) -> Any:
    """The decision with its boxes as one expression and its calls of models written out; itself where it has
    none, or where they cannot be read."""
    if not _is_boxed(decision):
        return decision
    try:
        return _unboxed(decision)
    except Untranslatable:
        return decision


def objection(decision: Any) -> str:
    """Why the boxes and calls cannot be read, as a Chinese clause; empty where they can."""
    if not _is_boxed(decision):
        return ""
    try:
        _unboxed(decision)
    except Untranslatable as refused:
        return str(refused)
    return ""


def _is_boxed(decision: Any) -> bool:
    return any(
        dmn_nodes.child(decision, box) is not None for box in BOXES
    ) or bool(_wanted(decision))


def _unboxed(decision: Any) -> Any:
    models = _Models(decision)
    functions = models.required(decision)
    reader = _Reader(models, functions)
    copied = deepcopy(decision)
    drawn = next(
        (node for node in copied if dmn_nodes.local(node) in BOXES),
        None,
    )
    if drawn is not None:
        written = etree.Element(
            f"{decision.tag.rpartition('}')[0]}}}literalExpression"
        )
        text = etree.SubElement(
            written,
            f"{decision.tag.rpartition('}')[0]}}}text",
        )
        text.text = reader.expression(decision)
        copied.replace(drawn, written)
        return copied
    for node in copied.iter():
        if dmn_nodes.local(node) == "text" and node.text:
            node.text = dmn_functions.inlined(node.text.strip(), functions)
    return copied


def _wanted(owner: Any) -> list[str]:
    """Ids of the models that the decision or model requires, as they are written."""
    return [
        str(node.get("href") or "").rpartition("#")[2]
        for node in owner.iter()
        if dmn_nodes.local(node) == "requiredKnowledge"
    ]


class _Models:
    """The business knowledge models of a document, each read once."""

    def __init__(self, node: Any) -> None:
        self.index = dmn_index.of(node)
        self.known = {
            model.get("id"): model
            for model in self.index.root.iterchildren("*")
            if dmn_nodes.local(model) == "businessKnowledgeModel"
        }
        self.made: dict[str, Function] = {}
        self.under_way: list[str] = []

    def required(self, owner: Any) -> dict[str, Function]:
        """The functions that the decision or model requires. Raises Untranslatable."""
        functions = [self.function(id_) for id_ in _wanted(owner)]
        return {function.name: function for function in functions}

    def function(self, id_: str) -> Function:
        """Raises Untranslatable."""
        if id_ in self.made:
            return self.made[id_]
        model = self.known.get(id_)
        if model is None:
            raise Untranslatable(
                say(
                    "引用业务知识模型“{name}”，它不在这个文件里，或是决策服务，本系统不调用它",
                    name=id_[:60],
                ),
            )
        name = model.get("name") or ""
        if id_ in self.under_way or len(self.under_way) == _MOST_INSIDE:
            raise Untranslatable(
                say("引用业务知识模型绕了一圈，或一个套一个太深，请改画"),
            )
        logic = dmn_nodes.child(model, "encapsulatedLogic")
        if not name.isidentifier() or logic is None:
            raise Untranslatable(
                say(
                    "引用业务知识模型“{name}”，它没有内容，或名称不是字母、汉字、数字和下划线",
                    name=name[:60],
                ),
            )
        self.under_way.append(id_)
        reader = _Reader(self, self.required(model))
        self.made[id_] = self.drawn(name, logic, reader)
        self.under_way.pop()
        return self.made[id_]

    def drawn(self, name: str, node: Any, reader: _Reader) -> Function:
        """A function of a model or a context. Raises Untranslatable where it is no expression of its
        parameters alone."""
        why = self._why_not(node)
        if why:
            raise Untranslatable(
                say("函数“{name}”{why}", name=name[:60], why=why)
            )
        parameters = tuple(
            parameter.get("name") or ""
            for parameter in _inner(node, "formalParameter")
        )
        body = self.typed(
            reader.expression(node),
            dmn_nodes.child(node.getparent(), "variable"),
        )
        ours = languages.from_feel(body)
        read = expressions.names_read(ours)
        # In a filter and in some functions a name stands as a text.
        read |= set(entries_before.asked_for(ast.parse(ours, mode="eval")))
        for other in sorted(read - set(parameters)):
            raise Untranslatable(
                say(
                    "函数“{name}”用到参数以外的名称“{other}”，请把它也作为参数",
                    name=name[:60],
                    other=other[:60],
                ),
            )
        types = {
            parameter.get("name"): dmn_functions.type_check(kind)
            for parameter in _inner(node, "formalParameter")
            if (kind := self._kind(parameter))
        }
        return Function(name, parameters, body, types)

    def typed(self, text: str, node: Any) -> str:
        """The FEEL whose value is of the type that the box or variable names, and null for any other; in a
        file of Camunda it is left as it is."""
        kind = self._kind(node)
        if not kind:
            return text
        return f"of type({text}, {dmn_functions.type_check(kind)})"

    def _kind(self, node: Any) -> str | None:
        type_ref = None if node is None else node.get("typeRef")
        if not type_ref or not feel_types.is_standard(self.index.root):
            return None
        kind = feel_types.described(self.index.root, type_ref)
        return None if kind == f'"{feel_types.ANY}"' else kind

    def _why_not(self, node: Any) -> str:
        if node.get("kind", "FEEL") != "FEEL":
            return say("不是用 FEEL 写的")
        if not all(
            str(parameter.get("name")).isidentifier()
            for parameter in _inner(node, "formalParameter")
        ):
            return say("的参数名称只能用字母、汉字、数字和下划线，请改名")
        if any(
            self.index.is_limited(inner.get("typeRef"))
            for inner in node.iter("*")
        ):
            return say("的参数或结果的类型限定了可取的值，本系统不检查它")
        return ""


def _inner(node: Any, name: str) -> list[Any]:
    return [child for child in node if dmn_nodes.local(child) == name]
