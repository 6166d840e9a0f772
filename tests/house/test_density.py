"""How much a reader meets in a line: nodes of syntax, and choices inside expressions."""

from __future__ import annotations

import ast

from tests.house.test_sentences import modules

MOST_NODES = 6.5
"""Nodes of syntax a line; blank lines, comments and docstrings are no lines."""
MOST_CHOICES = 7.0
"""Conditional expressions in 1,000 lines."""

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstring_lines(tree: ast.Module) -> set[int]:
    """Numbers of the lines that docstrings take."""
    taken: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            remark = node.body[0]
            taken.update(range(remark.lineno, (remark.end_lineno or 0) + 1))
    return taken


def code_lines(text: str, tree: ast.Module) -> int:
    remarks = docstring_lines(tree)
    lines = enumerate(text.splitlines(), 1)
    return sum(
        number not in remarks
        for number, line in lines
        if line.strip() and not line.strip().startswith("#")
    )


def measured() -> tuple[float, float]:
    """Nodes a line, and conditional expressions in 1,000 lines."""
    lines = 0
    nodes = 0
    choices = 0
    for _name, file in modules():
        text = file.read_text("utf-8")
        tree = ast.parse(text)
        lines += code_lines(text, tree)
        for node in ast.walk(tree):
            nodes += 1
            choices += isinstance(node, ast.IfExp)
    return nodes / lines, choices / lines * 1000


def test_a_line_holds_one_thought() -> None:
    nodes, choices = measured()
    assert nodes < MOST_NODES, "name intermediate values, divide functions"
    assert choices < MOST_CHOICES, "say a choice as an if statement"


def test_blank_lines_comments_and_docstrings_are_no_lines() -> None:
    text = '"""Remark\nof two lines."""\n\n# why\nvalue = 1\n'
    assert code_lines(text, ast.parse(text)) == 1
