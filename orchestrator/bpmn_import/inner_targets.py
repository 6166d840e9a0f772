"""Mappings of Camunda 8 into a part of a variable: targets such as `case.place`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orchestrator.bpmn_import import texts
from orchestrator.bpmn_import.names import local

Mapping = tuple[str, str, str]
"""(`input` or `output`, target, source)."""


@dataclass
class _Target:
    """What is mapped into one variable, in the order of the file."""

    parts: list[tuple[list[str], str]] = field(default_factory=list)
    """(keys below the variable, source)."""

    @property
    def is_plain(self) -> bool:
        return all(not way for way, _source in self.parts)


def joined(node: Any, at_call: bool) -> Iterator[Mapping]:
    """The mappings of a zeebe:ioMapping, those into parts of one variable as one.

    What is mapped out of a step stays beside what the variable held before; what is mapped into it does not.
    `at_call`: of a call activity, where what is mapped out comes from another process and cannot stay beside
    anything: such a target is left as it is.
    """
    found: dict[tuple[str, str], _Target] = {}
    for child in node:
        if not isinstance(child.tag, str):
            continue
        kind = local(child.tag)
        target = child.get("target") or ""
        root, *way = target.split(".")
        whole = not all(each.isidentifier() for each in (root, *way))
        if whole or (at_call and kind == "output"):
            root = target
            way = []
        known = found.setdefault((kind, root), _Target())
        known.parts.append((way, child.get("source") or ""))
    for (kind, root), target in found.items():
        if target.is_plain:
            for _way, source in target.parts:
                yield kind, root, source
        else:
            yield kind, root, _together(kind, root, target)


def _together(kind: str, root: str, target: _Target) -> str:
    """One expression that puts every part where it belongs; a source that is not run here, by itself."""
    if kind == "output":
        written = f"variable('{root}')"
    else:
        written = "null"
    for way, source in target.parts:
        if source.strip().startswith("="):
            text = texts.condition(source)
            if text.problem:
                return source
            value = text.text
        else:
            value = repr(source)
        if way:
            written = f"put({written}, {way!r}, {value})"
        else:
            written = value
    return f"${{{written}}}"
