"""What a trial is made of: the steps taken, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TrialStep:
    act: str
    """`start`, `complete`, `expire`, or `receive` for a message or signal that comes from outside."""
    element: str = ""
    by: str = ""
    """Username."""
    values: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Task:
    element_id: str
    name: str
    bodies: Sequence[str]
    people: Sequence[tuple[str, str]]
    """(username, name and body) of who may take it."""
    due_at: datetime | None
    ground: str


@dataclass(frozen=True)
class Trial:
    """Where the trial stands."""

    now: datetime
    begun: bool
    starters: Sequence[tuple[str, str]]
    """(username, name and body) of who may begin; empty where nobody does, as after a message."""
    tasks: Sequence[Task]
    clocks: Sequence[tuple[str, str, datetime]]
    """(element id, name, when) of the timers that run."""
    awaited: Sequence[tuple[str, str]]
    """(element id, what it waits for in words) of the messages and signals of other instances."""
    variables: Mapping[str, Any]
    ended: str
    """Name of the end event; empty while it runs."""
    crossed: Sequence[str]
    """Ids of the flows and steps it has passed."""
    current: Sequence[str]
