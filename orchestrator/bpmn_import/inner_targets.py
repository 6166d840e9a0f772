"""Mappings of Camunda 8 into a part of a variable: targets such as `case.place`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.bpmn_import import texts
from orchestrator.bpmn_import.names import local

Mapping = tuple[str, str, str]
"""(`input` or `output`, target, source)."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a zeebe:ioMapping."""

    kind: str
    target: str
    """The target in the words of the file."""
    root: str
    """The variable that it is mapped into."""
    way: list[str]
    """Keys below the variable; empty for the whole of it."""
    source: str

    def reads(self, variable: str) -> bool:
        """Whether the source may read the variable."""
        if not self.source.strip().startswith("="):
            return False
        return (
            re.search(
                rf"\b{re.escape(variable)}\b",
                self.source,
            )
            is not None
        )


def joined(node: Any, at_call: bool) -> Iterator[Mapping]:
    """The mappings of a zeebe:ioMapping in their order. Mappings into parts of one variable, as `order.id`
    and `order.total`, become one mapping into `order`, at the place of the last of them.

    An output mapping keeps the other parts that the variable holds; an input mapping does not. With `at_call`
    the step is a call activity: its outputs come from another process, so there is nothing to keep, and such
    mappings stay as they are. Parts also stay as they are where a mapping between them reads what they set,
    or sets what they read.
    """
    lines = list(_lines(node, at_call))
    for place, line in enumerate(lines):
        same = [
            at
            for at, other in enumerate(lines)
            if (other.kind, other.root) == (line.kind, line.root)
        ]
        if not any(lines[at].way for at in same):
            yield line.kind, line.root, line.source
        elif _depend(lines, same):
            yield line.kind, line.target, line.source
        elif place == same[-1]:
            parts = [lines[at] for at in same]
            yield line.kind, line.root, _together(parts)


def _lines(node: Any, at_call: bool) -> Iterator[_Line]:
    for child in node:
        if not isinstance(child.tag, str):
            continue
        kind = local(child.tag)
        target = child.get("target") or ""
        root, *way = target.split(".")
        whole = not all(value.isidentifier() for value in (root, *way))
        if whole or (at_call and kind == "output"):
            root = target
            way = []
        yield _Line(
            kind,
            target,
            root,
            way,
            child.get("source") or "",
        )


def _depend(lines: Sequence[_Line], same: Sequence[int]) -> bool:
    """Whether the lines of one variable mean something else when all stand at the place of the last."""
    first = same[0]
    last = same[-1]
    root = lines[first].root
    kind = lines[first].kind
    if any(
        lines[at].reads(root)
        for at in range(
            first + 1,
            last + 1,
        )
    ):
        return True
    for at in same:
        between = lines[at + 1 : last]
        changed = {
            other.root
            for other in between
            if other.kind == kind and other.root != root
        }
        if any(lines[at].reads(name) for name in changed):
            return True
    return False


def _together(parts: Sequence[_Line]) -> str:
    """One expression that puts every part where it belongs; a source that is not run here, by itself."""
    written = "null"
    if parts[0].kind == "output":
        written = f"variable('{parts[0].root}')"
    for part in parts:
        source = part.source
        if source.strip().startswith("="):
            text = texts.condition(source)
            if text.problem:
                return source
            value = text.text
        else:
            value = repr(source)
        if part.way:
            written = f"put({written}, {part.way!r}, {value})"
        else:
            written = value
    return f"${{{written}}}"
