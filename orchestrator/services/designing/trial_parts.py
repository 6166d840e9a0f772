"""What a trial is made of: the steps taken, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.services.designing.trial_data import Datum


@dataclass(frozen=True, slots=True)
class TrialStep:
    act: str
    """`start`, `complete`, `expire`, or `receive` for a message or signal that comes from outside."""
    element: str = ""
    by: str = ""
    """Username."""
    values: Mapping[str, Any] | None = None
    """What was filled in; of `receive`, `data` (name → value that it brings) and `correlation`, where another
    than the one that is waited for is tried."""


@dataclass(frozen=True)
class Task:
    element_id: str
    name: str
    bodies: Sequence[str]
    people: Sequence[tuple[str, str]]
    """(username, name and body) of who may take it."""
    due_at: datetime | None
    ground: str
    called: str
    """Name of the called process in which it stands; empty in the procedure itself."""


@dataclass(frozen=True)
class AwaitedEvent:
    """A message or signal of another instance that is waited for."""

    element_id: str
    told: str
    correlation: str | None
    missing: Sequence[str]
    """Names of variables that it is likely to bring."""


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
    awaited: Sequence[AwaitedEvent]
    data: Sequence[Datum]
    ended: str
    """Name of the end event; empty while it runs."""
    crossed: Sequence[str]
    """Ids of the flows and steps it has passed."""
    called: Sequence[tuple[str, str]]
    """(name of the call, name of the called process) of those whose end is waited for."""
    current: Sequence[str]
    """Ids of the steps at which it stands, calls of other processes among them."""
