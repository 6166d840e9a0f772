"""The files of a deployment as they are read: each once, while the files beside it change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

from orchestrator.engine import xml
from orchestrator.engine.decisions import (
    DecisionTable,
    decision_names,
    read_tables,
)
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.model import Process
from orchestrator.engine.reading import read_processes
from orchestrator.errors import Finding

Tables = Mapping[str, DecisionTable]
Read = TypeVar("Read")
LARGE = 100_000
"""Bytes of the files above which their reading is kept for a few only: what is read takes some 12 times as
much memory as its file, and a designer's draft is another file after each change."""
LARGE_KEPT = 4


def kept_by_size(
    most: int, large: int = LARGE
) -> Callable[[Callable[..., Read]], Callable[..., Read]]:
    """Keeps the results of a function of files, as `lru_cache` does: of `most` calls, and of LARGE_KEPT whose
    files have more than `large` bytes together."""

    def decorate(read: Callable[..., Read]) -> Callable[..., Read]:
        small_ones = lru_cache(maxsize=most)(read)
        large_ones = lru_cache(maxsize=LARGE_KEPT)(read)

        @wraps(read)
        def kept(*given: Any) -> Read:
            if _length(given) > large:
                return large_ones(*given)
            return small_ones(*given)

        def clear() -> None:
            small_ones.cache_clear()
            large_ones.cache_clear()

        kept.cache_clear = clear  # type: ignore[attr-defined]
        return kept

    return decorate


def _length(given: Any) -> int:
    """Bytes of all files in it."""
    if isinstance(given, bytes):
        return len(given)
    if isinstance(given, tuple):
        return sum(map(_length, given))
    return 0


def is_readable(name: str, content: bytes) -> bool:
    """Whether a diagram has a process, or a table file decisions that can all be read; other files are."""
    if name.endswith(".bpmn"):
        return bool(document(name, content).processes)
    if name.endswith(".dmn"):
        known = {key for key, _name in decision_names(content)}
        return bool(known) and known <= tables_of(content, CURRENT)[1].keys()
    return True


def read_all(
    resources: Mapping[str, bytes],
    edition: Edition = CURRENT,
) -> tuple[dict[str, Process], Tables]:
    """Every process and every decision table of the files, by id."""
    processes: dict[str, Process] = {}
    tables: dict[str, DecisionTable] = {}
    for name, content in resources.items():
        if name.endswith(".bpmn"):
            drawn = document(name, content)
            processes.update({read.id: read for read in drawn.processes})
        elif name.endswith(".dmn"):
            tables.update(tables_of(content, edition)[1])
    return processes, tables


@dataclass(frozen=True, slots=True)
class Document:
    """A diagram's file as it was read; nobody changes it."""

    root: Any
    """The root element; None where it cannot be read."""
    refusals: tuple[Finding, ...]
    processes: tuple[Process, ...]


@kept_by_size(128)
def document(name: str, content: bytes) -> Document:
    """The file of that name. While a designer types, all files but his are read as they were."""
    root, refusals = xml.parse(content)
    if root is None:
        return Document(
            None,
            tuple(refusals),
            (),
        )
    return Document(
        root,
        (),
        tuple(read_processes(root, name)),
    )


@kept_by_size(64)
def tables_of(content: bytes, edition: Edition) -> tuple[Any, Tables]:
    """The root of a file and its decision tables by id."""
    root, _findings = xml.parse(content)
    return root, read_tables(root, edition) if root is not None else {}
