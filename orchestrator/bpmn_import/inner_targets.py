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


@dataclass(
    frozen=True,
    slots=True,
)
class _Line:
    """One line of a zeebe:ioMapping."""

    kind: str
    target: str
    """As the file writes it."""
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
    """The mappings of a zeebe:ioMapping in their order, those into parts of one variable as one, at the place
    of the last of them.

    What is mapped out of a step stays beside what the variable held before; what is mapped into it does not.
    `at_call`: of a call activity, where what is mapped out comes from another process and cannot stay beside
    anything: such a target is left as it is. So are parts that cannot be put together at one place, because a
    line between them reads what they set, or sets what they read.
    """
    lines = list(
        _lines(
            node,
            at_call,
        )
    )
    for place, line in enumerate(lines):
        same = [
            at
            for at, other in enumerate(lines)
            if (other.kind, other.root) == (line.kind, line.root)
        ]
        if not any(lines[at].way for at in same):
            yield line.kind, line.root, line.source
        elif _depend(
            lines,
            same,
        ):
            yield line.kind, line.target, line.source
        elif place == same[-1]:
            parts = [lines[at] for at in same]
            yield line.kind, line.root, _together(parts)


def _lines(node: Any, at_call: bool) -> Iterator[_Line]:
    for child in node:
        if not isinstance(
            child.tag,
            str,
        ):
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
