"""What two modules do alike is written in one place."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence

from tests.house.test_names import MODULES, ROOT

SHORT = 3
"""Bodies of fewer statements may be alike."""


def _statements(function: ast.FunctionDef) -> Sequence[ast.stmt]:
    """Its body without the docstring."""
    if ast.get_docstring(function) is None:
        return function.body
    return function.body[1:]


def _length(body: Sequence[ast.stmt]) -> int:
    """How many statements there are, those within others counted too."""
    return sum(
        isinstance(node, ast.stmt) for part in body for node in ast.walk(part)
    )


def test_no_two_modules_hold_the_same_function() -> None:
    places = defaultdict(set)
    for path in MODULES:
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            body = _statements(node)
            if _length(body) >= SHORT:
                written = "\n".join(ast.unparse(part) for part in body)
                alike = (ast.unparse(node.args), written)
                places[alike].add(f"{path}: {node.name}")
    assert len(places) > 2000
    assert [found for found in places.values() if len(found) > 1] == []
