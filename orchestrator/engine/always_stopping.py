"""Expressions of a decision table that read no variable and stop each time that they are asked: `1 / 0`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from orchestrator.engine import expressions
from orchestrator.engine.decision_tables import DecisionTable
from orchestrator.sentences import say, sentence_of

_LOOPS = (ast.ListComp, ast.GeneratorExp)
_BY_NAME = ("clock", "variable", "defined")
"""Functions that read the clock, or a variable whose name stands in quotes."""
_LONGEST = 300
"""Characters of an expression that is tried: there is no budget for all of a file, and a long one may cost as
much as a command."""


def in_table(table: DecisionTable) -> Iterator[str]:
    """A sentence for each input, result and default value that never has a value; not for a very long one."""
    texts = [
        *table.inputs,
        *(text for rule in table.rules for text in rule.results),
        *(column.otherwise for column in table.columns),
    ]
    for text in dict.fromkeys(filter(None, texts)):
        failure = _failure(text, table) if len(text) <= _LONGEST else ""
        if failure:
            yield say(
                "“{text}”不读任何变量，而每次都算不出来，请改写：{failure}",
                text=text[:60],
                failure=failure,
            )


def _failure(text: str, table: DecisionTable) -> str:
    """Why it stops; empty where it does not, or where that is known only when it runs."""
    try:
        if expressions.names_read(text):
            return ""
        nodes = list(
            ast.walk(ast.parse(expressions.unwrap(text), mode="eval"))
        )
    except (expressions.ExpressionRefused, SyntaxError):
        return ""
    if any(
        isinstance(node, _LOOPS)
        or (isinstance(node, ast.Name) and node.id in _BY_NAME)
        for node in nodes
    ):
        return ""
    try:
        expressions.evaluate_cell(text, {}, table.edition)
    except expressions.ExpressionError as failure:
        return sentence_of(failure)
    return ""
