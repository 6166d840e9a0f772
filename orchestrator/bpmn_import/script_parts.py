"""The parts of a script: expressions and statements."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Node:
    """An expression: what it is, its word, and its parts."""

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    kind: str
    """declare, assign, set, print, return, value, choice."""
    name: str = ""
    value: Node | None = None
    type: str = ""
    """The type that a name is declared with; the operator of an assignment."""
    then: tuple[Statement, ...] = field(default=())
    otherwise: tuple[Statement, ...] = field(default=())


_PRINTING = {
    ("console", "log"),
    ("out", "println"),
    ("out", "print"),
    *(
        (name, word)
        for name in ("log", "logger", "LOG")
        for word in ("info", "debug", "warn", "error")
    ),
}
"""(last name before the dot, method) that only write to a log."""


def as_statement(value: Node) -> Statement:
    """What an expression by itself does."""
    if value.kind == "call" and value.text == "print":
        return Statement("print", value=Node("list", "", value.parts))
    if value.kind != "method":
        return Statement("value", value=value)
    holder, *given = value.parts
    if (holder.text, value.text) in _PRINTING:
        return Statement("print", value=Node("list", "", tuple(given)))
    sets = (holder.kind, holder.text, value.text, len(given)) == (
        "name",
        "execution",
        "setVariable",
        2,
    )
    if sets and given[0].kind == "text":
        return Statement("set", given[0].text, given[1])
    return Statement("value", value=value)
