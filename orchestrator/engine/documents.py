"""The files of a deployment as they are read: each once, while the files beside it change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

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


@lru_cache(maxsize=128)
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


@lru_cache(maxsize=64)
def tables_of(content: bytes, edition: Edition) -> tuple[Any, Tables]:
    """The root of a file and its decision tables by id."""
    root, _findings = xml.parse(content)
    return root, read_tables(root, edition) if root is not None else {}
