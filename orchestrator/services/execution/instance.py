"""A process instance while a command changes it, whatever backend it lives on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator import engine
from orchestrator.domain.calendar import (
    WHOLE_JURISDICTION,
    CountedFor,
    WorkCalendar,
)
from orchestrator.domain.deadlines import Ledger
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import due_dates


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: a person in the capacity of a body, or the clock (all None)."""

    person_id: int | None = None
    username: str | None = None
    name: str = say("系统")
    body_id: str | None = None
    stands_for: str = ""
    """Name of the absent person whose deputy he is in this."""


CLOCK = Actor()


Statement = tuple[Any, Mapping[str, Any]]
"""A statement and the values of its parameters."""


@dataclass(slots=True)
class Entry:
    """What happened, before it has its place in the history."""

    kind: str
    element_id: str | None
    data: dict[str, Any]
    written: Statement | None = None
    """What is written together with it."""


@dataclass(kw_only=True)
class Instance(ABC):
    bundle: Bundle
    """Diagram, forms and profile of its version."""
    actor: Actor
    now: datetime
    id: str
    tenant_id: str
    """Key of its jurisdiction."""
    title: str
    territory_path: str
    engine_state: bytes | None = None
    """None until it is started."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    """What is to be added to the history."""
    kept_ledger: Ledger | None = None
    """The ledger of the step whose decision is taken back: its time limit goes on instead of beginning
    anew."""

    @abstractmethod
    def calendar_of(
        self, counted_for: CountedFor = WHOLE_JURISDICTION
    ) -> WorkCalendar:
        """The working calendar with the office hours and the days off that count there."""

    @property
    def environment(self) -> engine.Environment:
        """What the engine may know: time zone and the profile's deadlines in working time."""
        return engine.Environment(
            timezone=self.bundle.jurisdiction.timezone, deadline=self.due
        )

    def advance(self, command: engine.commands.Command) -> engine.Outcome:
        """What the engine makes of the command; the instance stays as it is. Raises EngineError."""
        return engine.advance(
            self.bundle.definition,
            self.engine_state,
            command,
            self.now,
            self.environment,
        )

    def ledger(
        self,
        name: str,
        start: datetime,
        element_id: str | None = None,
    ) -> Ledger:
        """A fresh ledger of a named deadline, or of a limit in words on the ground that the element names.
        Raises DeadlineUnknown."""
        citation = due_dates.citation_of(self.bundle.definition, element_id)
        return due_dates.new_ledger(
            self.bundle.jurisdiction,
            name,
            start,
            citation,
            self.variables,
        )

    def due(self, name: str, start: datetime) -> datetime:
        """When a named deadline that starts then falls due. Raises DeadlineUnknown."""
        return self.ledger(name, start).due_at(self.calendar_of())

    def read_clock(self) -> dict[str, Any]:
        """The day, the time of day and whether people work now, by the calendar of the instance's place."""
        place = self.territory_path.strip("/").rpartition("/")[2]
        calendar = self.calendar_of(CountedFor(None, place or None))
        return calendar.reading(self.now)

    def bookmark(self) -> int:
        """A place in the history to which `forget_since` goes back."""
        return len(self.entries)

    def forget_since(self, bookmark: int) -> None:
        """Drops the entries, not yet written, of what failed."""
        del self.entries[bookmark:]

    def remember(
        self,
        kind: str,
        element_id: str | None = None,
        **data: Any,
    ) -> None:
        """Adds a history entry by this actor."""
        self.remember_with(None, kind, element_id, **data)

    def remember_with(
        self,
        written: Statement | None,
        kind: str,
        element_id: str | None = None,
        **data: Any,
    ) -> None:
        """Adds a history entry by this actor, and what is written together with it."""
        if self.actor.stands_for:
            data["for"] = self.actor.stands_for
        self.entries.append(Entry(kind, element_id, data, written))


def without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    """The entry's data as the history keeps it: what is empty is left out."""
    return {
        key: value
        for key, value in data.items()
        if value not in (None, "", [], {})
    }
