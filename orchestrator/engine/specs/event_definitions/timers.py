"""Timers: due times by the calendar of the environment, from a `now` that is handed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions import timer
from SpiffWorkflow.bpmn.util import PendingBpmnEvent

from orchestrator.engine import commands as c
from orchestrator.engine import variables
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.specs.event_definitions.base import (
    FIRED,
    EventDefinition,
)
from orchestrator.engine.specs.node import HOST
from orchestrator.engine.timers import (
    Schedule,
    TimerTextInvalid,
    next_round,
    schedule,
)
from orchestrator.engine.token import Waits
from orchestrator.sentences import say, sentence_of

DUE = "event_value"
CYCLE = "cycle"
"""In a waiting token's internal data. DUE, the library's: when it falls due. CYCLE: a Schedule's due_at,
rounds_left, duration, first, round."""


class Timer(EventDefinition):
    """Mixed into all three, before the library's class.

    The library asks the machine's clock, evaluates Python for a text, reads a date without an offset in the
    machine's zone and knows no deadline.
    """

    form = "timeDuration"
    kept = (CYCLE,)
    name: str
    expression: str

    def has_fired(self, my_task: Waits) -> bool:
        context = my_task.workflow.top_workflow.context
        due = my_task.internal_data.get(DUE)
        if (
            context.own_clock
            and due is not None
            and datetime.fromisoformat(due) <= context.now
        ):
            my_task.internal_data[FIRED] = True
        return bool(my_task.internal_data.get(FIRED, False))

    def arm(self, my_task: Waits) -> None:
        """Sets the clock: by the text, or for the next round where one has just ended."""
        context = my_task.workflow.top_workflow.context
        planned = self._following(my_task)
        if planned is not None:
            self._tell(my_task, planned)
        else:
            self.set(my_task, context.now)

    def set(self, my_task: Waits, since: datetime) -> c.TimerSet:
        """Sets the clock as the text says, counted from `since`. Raises ExpressionFailed for a text that is
        no time."""
        element_id = my_task.task_spec.bpmn_id
        text = variables.fill(my_task, self.expression) or ""
        try:
            planned = schedule(
                self.form,
                text,
                since,
                my_task.workflow.top_workflow.context.environment,
            )
        except TimerTextInvalid as invalid:
            raise ExpressionFailed(element_id, sentence_of(invalid)) from None
        except KeyError as missing:
            raise ExpressionFailed(
                element_id,
                say(
                    "辖区配置中没有名为“{name}”的时限",
                    name=sentence_of(missing),
                ),
            ) from None
        return self._tell(my_task, planned)

    def _tell(self, my_task: Waits, planned: Schedule) -> c.TimerSet:
        my_task.internal_data.pop(CYCLE, None)
        if planned.duration is not None:
            first = (planned.first or planned.due_at).isoformat()
            cycle = [
                planned.due_at.isoformat(),
                planned.rounds_left,
                planned.duration,
                first,
                planned.round,
            ]
            my_task.internal_data[CYCLE] = cycle
        my_task.internal_data[DUE] = planned.due_at.isoformat()
        host = my_task.internal_data.get(HOST)
        timer_set = c.TimerSet(
            c.EngineTaskId(my_task.id),
            my_task.task_spec.bpmn_id or "",
            planned.due_at,
            planned.deadline,
            None if host is None else c.EngineTaskId(host),
            planned.duration is not None,
        )
        my_task.workflow.top_workflow.context.tell(timer_set)
        return timer_set

    def cancelled(self, my_task: Waits) -> None:
        element_id = my_task.task_spec.bpmn_id or ""
        my_task.workflow.top_workflow.context.tell(
            c.TimerCancelled(c.EngineTaskId(my_task.id), element_id),
        )

    def goes_on(self, my_task: Waits) -> bool:
        return self._following(my_task) is not None

    def _following(self, my_task: Waits) -> Schedule | None:
        """The round after the one that the token keeps; None when there is none. An older token does not know
        the first, and counts from its own."""
        kept = my_task.internal_data.get(CYCLE)
        if kept is None:
            return None
        due_at, rounds_left, duration, *counted = kept
        if counted:
            first = datetime.fromisoformat(counted[0])
            number = counted[1]
        else:
            first = None
            number = 0
        context = my_task.workflow.top_workflow.context
        current = Schedule(
            datetime.fromisoformat(due_at),
            None,
            rounds_left,
            duration,
            first,
            number,
        )
        return next_round(current, context.environment.timezone, context.now)

    def update_task(self, my_task: Waits) -> None:
        """The library runs the rounds of a cycle here, back to back, and interrupts after the last."""

    def details(self, my_task: Waits) -> PendingBpmnEvent:
        """The library's, with the instant it is due."""
        due: Any = my_task.internal_data.get(DUE)
        return PendingBpmnEvent(self.name, type(self).__name__, due)


class DurationTimerEventDefinition(Timer, timer.DurationTimerEventDefinition):
    """A duration from now."""


class TimeDateEventDefinition(Timer, timer.TimeDateEventDefinition):
    """A day or an instant."""

    form = "timeDate"


class CycleTimerEventDefinition(Timer, timer.CycleTimerEventDefinition):
    """A repeating interval."""

    form = "timeCycle"
