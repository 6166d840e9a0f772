"""Expressions that go through lists: `[x.name for x in list if x.number > 2]`, `any(x > 2 for x in list)`.

Their names are seen inside alone, and each round takes its work from the expression's budget.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.engine import comparing, operations

LOOPS = (
    ast.ListComp,
    ast.GeneratorExp,
)
TAKES_ONE = (
    "any",
    "all",
    "sum",
    "min",
    "max",
    "sorted",
)
"""Functions whose only argument a loop without square brackets can be."""
_Step = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Round:
    """One `for … in … if …`."""

    name: str
    listed: _Step
    tests: tuple[_Step, ...]
    work: int
    """Units of work of each round: nodes of what is evaluated in it, the list of the next loop too."""


def step(
    node: ast.ListComp | ast.GeneratorExp,
    step_of: Callable[[ast.expr], _Step],
) -> _Step:
    """The loop as a closure that gives the list of its values. `step_of` makes those of its parts."""
    value = step_of(node.elt)
    inner = [_size(part.iter) for part in node.generators[1:]]
    rounds = [
        _Round(
            target_of(part),
            step_of(part.iter),
            tuple(map(step_of, part.ifs)),
            sum(map(_size, part.ifs)) + _size(node.elt) + listing,
        )
        for part, listing in zip(node.generators, [*inner, 0], strict=True)
    ]
    return lambda scope: list(_values(rounds, value, scope))


def _values(
    rounds: list[_Round],
    value: _Step,
    scope: Any,
) -> Iterator[Any]:
    if not rounds:
        yield value(scope)
        return
    first, *rest = rounds
    outside = scope.inside
    for entry in operations.entries(first.listed(scope), "for", scope.spend):
        scope.spend(first.work)
        scope.inside = {**outside, first.name: entry}
        if all(comparing.truth(test(scope)) for test in first.tests):
            yield from _values(rest, value, scope)
        scope.inside = outside


def target_of(part: ast.comprehension) -> str:
    """The name that each round gives its entry; empty where it is no plain name."""
    if isinstance(part.target, ast.Name):
        return part.target.id
    return ""


def stand_alone(tree: ast.AST) -> bool:
    """Whether a loop without square brackets stands where no function takes it."""
    nodes = list(ast.walk(tree))
    taken = [
        call.args[0]
        for call in nodes
        if isinstance(
            call,
            ast.Call,
        )
        and isinstance(
            call.func,
            ast.Name,
        )
        and call.func.id in TAKES_ONE
        and len(call.args) == 1
        and isinstance(
            call.args[0],
            ast.GeneratorExp,
        )
    ]
    return len(taken) < sum(
        isinstance(node, ast.GeneratorExp) for node in nodes
    )


def free_names(
    node: ast.AST,
    inside: frozenset[str] = frozenset(),
) -> Iterator[ast.Name]:
    """The names in the node that no loop around them has given."""
    if isinstance(node, ast.Name):
        if node.id not in inside:
            yield node
    elif isinstance(node, LOOPS):
        for part in node.generators:
            yield from free_names(part.iter, inside)
            inside |= {target_of(part)}
            for test in part.ifs:
                yield from free_names(test, inside)
        yield from free_names(node.elt, inside)
    else:
        for child in ast.iter_child_nodes(node):
            yield from free_names(child, inside)


def names_of_variables(tree: ast.AST) -> frozenset[str]:
    """Names of the variables in the tree: no functions, no literals, and none that a loop around them has
    given."""
    called = {
        id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)
    }
    names = {node.id for node in free_names(tree) if id(node) not in called}
    return frozenset(names - {"true", "false", "null"})


def names_in_filters(tree: ast.AST) -> frozenset[str]:
    """Names in filters of FEEL: of an entry of the list's items where they have it, else of a variable."""
    return frozenset(
        str(node.args[2].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "feel"
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == "item"
        and isinstance(node.args[2], ast.Constant)
    )


def _size(node: ast.AST) -> int:
    return sum(1 for _node in ast.walk(node))
