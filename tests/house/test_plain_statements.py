"""One thought a line: what needs a second condition is a statement or a function of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.test_sentences import modules

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def crowded(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, what) of each conditional expression inside another, comprehension with two conditions, and
    assignment that changes nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.IfExp):
            inner = [part for part in ast.walk(node) if part is not node]
            if any(isinstance(part, ast.IfExp) for part in inner):
                yield node.lineno, "a conditional expression inside another"
        if (
            isinstance(node, COMPREHENSIONS)
            and sum(len(part.ifs) for part in node.generators) > 1
        ):
            yield node.lineno, "a comprehension with two conditions"
        # To write a statement out takes longer than all the rest.
        if isinstance(node, ast.Assign) and isinstance(
            node.value, type(node.targets[0])
        ):
            target = ast.unparse(node.targets[0])
            if target == ast.unparse(node.value):
                yield node.lineno, "a name that is given to itself"


def test_no_statement_holds_two_conditions_or_changes_nothing() -> None:
    found = [
        f"{name}:{line} {what}"
        for name, file in modules()
        for line, what in crowded(ast.parse(file.read_text("utf-8")))
    ]
    assert found == []


def test_a_crowded_expression_is_noticed() -> None:
    written = """\
a = b if c else d if e else f
g = [h for i in j if i for h in i if h]
k = b if c else d
m = m
"""
    noticed = [line for line, _what in crowded(ast.parse(written))]
    assert sorted(noticed) == [1, 2, 4]
