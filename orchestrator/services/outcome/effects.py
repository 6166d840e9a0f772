"""What each kind of effect adds to a step: the table EFFECTS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.engine import Outcome
from orchestrator.engine import commands as c
from orchestrator.services.ids import new_id
from orchestrator.services.outcome.rows import Step


def absorb(step: Step, outcome: Outcome) -> list[c.ExternalTaskWanted]:
    """Takes the outcome into the step and its running instance; returns the service tasks that now wait for their handlers."""
    running = step.running
    running.engine_state, running.variables = outcome.state, outcome.variables
    if outcome.title:
        running.title = outcome.title[:200]
    step.moved = True
    wanted = []
    for effect in outcome.effects:
        if isinstance(effect, c.ExternalTaskWanted):
            wanted.append(effect)
        else:
            EFFECTS[type(effect)](step, effect)
    return wanted


def _user_task_opened(step: Step, effect: c.UserTaskOpened) -> None:
    step.opened[_row_id(step, effect.task_id)] = effect


def _user_task_closed(step: Step, effect: c.UserTaskClosed) -> None:
    row_id = _row_id(step, effect.task_id)
    if step.opened.pop(row_id, None) is not None:
        return  # opened and taken away within one command: nobody ever saw it
    step.closed[row_id] = effect.how.value
    if effect.how == c.UserTaskClosing.CANCELLED:
        step.running.remember("user-task-cancelled", effect.element_id, task=effect.task_id)


def _timer_set(step: Step, effect: c.TimerSet) -> None:
    step.timers[_row_id(step, effect.timer_id)] = effect


def _timer_cancelled(step: Step, effect: c.TimerCancelled) -> None:
    row_id = _row_id(step, effect.timer_id)
    if step.timers.pop(row_id, None) is None:
        step.cancelled_timers.append(row_id)


def _external_task_cancelled(step: Step, effect: c.ExternalTaskCancelled) -> None:
    step.cancelled_external_tasks.add(effect.task_id)
    step.running.remember("external-task-cancelled", effect.element_id)


def _subscription_opened(step: Step, effect: c.SubscriptionOpened) -> None:
    row_id = _row_id(step, effect.subscription_id)
    step.subscriptions[row_id] = {
        "id": row_id,
        "tenant_id": step.running.tenant_id,
        "instance_id": step.running.id,
        "element_id": effect.element_id,
        "kind": effect.kind,
        "name": effect.name,
        "correlation": effect.correlation,
    }


def _subscription_closed(step: Step, effect: c.SubscriptionClosed) -> None:
    row_id = _row_id(step, effect.subscription_id)
    if step.subscriptions.pop(row_id, None) is None:
        step.closed_subscriptions.append(row_id)


def _message_thrown(step: Step, effect: c.MessageThrown) -> None:
    step.running.remember("message-thrown", effect.element_id, name=effect.name, correlation=effect.correlation)
    _post(step, "message", {"name": effect.name, "correlation": effect.correlation, "variables": dict(effect.variables)})


def _signal_thrown(step: Step, effect: c.SignalThrown) -> None:
    step.running.remember("signal-thrown", effect.element_id, name=effect.name)
    _post(step, "signal", {"name": effect.name, "variables": dict(effect.variables), "heard_by": step.running.id})


def _escalation_thrown(step: Step, effect: c.EscalationThrown) -> None:
    step.running.remember("escalation-thrown", effect.element_id, code=effect.code)


def _activity_completed(step: Step, effect: c.ActivityCompleted) -> None:
    step.path += effect.flow_ids or (effect.element_id,)


def _ended(step: Step, effect: c.ProcessInstanceEnded) -> None:
    step.ended = effect


EFFECTS: Mapping[type, Callable[[Step, Any], None]] = {
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
    c.ActivityCompleted: _activity_completed,
    c.ProcessInstanceEnded: _ended,
}
"""Every effect but ExternalTaskWanted, which is served at once."""


def _row_id(step: Step, task_id: c.EngineTaskId) -> str:
    return f"{step.running.id}.{task_id}"


def _post(step: Step, kind: str, payload: dict[str, Any]) -> None:
    running = step.running
    step.outbox.append(
        {
            "id": new_id(running.now),
            "tenant_id": running.tenant_id,
            "instance_id": running.id,
            "kind": kind,
            "payload": payload,
            "created_at": running.now,
            "available_at": running.now,
            "sent_at": None,
            "attempts": 0,
            "last_error": None,
        }
    )
