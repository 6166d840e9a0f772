"""Business knowledge models: the functions of a DMN document, and what they are called in expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orchestrator.engine import (
    dmn_functions,
    dmn_index,
    dmn_nodes,
    entries_before,
    expressions,
    feel_types,
    languages,
)
from orchestrator.engine.dmn_boxes import MOST_INSIDE, Reader, inner_nodes
from orchestrator.engine.dmn_functions import Function
from orchestrator.engine.dmn_spelling import as_variable, is_taken
from orchestrator.engine.translating import Untranslatable
from orchestrator.sentences import say

_PARAMETER_NAMES = say("的参数名称只能用字母、汉字、数字和下划线，请改名")


def wanted_models(owner: Any) -> list[str]:
    """Ids of the models that the decision or model requires, as they are written."""
    return [
        str(node.get("href") or "").rpartition("#")[2]
        for node in owner.iter()
        if dmn_nodes.local(node) == "requiredKnowledge"
    ]


class Models:
    """The business knowledge models of a document, each read once."""

    def __init__(self, node: Any) -> None:
        self.index = dmn_index.of(node)
        self.known = {
            model.get("id"): model
            for model in self.index.root.iterchildren("*")
            if dmn_nodes.local(model) == "businessKnowledgeModel"
        }
        self.tables = {
            id_: table
            for id_, model in self.known.items()
            if (logic := dmn_nodes.child(model, "encapsulatedLogic"))
            is not None
            and (table := dmn_nodes.child(logic, "decisionTable")) is not None
        }
        """Models that are a decision table."""
        self.made: dict[str, Function] = {}
        self.under_way: list[str] = []

    def variable(self, name: str) -> str:
        """The name as a variable has it; itself where none has. Raises Untranslatable where another name or
        word of the document is that variable."""
        # With a hyphen it may be a difference of two others.
        variable = None if "-" in name else as_variable(name)
        if variable is None or variable == name:
            return name
        if is_taken(self.index.root, variable):
            raise Untranslatable(
                say(
                    "的名称“{name}”要按变量“{variable}”读取，而它已有别的意思，请改名",
                    name=name[:60],
                    variable=variable[:60],
                ),
            )
        return variable

    def name(self, id_: str) -> str:
        """What the model is called in expressions. Raises Untranslatable."""
        return self.variable(self.known[id_].get("name") or "")

    def names(self, owner: Any) -> dict[str, str]:
        """Names with spaces of the models that the decision or model requires → their variables. Raises
        Untranslatable."""
        wanted = [id_ for id_ in wanted_models(owner) if id_ in self.known]
        return self._spelled(
            [self.known[id_].get("name") or "" for id_ in wanted],
        )

    def parameter_names(self, owner: Any) -> dict[str, str]:
        """Names with spaces of the parameters in it → their variables. Raises Untranslatable."""
        nodes = owner.iter("{*}formalParameter")
        return self._spelled([node.get("name") or "" for node in nodes])

    def _spelled(self, names: list[str]) -> dict[str, str]:
        variables = {name: self.variable(name) for name in names}
        return {
            " ".join(name.split()): variable
            for name, variable in variables.items()
            if variable != name
        }

    def required(self, owner: Any) -> dict[str, Function]:
        """The functions that the decision or model requires. Raises Untranslatable."""
        functions = [
            self.function(id_)
            for id_ in wanted_models(owner)
            if id_ not in self.tables
        ]
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
        name = self.name(id_)
        if id_ in self.under_way or len(self.under_way) == MOST_INSIDE:
            raise Untranslatable(
                say("引用业务知识模型绕了一圈，或一个套一个太深，请改画")
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
        reader = Reader(
            self,
            self.required(model),
            names=self.names(model),
        )
        self.made[id_] = self.drawn(name, logic, reader)
        self.under_way.pop()
        return self.made[id_]

    def table_function(self, model: Any) -> Function:
        """The parameters of a model that is a table. Raises Untranslatable."""
        logic = dmn_nodes.child(model, "encapsulatedLogic")
        name = model.get("name") or ""
        parameters = inner_nodes(logic, "formalParameter")
        self._require_runnable(name, logic, parameters)
        names = tuple(
            self.variable(node.get("name") or "") for node in parameters
        )
        return Function(name, names, "", self._types(parameters))

    def drawn(self, name: str, node: Any, reader: Reader) -> Function:
        """A function of a model or a context. Raises Untranslatable where it is no expression of its
        parameters alone."""
        self._require_runnable(name, node, node.iter("*"))
        own = {**reader.names, **self.parameter_names(node)}
        reader = replace(reader, names=own)
        parameters = tuple(
            self.variable(parameter.get("name") or "")
            for parameter in inner_nodes(node, "formalParameter")
        )
        body = self.typed(
            reader.expression(node),
            dmn_nodes.child(node.getparent(), "variable"),
        )
        types = self._types(inner_nodes(node, "formalParameter"))
        return _function(name, parameters, body, types)

    def written(
        self,
        name: str,
        parameters: str,
        body: str,
        reader: Reader,
    ) -> Function:
        """A function as FEEL writes it: `function(a: number, b) a + b`. Raises Untranslatable."""
        names: list[str] = []
        types: dict[str, str] = {}
        for part in filter(None, map(str.strip, parameters.split(","))):
            called, _colon, type_ref = map(str.strip, part.partition(":"))
            if not called.isidentifier() or called in names:
                raise _refused(name, _PARAMETER_NAMES)
            names.append(called)
            kind = feel_types.described(self.index.root, type_ref)
            if kind and feel_types.is_standard(self.index.root):
                types[called] = dmn_functions.type_check(kind)
        text = dmn_functions.inlined(reader.respelled(body), reader.functions)
        return _function(name, tuple(names), text, types)

    def _types(self, parameters: list[Any]) -> dict[str, str]:
        return {
            self.variable(
                parameter.get("name") or "",
            ): dmn_functions.type_check(kind)
            for parameter in parameters
            if (kind := self._kind(parameter))
        }

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

    def _require_runnable(
        self,
        name: str,
        node: Any,
        typed: Iterable[Any],
    ) -> None:
        """Raises Untranslatable where the function is not run, whose `typed` nodes may have no limited
        types."""
        if node.get("kind", "FEEL") != "FEEL":
            raise _refused(name, say("不是用 FEEL 写的"))
        for parameter in inner_nodes(node, "formalParameter"):
            called = self.variable(parameter.get("name") or "")
            if not called.isidentifier():
                raise _refused(name, _PARAMETER_NAMES)
        for inner in typed:
            if self.index.is_limited(inner.get("typeRef")):
                why = say("的参数或结果的类型限定了可取的值，本系统不检查它")
                raise _refused(name, why)


def _refused(name: str, why: str) -> Untranslatable:
    return Untranslatable(say("函数“{name}”{why}", name=name[:60], why=why))


def _function(
    name: str,
    parameters: tuple[str, ...],
    body: str,
    types: dict[str, str],
) -> Function:
    """Raises Untranslatable where the body reads anything but the parameters."""
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
    return Function(name, parameters, body, types)
