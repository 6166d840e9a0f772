"""The two languages of other tools, JUEL and FEEL: their operators, words and functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orchestrator.engine.editions import Edition
from orchestrator.engine.translating import (
    ADD,
    AND,
    COMPARE,
    MULTIPLY,
    OR,
)


@dataclass(frozen=True)
class Syntax:
    is_feel: bool
    levels: tuple[tuple[int, Mapping[str, str]], ...]
    """From the loosest to the tightest: how it binds, and each operator with ours."""
    negations: frozenset[str]
    functions: Mapping[str, str]
    has_unknowns: bool = False
    """Whether only `true` is true, and what is unknown stays so."""
    keeps_kinds: bool = False
    """Whether a function of texts refuses a list, and one of lists a text."""
    gives_unknowns: bool = False
    """Whether a truth that is unknown is null where it is a value."""
    counts_places: bool = True
    """Whether a place in a list may be worked out, and counts from 1. Before the fifth edition it was no
    FEEL, and counted from 0."""


_SUMS = ((ADD, {"+": "+", "-": "-"}),)


JUEL = Syntax(
    is_feel=False,
    levels=(
        (OR, {"||": "or", "or": "or"}),
        (AND, {"&&": "and", "and": "and"}),
        (COMPARE, {"==": "==", "eq": "==", "!=": "!=", "ne": "!="}),
        (
            COMPARE,
            {
                "<": "<",
                "lt": "<",
                ">": ">",
                "gt": ">",
                "<=": "<=",
                "le": "<=",
                ">=": ">=",
                "ge": ">=",
            },
        ),
        *_SUMS,
        (MULTIPLY, {"*": "*", "/": "/", "div": "/", "%": "%", "mod": "%"}),
    ),
    negations=frozenset(("!", "not")),
    functions={},
)


FEEL = Syntax(
    is_feel=True,
    has_unknowns=True,
    keeps_kinds=True,
    levels=(
        (OR, {"or": "or"}),
        (AND, {"and": "and"}),
        (
            COMPARE,
            {
                "=": "==",
                "!=": "!=",
                "<": "<",
                ">": ">",
                "<=": "<=",
                ">=": ">=",
                "in": "in",
                "between": "between",
                "instance": "instance",
            },
        ),
        *_SUMS,
        (MULTIPLY, {"*": "*", "/": "/"}),
        (MULTIPLY, {"**": "**"}),
    ),
    negations=frozenset(),
    functions={
        "not": "not",
        "count": "len",
        "sum": "sum",
        "min": "min",
        "max": "max",
        "abs": "abs",
        "string": "str",
    },
)


_FEEL_BEFORE = replace(FEEL, counts_places=False)


FEELS: Mapping[Edition, Syntax] = {
    Edition.FIRST: replace(
        _FEEL_BEFORE,
        has_unknowns=False,
        keeps_kinds=False,
    ),
    Edition.SECOND: replace(_FEEL_BEFORE, keeps_kinds=False),
    Edition.THIRD: _FEEL_BEFORE,
    Edition.FOURTH: _FEEL_BEFORE,
    Edition.FIFTH: replace(FEEL, gives_unknowns=True),
    Edition.SIXTH: replace(FEEL, gives_unknowns=True),
    Edition.SEVENTH: replace(FEEL, gives_unknowns=True),
    Edition.EIGHTH: replace(FEEL, gives_unknowns=True),
}
"""FEEL as each edition of the rules reads it in the cells of tables. In the first, what is not empty counts
as true, as with us, and a text may stand for a list."""


COUNTS = {
    "numberOfInstances": "nrOfInstances",
    "numberOfActiveInstances": "nrOfActiveInstances",
    "numberOfCompletedInstances": "nrOfCompletedInstances",
}
"""What Camunda 8 calls the counts of a multi-instance, and what we call them."""


SPACES = ("variables", "vars", "var")
"""What Flowable's functions over variables stand in, as in `vars:get(x)`."""


WORDS = {
    "empty",
    "if",
    "then",
    "else",
    "and",
    "or",
    "in",
    "between",
    "some",
    "every",
    "for",
    "satisfies",
    "return",
    "instance",
}
