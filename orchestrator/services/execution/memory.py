"""An instance in memory: what a scenario without a database and the replay of a finished instance run on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from orchestrator import engine
from orchestrator.domain.calendar import (
    WHOLE_JURISDICTION,
    CountedFor,
    WorkCalendar,
)
from orchestrator.domain.deadlines import ExtensionRule, Ledger, LedgerRefused
from orchestrator.engine import commands as c
from orchestrator.services.execution import loop
from orchestrator.services.execution.candidates import Directory
from orchestrator.services.execution.changes import Changes, RaisedIncident
from orchestrator.services.execution.due_dates import FAR_FUTURE
from orchestrator.services.execution.instance import Instance, without_empty
from orchestrator.services.execution.openings import (
    OpenedDeadline,
    OpenedTask,
    PlannedTimer,
    next_in_sequence,
    open_task,
    plan_timer,
)

M = TypeVar("M", bound="MemoryInstance")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry of the history."""

    at: datetime
    kind: str
    element_id: str | None
    data: Mapping[str, Any]


@dataclass(kw_only=True)
class MemoryInstance(Instance):
    directory: Directory
    calendars: Callable[[CountedFor], WorkCalendar]
    tasks: dict[c.EngineTaskId, OpenedTask] = field(default_factory=dict)
    timers: dict[c.EngineTaskId, PlannedTimer] = field(default_factory=dict)
    """One that stands still is due at FAR_FUTURE."""
    left: dict[c.EngineTaskId, timedelta] = field(default_factory=dict)
    """Timers without a ledger that stand still with their step's deadline → what they had left."""
    subscriptions: dict[c.EngineTaskId, c.SubscriptionOpened] = field(
        default_factory=dict,
    )
    ended: str | None = None
    """Id of the element at which it ended, else how it ended. None while it runs."""
    troubles: list[RaisedIncident] = field(default_factory=list)
    history: list[Recorded] = field(default_factory=list)

    def calendar_of(
        self, counted_for: CountedFor = WHOLE_JURISDICTION
    ) -> WorkCalendar:
        """The working calendar with the office hours and the days off that count there."""
        return self.calendars(counted_for)

    def snapshot(self: M) -> M:
        """The instance as it is now; what happens to either of the two does not change the other."""
        kept = copy.copy(self)
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, dict | list):
                setattr(kept, entry.name, value.copy())
        return kept

    # ----
    # commands

    def start(
        self: M,
        submitted: Mapping[str, Any],
        variables: Mapping[str, Any],
        serve: loop.Serve,
        start_id: str | None = None,
    ) -> Changes[M]:
        """Starts it with the form's values and the other variables, at that start event if one is named.
        Raises EngineError."""
        form = None
        if start_id is None:
            form = self.bundle.definition.start_form_key
        self.remember(
            "started",
            start_id,
            form=form,
            submitted=dict(submitted),
        )
        return self.carry_out(
            c.StartProcessInstance({**submitted, **variables}, start_id),
            serve,
        )

    def complete(
        self: M,
        task_id: c.EngineTaskId,
        submitted: Mapping[str, Any],
        variables: Mapping[str, Any],
        serve: loop.Serve,
    ) -> Changes[M]:
        """Completes the task with the form's values and the other variables. Raises EngineError."""
        effect = self.tasks[task_id].effect
        entry = {
            "task": task_id,
            "form": effect.form_key,
            "submitted": dict(submitted),
        }
        self.remember("user-task-completed", effect.element_id, **entry)
        return self.carry_out(
            c.CompleteUserTask(task_id, {**submitted, **variables}),
            serve,
        )

    def fire(
        self: M,
        timer_id: c.EngineTaskId,
        serve: loop.Serve,
    ) -> Changes[M]:
        """Fires the timer. Raises EngineError."""
        timer = self.timers.pop(timer_id)
        self.remember(
            "timer-fired",
            timer.effect.element_id,
            due=timer.due_at.isoformat(),
        )
        return self.carry_out(c.FireTimer(timer_id), serve)

    def deliver(
        self: M,
        command: c.DeliverMessage | c.DeliverSignal,
        serve: loop.Serve,
    ) -> Changes[M]:
        """Gives it the message or the signal. Raises EngineError."""
        self.remember(
            "event-delivered",
            None,
            name=command.name,
            values=dict(command.variables),
        )
        return self.carry_out(command, serve)

    def carry_out(
        self: M,
        command: c.Command,
        serve: loop.Serve,
    ) -> Changes[M]:
        """Advances by the command and takes in what it changed.

        Raises EngineError and what `serve` raises, after which the instance is as before.
        """
        before = self.engine_state, self.variables, self.title
        changes = Changes(self)
        try:
            loop.execute(changes, command, serve)
        except Exception:
            self.engine_state, self.variables, self.title = before
            self.entries = []
            raise
        self._take_in(changes)
        return changes

    def close(self) -> None:
        """Ends it from outside the diagram: nothing waits any more."""
        self.tasks.clear()
        self.timers.clear()
        self.subscriptions.clear()

    def _take_in(self, changes: Changes[Any]) -> None:
        for task_id in changes.closed:
            self.tasks.pop(task_id, None)
        for timer_id in changes.cancelled_timers:
            self.timers.pop(timer_id, None)
            self.left.pop(timer_id, None)
        for subscription_id in changes.closed_subscriptions:
            self.subscriptions.pop(subscription_id, None)
        opened = {
            task_id: open_task(changes, effect, self.directory)
            for task_id, effect in changes.opened.items()
        }
        self.tasks |= opened
        self.timers |= {
            timer_id: plan_timer(self, effect, opened)
            for timer_id, effect in changes.timers.items()
        }
        self.subscriptions |= changes.subscriptions
        self.troubles += changes.troubles
        if changes.ended is not None:
            self.ended = changes.ended.end_element_id or changes.ended.how
        for task_id in next_in_sequence(changes):
            self._go_on(self._step(task_id).shared)
        loop.record(changes)
        self.write_history()

    def write_history(self) -> None:
        """Moves the gathered entries into the history."""
        self.history += [
            Recorded(
                self.now,
                entry.kind,
                entry.element_id,
                without_empty(entry.data),
            )
            for entry in self.entries
        ]
        self.entries = []

    # ----
    # deadlines

    def extend(
        self,
        task_id: c.EngineTaskId,
        amount: int,
        unit: str,
        rule: ExtensionRule | None = None,
    ) -> None:
        """Extends the task's deadline; the timers that follow it move too. Raises LedgerRefused, also where
        the rule forbids it."""
        ledger = self._ledger(task_id)
        objection = None
        if rule is not None:
            objection = rule.objection(ledger, amount, unit)
        if objection is not None:
            raise LedgerRefused(objection)
        self._set_ledger(
            task_id,
            ledger.extend(amount, unit, self.now, "", ""),
        )
        element_id = self.tasks[task_id].effect.element_id
        self.remember(
            "deadline-extended",
            element_id,
            deadline=ledger.name,
            amount=amount,
            unit=unit,
        )
        self.write_history()

    def suspend(self, task_id: c.EngineTaskId) -> None:
        """The task's deadline and every timer of its step stand still. Raises LedgerRefused."""
        self._set_ledger(
            task_id,
            self._ledger(task_id).suspend(self.now, "", ""),
        )
        step = self._step(task_id)
        if all(
            self.is_suspended(engine_task_id) for engine_task_id in step.beside
        ):
            shared = step.shared
        else:
            shared = ()
        for timer_id in (*step.own, *shared):
            self._stop(timer_id)

    def resume(self, task_id: c.EngineTaskId) -> None:
        """The task's deadline and the timers of its step go on. Raises LedgerRefused."""
        self._set_ledger(task_id, self._ledger(task_id).resume(self.now))
        step = self._step(task_id)
        self._go_on((*step.own, *step.shared))

    def _ledger(self, task_id: c.EngineTaskId) -> Ledger:
        deadline = self.tasks[task_id].deadline
        assert deadline is not None, (
            "only tasks with a ledger are extended and suspended"
        )
        return deadline.ledger

    def is_suspended(self, task_id: c.EngineTaskId) -> bool:
        """Whether the task's deadline stands still."""
        deadline = None
        if task_id in self.tasks:
            deadline = self.tasks[task_id].deadline
        return deadline is not None and deadline.ledger.suspended

    def _set_ledger(self, task_id: c.EngineTaskId, ledger: Ledger) -> None:
        task = self.tasks[task_id]
        assert task.deadline is not None
        deadline = _counted_anew(task.deadline, ledger)
        if ledger.suspended:
            shown = None
        else:
            shown = deadline.due_at
        self.tasks[task_id] = replace(task, deadline=deadline, due_at=shown)
        for timer_id, timer in self.timers.items():
            if timer.follows == task_id:
                self.timers[timer_id] = replace(
                    timer,
                    due_at=shown or FAR_FUTURE,
                )

    def _step(self, task_id: c.EngineTaskId) -> engine.StepTimers:
        return engine.timers_of_step(
            self.bundle.definition,
            self.engine_state or b"",
            task_id,
        )

    def _stop(self, timer_id: c.EngineTaskId) -> None:
        timer = self.timers.get(timer_id)
        if (
            timer is None
            or timer.follows is not None
            or timer.due_at == FAR_FUTURE
        ):
            return
        own = timer.own
        if own is None:
            self.left[timer_id] = max(timedelta(0), timer.due_at - self.now)
        else:
            own = _counted_anew(own, own.ledger.suspend(self.now, "", ""))
        self.timers[timer_id] = replace(timer, own=own, due_at=FAR_FUTURE)

    def _go_on(self, timer_ids: tuple[c.EngineTaskId, ...]) -> None:
        put_off: dict[str, datetime] = {}
        for timer_id in timer_ids:
            timer = self.timers.get(timer_id)
            if timer is None:
                continue
            if timer_id in self.left:
                put_off[timer_id] = self.now + self.left.pop(timer_id)
                self.timers[timer_id] = replace(
                    timer,
                    due_at=put_off[timer_id],
                )
            elif timer.own is not None and timer.own.ledger.suspended:
                own = _counted_anew(
                    timer.own,
                    timer.own.ledger.resume(self.now),
                )
                self.timers[timer_id] = replace(
                    timer,
                    own=own,
                    due_at=own.due_at,
                )
        if put_off:
            self.engine_state = engine.put_off(
                self.bundle.definition,
                self.engine_state or b"",
                put_off,
            )


def _counted_anew(deadline: OpenedDeadline, ledger: Ledger) -> OpenedDeadline:
    return replace(
        deadline,
        ledger=ledger,
        due_at=ledger.due_at(deadline.calendar),
    )
