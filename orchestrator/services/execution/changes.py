"""What one command does to an instance, and what each kind of effect adds to it: the table EFFECTS. Nothing
is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from orchestrator.engine import Outcome
from orchestrator.engine import commands as c
from orchestrator.services.execution.instance import Instance

I = TypeVar("I", bound=Instance)  # noqa: E741


@dataclass(frozen=True, slots=True)
class RaisedIncident:
    """An incident before a backend keeps it."""

    element_id: str | None
    kind: str
    message: str
    """A Chinese sentence for the administrator."""
    details: Mapping[str, Any]
    """What a retry needs."""


@dataclass
class Changes(Generic[I]):
    """The net result of a command and of the service tasks that it set off; the keys are the engine's task
    ids."""

    instance: I
    opened: dict[c.EngineTaskId, c.UserTaskOpened] = field(
        default_factory=dict,
    )
    closed: dict[c.EngineTaskId, c.UserTaskClosing] = field(
        default_factory=dict,
    )
    """User tasks that stood before the command."""
    timers: dict[c.EngineTaskId, c.TimerSet] = field(default_factory=dict)
    cancelled_timers: list[c.EngineTaskId] = field(default_factory=list)
    subscriptions: dict[c.EngineTaskId, c.SubscriptionOpened] = field(
        default_factory=dict,
    )
    closed_subscriptions: list[c.EngineTaskId] = field(default_factory=list)
    cancelled_external_tasks: set[c.EngineTaskId] = field(default_factory=set)
    thrown: list[c.MessageThrown | c.SignalThrown] = field(
        default_factory=list,
    )
    """For other instances, in order."""
    path: list[str] = field(default_factory=list)
    """The flows taken, in order; an element's id where no flow left it."""
    assigned: list[dict[str, Any]] = field(default_factory=list)
    """The user tasks opened, as the history shows them."""
    ended: c.ProcessInstanceEnded | None = None
    moved: bool = False
    """Whether the engine advanced, so that state and variables have changed too."""
    troubles: list[RaisedIncident] = field(default_factory=list)

    def incident(
        self,
        element_id: str | None,
        kind: str,
        message: str,
        details: Mapping[str, Any],
    ) -> None:
        """Adds an incident with its history entry."""
        self.troubles.append(
            RaisedIncident(element_id, kind, message, dict(details)),
        )
        self.instance.remember(
            "incident",
            element_id,
            incident=kind,
            message=message,
        )


def absorb(
    changes: Changes[Any],
    outcome: Outcome,
) -> list[c.ExternalTaskWanted]:
    """Takes the outcome into the changes and their instance; returns the service tasks that now wait for
    their handlers."""
    instance = changes.instance
    instance.engine_state = outcome.state
    instance.variables = outcome.variables
    if outcome.title:
        instance.title = outcome.title[:200]
    changes.moved = True
    wanted = []
    for effect in outcome.effects:
        if isinstance(effect, c.ExternalTaskWanted):
            wanted.append(effect)
        else:
            EFFECTS[type(effect)](changes, effect)
    return wanted


def _user_task_opened(changes: Changes[Any], effect: c.UserTaskOpened) -> None:
    changes.opened[effect.task_id] = effect


def _user_task_closed(changes: Changes[Any], effect: c.UserTaskClosed) -> None:
    if changes.opened.pop(effect.task_id, None) is not None:
        return  # opened and taken away within one command: nobody ever saw it
    changes.closed[effect.task_id] = effect.how
    if effect.how == c.UserTaskClosing.CANCELLED:
        changes.instance.remember(
            "user-task-cancelled",
            effect.element_id,
            task=effect.task_id,
        )


def _timer_set(changes: Changes[Any], effect: c.TimerSet) -> None:
    changes.timers[effect.timer_id] = effect


def _timer_cancelled(changes: Changes[Any], effect: c.TimerCancelled) -> None:
    if changes.timers.pop(effect.timer_id, None) is None:
        changes.cancelled_timers.append(effect.timer_id)


def _external_task_cancelled(
    changes: Changes[Any],
    effect: c.ExternalTaskCancelled,
) -> None:
    changes.cancelled_external_tasks.add(effect.task_id)
    changes.instance.remember("external-task-cancelled", effect.element_id)


def _subscription_opened(
    changes: Changes[Any],
    effect: c.SubscriptionOpened,
) -> None:
    changes.subscriptions[effect.subscription_id] = effect


def _subscription_closed(
    changes: Changes[Any],
    effect: c.SubscriptionClosed,
) -> None:
    if changes.subscriptions.pop(effect.subscription_id, None) is None:
        changes.closed_subscriptions.append(effect.subscription_id)


def _message_thrown(changes: Changes[Any], effect: c.MessageThrown) -> None:
    changes.instance.remember(
        "message-thrown",
        effect.element_id,
        name=effect.name,
        correlation=effect.correlation,
    )
    changes.thrown.append(effect)


def _signal_thrown(changes: Changes[Any], effect: c.SignalThrown) -> None:
    changes.instance.remember(
        "signal-thrown",
        effect.element_id,
        name=effect.name,
    )
    changes.thrown.append(effect)


def _escalation_thrown(
    changes: Changes[Any],
    effect: c.EscalationThrown,
) -> None:
    changes.instance.remember(
        "escalation-thrown",
        effect.element_id,
        code=effect.code,
    )


def _compensation_begun(
    changes: Changes[Any],
    effect: c.CompensationBegun,
) -> None:
    changes.instance.remember(
        "compensation",
        effect.element_id,
        activities=list(effect.activities),
    )


def _countersigned(changes: Changes[Any], effect: c.Countersigned) -> None:
    counted = {
        "agreed": effect.agreed,
        "refused": effect.refused,
        "given": effect.given,
        "total": effect.total,
    }
    changes.instance.remember(
        "countersigned",
        effect.element_id,
        way=effect.way,
        passed=effect.passed,
        **counted,
    )


def _activity_completed(
    changes: Changes[Any],
    effect: c.ActivityCompleted,
) -> None:
    changes.path += effect.flow_ids or (effect.element_id,)


def _ended(changes: Changes[Any], effect: c.ProcessInstanceEnded) -> None:
    changes.ended = effect


EFFECTS: Mapping[type, Callable[[Changes[Any], Any], None]] = {
    c.UserTaskOpened: _user_task_opened,
    c.UserTaskClosed: _user_task_closed,
    c.TimerSet: _timer_set,
    c.TimerCancelled: _timer_cancelled,
    c.ExternalTaskCancelled: _external_task_cancelled,
    c.SubscriptionOpened: _subscription_opened,
    c.SubscriptionClosed: _subscription_closed,
    c.MessageThrown: _message_thrown,
    c.SignalThrown: _signal_thrown,
    c.EscalationThrown: _escalation_thrown,
    c.CompensationBegun: _compensation_begun,
    c.Countersigned: _countersigned,
    c.ActivityCompleted: _activity_completed,
    c.ProcessInstanceEnded: _ended,
}
"""Every effect but ExternalTaskWanted, which a backend serves at once."""
