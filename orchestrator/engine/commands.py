"""What goes into the engine and what comes out: commands, effects and the outcome, all frozen values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from orchestrator.engine.values import Variables

EngineTaskId = NewType("EngineTaskId", str)
"""Identifies a token's activity inside one process instance; short, deterministic, never reused in that
instance."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the engine may know of the world outside the diagram, so that it stays a pure function."""

    timezone: str = "Asia/Shanghai"
    """IANA zone in which a date without an offset is read."""
    deadline: Callable[[str, datetime], datetime] | None = None
    """Named deadline of the jurisdiction profile and its start → the instant it is due. Raises KeyError for
    an unknown name."""
    max_steps: int = 2_000
    """Engine steps in one command before it gives up with StepBudgetExceeded."""
    max_visits: int = 60_000
    """Looks at running subprocesses in one command before it gives up with TooManySubprocesses: each of them
    costs time with every step that any of them takes."""
    max_depth: int = 60
    """Subprocesses and called processes inside each other."""
    max_instances: int = 200
    """Largest multi-instance cardinality."""


# ---- commands


@dataclass(frozen=True, slots=True)
class StartProcessInstance:
    variables: Variables = field(default_factory=dict)
    """The start form's values and what the service adds (initiator, territory, level…)."""
    start_id: str | None = None
    """The start event whose trigger has come; None for the plain one, at which a person starts."""


@dataclass(frozen=True, slots=True)
class CompleteUserTask:
    task_id: EngineTaskId
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompleteExternalTask:
    task_id: EngineTaskId
    variables: Variables = field(default_factory=dict)
    """What the handler returned; mapped through camunda:outputParameter where the diagram has one."""


@dataclass(frozen=True, slots=True)
class ThrowBpmnError:
    """A handler reports a business error that a boundary event of the diagram may catch."""

    task_id: EngineTaskId
    error_code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class PutBack:
    """A task is given up, and its token goes back to that user task: one of `ways_back`."""

    task_id: EngineTaskId
    element_id: str
    alone: bool = False
    """Whether the other tokens of its scope are taken away: those of parallel branches."""


@dataclass(frozen=True, slots=True)
class FireTimer:
    """The clock row is the truth: the engine fires the timer whatever its own idea of the due time."""

    timer_id: EngineTaskId


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    name: str
    subscription_id: EngineTaskId
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliverSignal:
    name: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChooseFlow:
    """An administrator says which way an element goes when it is passed next and none of its conditions is
    true. Nothing moves yet."""

    element_id: str
    flow_id: str


Command = (
    StartProcessInstance
    | CompleteUserTask
    | CompleteExternalTask
    | ThrowBpmnError
    | PutBack
    | FireTimer
    | DeliverMessage
    | DeliverSignal
    | ChooseFlow
)


# ---- effects


@dataclass(frozen=True, slots=True)
class UserTaskOpened:
    task_id: EngineTaskId
    element_id: str
    name: str
    form_key: str | None = None
    assignee: str | None = None
    """camunda:assignee, evaluated: a person's username."""
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    """camunda:candidateGroups, evaluated but not resolved, e.g. `grid-office@county`."""
    due: str | None = None
    """camunda:dueDate, evaluated: `deadline:NAME`, an ISO 8601 duration from now, or an instant."""
    follow_up: str | None = None
    priority: int = 50
    lane: str | None = None
    variables: Variables = field(default_factory=dict)
    """What this task sees beyond the instance's variables: the item of a multi-instance, input parameters."""


class UserTaskClosing(StrEnum):
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    """A boundary event, a terminate end or an event subprocess took the token away."""


@dataclass(frozen=True, slots=True)
class UserTaskClosed:
    task_id: EngineTaskId
    element_id: str
    how: UserTaskClosing


@dataclass(frozen=True, slots=True)
class TimerSet:
    timer_id: EngineTaskId
    element_id: str
    due_at: datetime
    """Aware, UTC."""
    deadline: str | None = None
    """Name of the profile's deadline it came from, if any: such a timer moves when the deadline is
    extended."""
    attached_to: EngineTaskId | None = None
    """The user task whose boundary it is."""
    cycle: bool = False


@dataclass(frozen=True, slots=True)
class TimerCancelled:
    timer_id: EngineTaskId
    element_id: str


@dataclass(frozen=True, slots=True)
class ExternalTaskWanted:
    """A service task waits for its handler; the service answers with CompleteExternalTask or
    ThrowBpmnError."""

    task_id: EngineTaskId
    element_id: str
    name: str
    topic: str
    variables: Variables = field(default_factory=dict)
    """The instance's variables overlaid with camunda:inputParameter values."""


@dataclass(frozen=True, slots=True)
class ExternalTaskCancelled:
    task_id: EngineTaskId
    element_id: str


TRIGGER = "trigger"
"""Kind of what a receive task without a message waits for: that somebody says it may go on."""


@dataclass(frozen=True, slots=True)
class SubscriptionOpened:
    """The instance waits for a message or a signal, or to be triggered."""

    subscription_id: EngineTaskId
    element_id: str
    kind: str
    """`message`, `signal` or TRIGGER."""
    name: str
    """Empty for TRIGGER."""
    correlation: str | None = None
    """Correlation key, evaluated to text; None matches only a delivery without one."""


@dataclass(frozen=True, slots=True)
class SubscriptionClosed:
    subscription_id: EngineTaskId
    element_id: str


@dataclass(frozen=True, slots=True)
class MessageThrown:
    element_id: str
    name: str
    correlation: str | None
    variables: Variables


@dataclass(frozen=True, slots=True)
class SignalThrown:
    """The thrower's own events have heard it; a service gives it to the other instances."""

    element_id: str
    name: str
    variables: Variables


@dataclass(frozen=True, slots=True)
class EscalationThrown:
    """An escalation that no element of the diagram caught."""

    element_id: str
    code: str | None


@dataclass(frozen=True, slots=True)
class CompensationBegun:
    """Completed activities begin to be undone, one handler after another."""

    element_id: str
    """The event that demands it."""
    activities: tuple[str, ...]
    """Ids of the activities, in the order in which they are undone."""


@dataclass(frozen=True, slots=True)
class Countersigned:
    """Several people have decided together."""

    element_id: str
    way: str
    """How it was counted, as officials call it."""
    agreed: int
    refused: int
    given: int
    """Answers given, those that are neither consent nor refusal included."""
    total: int
    """How many were asked."""
    passed: bool


@dataclass(frozen=True, slots=True)
class ActivityCompleted:
    """History: a token left an element. User tasks are told by UserTaskClosed instead."""

    element_id: str
    name: str
    element_type: str
    """BPMN tag, e.g. `exclusiveGateway`, `boundaryEvent`, `callActivity`."""
    flow_ids: tuple[str, ...] = ()
    """Sequence flows taken from it."""
    task_id: EngineTaskId | None = None


@dataclass(frozen=True, slots=True)
class ProcessInstanceEnded:
    end_element_id: str | None
    how: str
    """`completed`, `terminated` or `error`."""
    error_code: str | None = None


Effect = (
    UserTaskOpened
    | UserTaskClosed
    | TimerSet
    | TimerCancelled
    | ExternalTaskWanted
    | ExternalTaskCancelled
    | SubscriptionOpened
    | SubscriptionClosed
    | MessageThrown
    | SignalThrown
    | EscalationThrown
    | CompensationBegun
    | Countersigned
    | ActivityCompleted
    | ProcessInstanceEnded
)


@dataclass(frozen=True, slots=True)
class Outcome:
    state: bytes
    """The instance's whole engine state, without the definition; store as bytes, order matters."""
    effects: tuple[Effect, ...]
    variables: Variables
    """The instance's top-level variables after the command."""
    title: str | None = None
    """The process's `title` extension property, evaluated."""
    ended: bool = False
