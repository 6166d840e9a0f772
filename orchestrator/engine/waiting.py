"""Waiting and what ends it: timers, subscriptions, and the events that fire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import errors, timers
from orchestrator.engine.cancelling import Cancelling
from orchestrator.engine.model import Element, Event
from orchestrator.engine.nodes import LIVE


class Waiting(Cancelling):
    def arm(self, task: Task, planned: timers.Schedule | None = None) -> None:
        """A catching token begins to wait: a timer gets its instant, a message or signal its subscription."""
        element: Element = task.task_spec.element
        event = element.event
        if event is None:
            return
        if event.kind == "timer":
            self._set_timer(task, element, event, planned)
        elif event.kind in ("message", "signal"):
            key = self.correlation(task, event.correlation)
            subscription = c.SubscriptionOpened(
                c.EngineTaskId(task.id), element.id, event.kind, self.fill(task, event.reference) or "", key
            )
            # A signal may have `${…}` in its name; what it waits for is fixed when it begins to wait.
            if event.kind == "signal" and subscription.name != event.reference:
                task.internal_data["name"] = subscription.name
            self.effects.append(subscription)

    def rearm(self, task: Task) -> None:
        """A non-interrupting event goes on waiting after it fired: messages and signals always, a timer while its cycle has rounds."""
        element: Element = task.task_spec.element
        planned = None
        if element.event is not None and element.event.kind == "timer":
            cycle = task.internal_data.get("cycle")
            if cycle is None:
                return
            planned = timers.next_round(_round(cycle), self.environment.timezone, self.now)
            if planned is None:
                return
        host = task.internal_data.get("host")
        if host is not None:
            hosting = task.workflow.tasks.get(host)
            if hosting is None or not hosting._state & LIVE:
                return
        again = task.parent._add_child(task.task_spec, TaskState.WAITING)
        again.internal_data.update({k: v for k, v in task.internal_data.items() if k in ("group", "host")})
        self.arm(again, planned)

    def fire(self, task: Task, variables: Mapping[str, Any] | None = None) -> None:
        """What a catching token waits for has come; one that interrupts takes its activity away at once."""
        self.assign(task, variables or {})
        task.internal_data["fired"] = 1
        element: Element = task.task_spec.element
        if element.event is not None and element.event.kind in ("message", "signal"):
            self.effects.append(c.SubscriptionClosed(c.EngineTaskId(task.id), element.id))
        task.task_spec.interrupt(task)
        task.task_spec._update(task)

    def waits_for_signal(self, task: Task, name: str) -> bool:
        """Whether this token waits for the signal of that name."""
        event = task.task_spec.element.event if task.task_spec.element is not None else None
        if event is None or event.kind != "signal" or task._state != TaskState.WAITING:
            return False
        return bool(task.internal_data.get("name", event.reference) == name)

    def _set_timer(self, task: Task, element: Element, event: Event, planned: timers.Schedule | None) -> None:
        form, text = event.timer or ("timeDuration", "")
        if planned is None:
            try:
                planned = timers.schedule(form, self.fill(task, text) or "", self.now, self.environment)
            except timers.TimerTextInvalid as invalid:
                raise errors.ExpressionFailed(element.id, str(invalid)) from None
            except KeyError as missing:
                raise errors.ExpressionFailed(element.id, f"辖区配置中没有名为 {missing} 的时限") from None
        if planned.duration is not None:
            first = (planned.first or planned.due_at).isoformat()
            task.internal_data["cycle"] = [
                planned.due_at.isoformat(),
                planned.rounds_left,
                planned.duration,
                first,
                planned.round,
            ]
        host = task.internal_data.get("host")
        self.effects.append(
            c.TimerSet(
                c.EngineTaskId(task.id),
                element.id,
                planned.due_at,
                planned.deadline,
                c.EngineTaskId(host) if host else None,
                planned.duration is not None,
            )
        )


def _round(kept: list[Any]) -> timers.Schedule:
    """A cycle's round as a token keeps it; an older token does not know the first one and counts from its own."""
    due_at, rounds_left, duration, *counted = kept
    first, number = (datetime.fromisoformat(counted[0]), counted[1]) if counted else (None, 0)
    return timers.Schedule(datetime.fromisoformat(due_at), None, rounds_left, duration, first, number)
