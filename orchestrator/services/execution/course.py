"""The course of an instance: what every backend must record alike, the database, a scenario in memory and a
replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

KINDS = frozenset(
    {
        "started",
        "user-task-completed",
        "user-task-cancelled",
        "timer-fired",
        "event-delivered",
        "external-task-completed",
        "external-task-cancelled",
        "bpmn-error-thrown",
        "message-thrown",
        "signal-thrown",
        "escalation-thrown",
        "compensation",
        "countersigned",
        "ended",
    },
)
"""Entries of the history that come of the diagram. The others come of the registers, and of what people do
beside it."""


class HistoryLine(Protocol):
    """An entry of a history, as a backend keeps it."""

    @property
    def at(self) -> datetime: ...

    @property
    def kind(self) -> str: ...

    @property
    def element_id(self) -> str | None: ...

    @property
    def data(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Course:
    entries: tuple[tuple[datetime, str, str | None], ...]
    """When, kind and element."""
    path: tuple[str, ...]
    """The flows taken, in order."""
    opened: tuple[Mapping[str, Any], ...]
    """The user tasks opened, in order: element, candidates, assignee and due date."""


def course_of(history: Iterable[HistoryLine]) -> Course:
    """The course that the history tells."""
    lines = list(history)
    return Course(
        entries=tuple(
            (line.at, line.kind, line.element_id)
            for line in lines
            if line.kind in KINDS
        ),
        path=tuple(
            flow for line in lines for flow in line.data.get("path", ())
        ),
        opened=tuple(
            task for line in lines for task in line.data.get("opened", ())
        ),
    )
