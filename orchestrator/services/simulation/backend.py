"""What a scenario needs of the backend that it runs on: the engine in memory, or the services on a database.

For example, `offered` gives the open user tasks of an instance, and `complete` completes one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from orchestrator.engine import Definition
from orchestrator.services.execution.course import HistoryLine
from orchestrator.services.simulation.scenario_people import KnownPerson

LOADED = datetime.fromisoformat("2026-01-01T02:00:00+00:00")
"""Since when the city's files are in force where scenarios are played: they may begin any day after."""
NOW = datetime.fromisoformat("2026-11-16T02:00:00+00:00")
"""Monday 16 November 2026, 10:00 in Shanghai: when a scenario begins that names no time."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An open user task."""

    id: str
    element_id: str
    bodies: tuple[str, ...]
    """Ids of the bodies that may take it."""
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Clock:
    """A planned timer."""

    id: str
    element_id: str
    due_at: datetime


class Backend(Protocol):
    """The instances of one scenario. Whatever a person may not do raises a GridflowError, as it would for
    him."""

    now: datetime

    @property
    def crossed(self) -> Mapping[str, set[str]]:
        """Process key → sequence flows that its instances crossed."""

    def definition(self, process: str) -> Definition: ...

    def start(
        self,
        process: str,
        by: KnownPerson,
        filled: Mapping[str, Any],
        about: str | None,
    ) -> str:
        """Starts an instance in the person's capacity with the form filled in the scenario's words; its
        id."""

    def complete(
        self,
        task: Offered,
        by: KnownPerson,
        filled: Mapping[str, Any],
    ) -> None: ...

    def urge(self, instance_id: str, by: KnownPerson, note: str) -> None: ...

    def merge(
        self,
        instance_id: str,
        into: str,
        by: KnownPerson,
        reason: str,
    ) -> None: ...

    def void(self, instance_id: str, by: KnownPerson, reason: str) -> None: ...

    def let_fail(self, instance_id: str, element_id: str, code: str) -> None:
        """The next run of that service task reports this business error; only on paper does it have to be
        told."""

    def begin(
        self,
        process: str,
        start_id: str,
        values: Mapping[str, Any],
    ) -> None:
        """Starts an instance at that start event, as its trigger does."""

    def message(
        self,
        name: str,
        correlation: str | None,
        values: Mapping[str, Any],
    ) -> int:
        """Sends it; how many instances got it or were started by it: 0 or 1."""

    def signal(self, name: str, values: Mapping[str, Any]) -> int:
        """Sends it; how many instances heard it or were started by it."""

    def trigger(
        self,
        instance_id: str,
        element_id: str,
        by: KnownPerson,
        reason: str,
        values: Mapping[str, Any],
    ) -> None:
        """Lets the step that waits to be triggered go on."""

    def choose_flow(
        self,
        instance_id: str,
        element_id: str,
        flow_id: str,
        by: KnownPerson,
        reason: str,
    ) -> None:
        """Says which flow the instance takes where none of the conditions was true."""

    def claim(self, task: Offered, by: KnownPerson) -> None:
        """领取: the task is that person's."""

    def suspend(
        self,
        task: Offered,
        by: KnownPerson,
        reason: str,
        review_at: datetime,
    ) -> None:
        """挂账 of the task's deadline, to be looked at again on that day."""

    def resume(self, task: Offered, by: KnownPerson) -> None: ...

    def one_reading(self) -> AbstractContextManager[None]:
        """All looks inside the block see the backend at one moment."""

    def instances(self) -> list[str]:
        """Ids of all instances, in the order in which they began."""

    def process_of(self, instance_id: str) -> str: ...

    def offered(self, instance_id: str) -> list[Offered]: ...

    def clocks(self, instance_id: str | None = None) -> list[Clock]:
        """Planned timers of the instance, or of all, the next first."""

    def fire(self, until: datetime) -> None:
        """Fires what is due at `until`, which becomes the time."""

    def ended_as(self, instance_id: str) -> str | None:
        """Id of the end event it ended with; None while it runs."""

    def variables(self, instance_id: str) -> Mapping[str, Any]:
        """The variables of a running instance."""

    def history(self, instance_id: str) -> Sequence[HistoryLine]:
        """What has happened to it, in order."""

    def body_name(self, body_id: str) -> str: ...

    def remembered(self) -> Any:
        """What `restore` goes back to; nothing, where what was done cannot be taken back."""

    def restore(self, kept: Any) -> None: ...

    def troubles(self) -> list[str]:
        """Incidents, in words."""
