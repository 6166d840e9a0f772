"""Times that FEEL makes of texts, `duration("P1D")` or `date(due)`, given by an expression."""

from __future__ import annotations

import ast
import re

_TIME = "time_of_text_"
_DATE = "date_of_text_"
_MARK = re.compile(f"{_TIME}|{_DATE}")
_DAY = 10
"""Characters of a date without its time of day."""


def marked(match: re.Match[str]) -> str:
    """The text or name that a time is made of, marked so that its place is known after translation. A written
    one is itself."""
    if match["quoted"]:
        return match[0]
    written = match["text"] or match["at"]
    if match["name"]:
        mark = _DATE if match["kind"] == "date" else _TIME
        return mark + match["name"]
    return f'"{_TIME}{written or ""}"'


def unmarked(ours: str) -> str | None:
    """The translated expression without marks; None where a time is read otherwise than given whole."""
    tree = ast.parse(
        ours,
        mode="eval",
    ).body
    if not _is_given(tree):
        return None
    if _DATE in ours:
        ours = ast.unparse(_cut(tree))
    return _MARK.sub(
        "",
        ours,
    )


def _is_given(node: ast.expr) -> bool:
    """Whether times stand only where the expression's value does, and where it is asked if there is one."""
    if isinstance(
        node,
        ast.IfExp,
    ):
        return (
            _is_apart(node.test)
            and _is_given(node.body)
            and _is_given(node.orelse)
        )
    return _is_leaf(node) or _MARK.search(ast.unparse(node)) is None


def _is_leaf(node: ast.expr) -> bool:
    if isinstance(
        node,
        ast.Attribute,
    ):
        return _is_leaf(node.value)
    if isinstance(
        node,
        ast.Call,
    ):
        return ast.unparse(node.func) == "variable"
    return isinstance(
        node,
        ast.Name | ast.Constant,
    )


def _is_apart(test: ast.expr) -> bool:
    if isinstance(
        test,
        ast.BoolOp,
    ):
        return all(
            map(
                _is_apart,
                test.values,
            )
        )
    if (
        isinstance(
            test,
            ast.Compare,
        )
        and ast.unparse(test.comparators[-1]) in ("null", "None")
        and _is_leaf(test.left)
    ):
        return True
    return _MARK.search(ast.unparse(test)) is None


def _cut(node: ast.expr) -> ast.expr:
    """A date keeps no time of day."""
    if isinstance(
        node,
        ast.IfExp,
    ):
        node.body = _cut(node.body)
        node.orelse = _cut(node.orelse)
    elif _DATE in ast.unparse(node):
        whole = ast.unparse(node)
        cut = f"({whole} + '')[0:{_DAY}] if {whole} is not null else null"
        return ast.parse(
            cut,
            mode="eval",
        ).body
    return node
