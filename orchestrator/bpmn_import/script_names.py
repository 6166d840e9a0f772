"""The names that a script uses, and those that an expression of ours reads."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import lru_cache

from orchestrator.bpmn_import.script_parts import Node, Statement
from orchestrator.engine.translating import Untranslatable
from orchestrator.sentences import say


@lru_cache(maxsize=1024)
def read_by(text: str) -> frozenset[str]:
    """Names that an expression of ours reads, also by their names in quotes."""
    nodes = list(ast.walk(ast.parse(text.strip(), mode="eval")))
    texts = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset(texts | names)


def require_apart(made: Sequence[Statement]) -> None:
    """Raises Untranslatable where a name that a branch declares is used outside it: there it is another one.
    What JavaScript's `var` declares is known to the whole script."""
    _used(made)


def _used(made: Sequence[Statement]) -> tuple[set[str], set[str]]:
    """Names that the statements use, without those that only branches inside know; and these."""
    used: set[str] = set()
    inner: set[str] = set()
    for statement in made:
        if statement.kind in ("declare", "assign"):
            used.add(statement.name)
        if statement.value is not None:
            used.update(_names(statement.value))
        for branch in (statement.then, statement.otherwise):
            below, deeper = _used(branch)
            declared = {
                each.name
                for each in branch
                if each.kind == "declare" and each.type != "var"
            }
            used |= below - declared
            inner |= deeper | declared
    for name in sorted(used & inner):
        raise Untranslatable(
            say(
                "脚本里的“{name}”在分支里声明，分支外也用到这个名称，请分别起名",
                name=name,
            ),
        )
    return used, inner


def _names(node: Node) -> Iterable[str]:
    if node.kind == "name":
        yield node.text
    for part in node.parts:
        yield from _names(part)
