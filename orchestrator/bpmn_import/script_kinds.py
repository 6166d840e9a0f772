"""The kind of value that an expression gives, whatever the variables are."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from orchestrator.engine import truths
from orchestrator.engine.translating import Part


def kind_of(part: Part) -> str:
    """The kind of value that an expression of ours always gives: text, number, truth, list, group, null;
    empty where it depends on the variables."""
    return _kind(ast.parse(part[0].strip(), mode="eval").body)


def _kind(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return _KIND_OF_CONSTANT.get(type(node.value), "number")
    if isinstance(node, ast.Name):
        return {"true": "truth", "false": "truth", "null": "null"}.get(
            node.id,
            "",
        )
    if isinstance(node, ast.List):
        return "list"
    if isinstance(node, ast.IfExp):
        first = _kind(node.body)
        if first == _kind(node.orelse):
            return first
        return ""
    if isinstance(node, ast.BinOp):
        return _kind(node.left)
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return "number"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _kind_of_call(node.func.id, node.args)
    if truths.is_truth(ast.unparse(node)):
        return "truth"
    return ""


_KIND_OF_CONSTANT = {bool: "truth", str: "text"}
_GIVES = {
    **dict.fromkeys(("len", "abs", "max", "min", "shared", "int"), "number"),
    **dict.fromkeys(("upper", "lower", "trim"), "text"),
    **dict.fromkeys(("bool", "same", "alike", "defined", "truth"), "truth"),
    "put": "group",
}


def _kind_of_call(name: str, given: Sequence[ast.expr]) -> str:
    if name == "plus":
        if any(_kind(part) == "text" for part in given):
            return "text"
        return ""
    if name == "only" and len(given) == 2:
        wanted = given[1]
        if isinstance(wanted, ast.Constant):
            return {"whole": "number"}.get(
                str(wanted.value),
                str(wanted.value),
            )
    return _GIVES.get(name, "")
