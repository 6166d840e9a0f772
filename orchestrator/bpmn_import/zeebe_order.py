"""What Camunda 8 reads in the order of its lines: an input mapping sees those before it, and `loopCounter`
begins with 1. Here all inputs are read at once, and it begins with 0."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from lxml import etree

from orchestrator.bpmn_import import placing, texts
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions, languages, loops
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say

COUNTER = "loopCounter"
_CODES = {
    "message": "name",
    "signal": "name",
    "error": "errorCode",
    "escalation": "escalationCode",
}
"""What an event is known by → the attribute that may be an expression."""


def in_order(
    activity: Any,
    report: Report,
    is_counted: bool,
) -> None:
    """Each input of the activity says by itself what it reads of those before it. `is_counted`: whether the
    activity has several instances whose number is read somewhere. What a call hands over sees that number
    already."""
    known: dict[str, str] = {}
    if is_counted and activity.tag != tag("callActivity"):
        known[COUNTER] = f"{COUNTER} + 1"
    for node in _inputs(activity):
        name = node.get("name") or node.get("target") or ""
        source = _source(node)
        if source is None:
            continue
        written = _with_known(source, known)
        if written is None:
            refused = texts.refused(source)
            _write(node, refused, whole=True)
            report.unsupported(
                activity,
                "input",
                say(
                    "输入参数“{name}”用到前面的输入参数，连起来太长，请改写后重新导入",
                    name=name,
                ),
            )
            continue
        if written != source:
            _write(node, written)
        known[name] = written
    if is_counted:
        _count_from_one(activity, report)


def codes(
    root: Any,
    report: Report,
) -> None:
    """Names of messages and signals and codes of errors and escalations that are FEEL."""
    for kind, attribute in _CODES.items():
        for node in root.iter(tag(kind)):
            given = node.get(attribute) or ""
            if not given.strip().startswith("="):
                continue
            text = texts.template(given)
            node.set(attribute, text.text)
            if text.problem:
                report.unsupported(
                    node,
                    attribute,
                    say(
                        "“{given}”不能用：{problem}，请改写",
                        given=given,
                        problem=text.problem,
                    ),
                )
            else:
                report.mapped(
                    node,
                    attribute,
                    say(
                        "“{given}”改写为“{written}”",
                        given=given,
                        written=text.text,
                    ),
                )


def _inputs(activity: Any) -> list[Any]:
    outer = activity.find(tag("extensionElements"))
    if outer is None:
        return []
    kinds = (
        camunda("inputParameter"),
        camunda("in"),
    )
    return [node for node in outer.iter() if node.tag in kinds]


def _source(node: Any) -> str | None:
    """The expression that the input is; None where it is none of ours."""
    text = (node.text or "").strip()
    if node.tag == camunda("in"):
        text = node.get("sourceExpression") or ""
    elif not text.startswith("${"):
        return repr(text)
    inner = expressions.unwrap(text)
    if not inner or languages.objection(inner):
        return None
    return inner


def _write(
    node: Any,
    source: str,
    whole: bool = False,
) -> None:
    if node.tag == camunda("in"):
        node.set("sourceExpression", source)
    else:
        node.text = source if whole else f"${{{source}}}"


def _with_known(
    source: str,
    known: Mapping[str, str],
) -> str | None:
    """The expression with what it reads of the inputs before it; None where it becomes too long."""
    tree = ast.parse(source, mode="eval")
    free = {id(name) for name in loops.free_names(tree)}
    reader = _Reader(known, free)
    changed = reader.visit(tree)
    if not reader.has_changed:
        return source
    written = ast.unparse(ast.fix_missing_locations(changed))
    return None if languages.objection(written) else written


class _Reader(ast.NodeTransformer):
    """Puts what is known in the place of its name."""

    def __init__(
        self,
        known: Mapping[str, str],
        free: set[int],
    ) -> None:
        self.known = known
        self.free = free
        self.has_changed = False

    def visit_Name(
        self,
        node: ast.Name,
    ) -> ast.expr:
        if id(node) not in self.free:
            return node
        return self._known(node.id) or node

    def visit_Call(
        self,
        node: ast.Call,
    ) -> ast.expr:
        asked = node.args[0] if node.args else None
        if (
            isinstance(
                node.func,
                ast.Name,
            )
            and node.func.id in ("variable", "defined")
            and isinstance(
                asked,
                ast.Constant,
            )
            and (known := self._known(str(asked.value)))
        ):
            if node.func.id == "defined":
                return ast.Name("true", ast.Load())
            return known
        node.args = [self.visit(each) for each in node.args]
        return node

    def _known(
        self,
        name: str,
    ) -> ast.expr | None:
        if name not in self.known:
            return None
        self.has_changed = True
        return ast.parse(self.known[name], mode="eval").body


def _count_from_one(
    activity: Any,
    report: Report,
) -> None:
    placing.parameter(
        report,
        activity,
        "input",
        COUNTER,
        f"${{{COUNTER} + 1}}",
        COUNTER,
    )
    outer = activity.find(tag("extensionElements"))
    parameters = outer.find(camunda("inputOutput"))
    parameters.insert(0, parameters[-1])


def reads_the_number(root: Any) -> bool:
    """Whether anything in the file reads the number of an instance."""
    return COUNTER.encode() in etree.tostring(root)
