"""Entries of a context that are worked out from earlier ones: `{a: 1, b: a + 1}` of FEEL."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Set

from orchestrator.engine import loops
from orchestrator.engine.translating import Untranslatable, require_short
from orchestrator.sentences import say


def put_in(
    value: str,
    before: Mapping[str, str],
) -> str:
    """The value, an expression of ours, with the earlier entries of these names in place of the names.
    Raises Untranslatable where it becomes too long, or reads such a name in a way that cannot be replaced."""
    tree = ast.parse(value.strip(), mode="eval")
    inside = {
        loops.target_of(part)
        for node in ast.walk(tree)
        if isinstance(node, loops.LOOPS)
        for part in node.generators
    }
    named = before.keys() - inside
    tree = _Asked(named).visit(tree)
    read = [node for node in loops.free_names(tree) if node.id in before]
    asked = [name for name in asked_for(tree) if name in before]
    if asked or (read and _hides(before, read, inside)):
        raise Untranslatable(
            say(
                "上下文里的一项要用前面的“{key}”，请先把它存成变量",
                key=(asked or [node.id for node in read])[0],
            ),
        )
    if not read:
        return value
    texts = {id(node): before[node.id] for node in read}
    text = ast.unparse(_Names(texts).visit(tree))
    require_short(text)
    return text


def _hides(
    before: Mapping[str, str],
    read: list[ast.Name],
    inside: set[str],
) -> bool:
    """Whether an entry that is put in reads a name that a loop around its place gives."""
    return any(
        node.id in inside
        for name in read
        for node in ast.walk(ast.parse(before[name.id].strip(), mode="eval"))
        if isinstance(node, ast.Name)
    )


def asked_for(tree: ast.AST) -> list[str]:
    """Names that stand as texts in `variable('a')` and `defined('a')`."""
    return [
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("variable", "defined")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


class _Names(ast.NodeTransformer):
    def __init__(
        self,
        texts: Mapping[int, str],
    ) -> None:
        self.texts = texts

    def visit_Name(
        self,
        node: ast.Name,
    ) -> ast.expr:
        text = self.texts.get(id(node))
        if text is None:
            return node
        return ast.parse(text.strip(), mode="eval").body


class _Asked(ast.NodeTransformer):
    """`variable('a')` as `a`, where `a` is an earlier entry and no loop gives that name."""

    def __init__(
        self,
        names: Set[str],
    ) -> None:
        self.names = names

    def visit_Call(
        self,
        node: ast.Call,
    ) -> ast.expr:
        self.generic_visit(node)
        asked = asked_for(node)
        is_plain = (
            isinstance(node.func, ast.Name)
            and node.func.id == "variable"
            and len(node.args) == 1
        )
        if is_plain and asked and asked[0] in self.names:
            return ast.Name(asked[0], ast.Load())
        return node
