"""What a handler is given, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction


class HandlerRefused(Exception):
    """The handler cannot do its work; the message is a Chinese sentence for the administrator and becomes an
    incident."""


class CannotCarryOut(HandlerRefused):
    """What was approved can't be carried out as things stand; the message says why.

    A diagram may catch it as the business error `cannot-carry-out`; else the person whose act set it off
    keeps his task.
    """

    CODE = "cannot-carry-out"


class BpmnError(Exception):
    """A business error that the diagram may catch at a boundary event."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class InstanceRef:
    id: str
    tenant_id: str
    territory_code: str
    territory_path: str
    business_key: str
    title: str
    process_key: str
    started_by: int | None


def no_votes(_element_id: str) -> None:
    """Of a step that one person answers, and where no history is kept."""


@dataclass(frozen=True)
class HandlerContext:
    session: Session
    instance: InstanceRef
    element_id: str
    variables: Mapping[str, Any]
    actor_id: int | None
    actor_name: str
    actor_body_id: str | None
    now: datetime
    jurisdiction: Jurisdiction
    approvals: Mapping[str, Sequence[str]]
    """Approver → ids of the user tasks that are its approval, as the diagram says it."""
    remember: Callable[..., None]
    """remember(kind, **data): adds an entry to the instance's history."""
    remember_with: Callable[..., None]
    """remember_with((statement, values), kind, **data): the statement is run when the entry is written,
    before the rows of what the engine does next."""
    rehome: Callable[[str, str], None]
    """rehome(instance id, "OLD>NEW"): moves another instance's open tasks to the new grid's bodies and
    records it in that instance."""
    tell_about: Callable[..., bool]
    """tell_about(kind, **data): adds an entry to the history of the instance this one is about; False when
    that has ended."""
    extend_about: Callable[[str, int, str, str], bool]
    """extend_about(task id, amount, unit, reason): extends that task of the instance this one is about; False
    when it is done already."""
    suspend_about: Callable[[str, str, date, str], bool]
    """suspend_about(task id, reason, day of review, body that reviews it): that task of the instance this one
    is about stands still, or is looked at again on another day; False when it is done already."""
    resume_about: Callable[[str], bool]
    """resume_about(task id): that task goes on; False when it did not stand still any more."""
    completed: str | None = None
    """The user task by whose completion it runs, which the history does not have yet; None where it runs by
    something else."""
    read_clock: Callable[[], Mapping[str, Any]] = dict
    """The day, the time of day and whether people work now, where the instance is."""
    agreed: Callable[[str], Sequence[tuple[str, str]] | None] = no_votes
    """agreed(element id): (body, person) of each who agreed where several answer it; None of another."""
    opened_together: Callable[[], Sequence[frozenset[str]]] = list
    """For each parallel gateway of the diagram: the user tasks that it opens at once."""

    @property
    def today(self) -> date:
        """The day where the city is."""
        return self.jurisdiction.day_of(self.now)


Handler = Callable[[HandlerContext], Mapping[str, Any] | None]
"""Does its work in the caller's transaction and returns variables for the instance."""
_ONLY_REMEMBERS = "only_remembers"


def only_remembers(handler: Handler) -> Handler:
    """Says of a handler that it asks and writes nothing itself: it needs no savepoint, and thousands of its
    instances are written together."""
    setattr(handler, _ONLY_REMEMBERS, True)
    return handler


def needs_savepoint(handler: Handler) -> bool:
    """Whether the handler may have written something that must be undone when it fails."""
    return not getattr(handler, _ONLY_REMEMBERS, False)
