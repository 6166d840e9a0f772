"""Errors and escalations: what is thrown under a code, and who catches it."""

from __future__ import annotations

from collections.abc import Iterable

from SpiffWorkflow.bpmn.specs.event_definitions import item_aware_event

from orchestrator.engine import commands as c
from orchestrator.engine import variables
from orchestrator.engine.model import Event
from orchestrator.engine.specs.event_definitions.base import (
    DirectedEvent,
    EventDefinition,
)
from orchestrator.engine.specs.node import HOST
from orchestrator.engine.token import RunningScope, Token


class _Coded(EventDefinition):
    """Mixed into both, before the library's class. The library ends by asking every event of the instance,
    siblings' boundaries included."""

    code: str | None
    event: Event

    def throw(self, my_task: Token) -> None:
        code = variables.fill(my_task, self.code)
        message = variables.fill(my_task, self.event.message)
        if not raise_code(
            type(self),
            my_task.workflow,
            None,
            code,
            message or "",
        ):
            self.uncaught(my_task, code)

    def uncaught(self, my_task: Token, code: str | None) -> None:
        """Nobody has caught it."""

    def update_task_data(self, my_task: Token) -> None:
        """Done when it is caught."""


class ErrorEventDefinition(_Coded, item_aware_event.ErrorEventDefinition):
    """An error that nobody catches ends its own path, as in Camunda 7; the instance ends as an error when it
    was the last to end."""

    comes_last = 2

    def __init__(self, event: Event) -> None:
        super().__init__(event.reference, event.reference)
        self.event = event

    def uncaught(self, my_task: Token, code: str | None) -> None:
        context = my_task.workflow.top_workflow.context
        context.how = "error"
        context.error_code = code


class EscalationEventDefinition(
    _Coded,
    item_aware_event.EscalationEventDefinition,
):
    """An escalation that nobody catches is told."""

    def __init__(self, event: Event) -> None:
        super().__init__(event.reference, event.reference)
        self.event = event

    def uncaught(self, my_task: Token, code: str | None) -> None:
        my_task.workflow.top_workflow.context.tell(
            c.EscalationThrown(my_task.task_spec.bpmn_id or "", code),
        )


def raise_code(
    kind: type[_Coded],
    workflow: RunningScope | None,
    activity: Token | None,
    code: str | None,
    message: str = "",
) -> bool:
    """Gives an error or escalation to the nearest that catches it; False when there is none.

    The search begins at the border of `activity`, then the event subprocesses of `workflow`, and climbs (BPMN
    2.0.2, 10.5.6). What an event subprocess throws does not begin it again, as in Camunda 7.
    """
    while workflow is not None:
        top = workflow.top_workflow
        waiting = [
            task
            for task in top.event_manager.tasks.values()
            if task.workflow is workflow
        ]
        if activity is not None:
            hosts = (
                activity.id,
                activity.parent.id if activity.parent is not None else None,
            )
            if _caught(
                kind,
                [
                    task
                    for task in waiting
                    if task.internal_data.get(HOST) in hosts
                ],
                code,
                message,
            ):
                return True
        if _caught(
            kind,
            [
                task
                for task in waiting
                if task.task_spec.passive and not _begins(task, activity)
            ],
            code,
            message,
        ):
            return True
        activity = None
        if workflow.parent_task_id is not None:
            activity = top.get_task_from_id(workflow.parent_task_id)
            activity.task_spec.climbs_out(activity)
        workflow = workflow.parent_workflow
    return False


def _begins(trigger: Token, activity: Token | None) -> bool:
    """Whether the event subprocess that the trigger waits for is the one from which the code climbs."""
    if activity is None:
        return False
    return trigger.task_spec.begins(activity.task_spec.name)


def _caught(
    kind: type[_Coded],
    catchers: Iterable[Token],
    code: str | None,
    message: str,
) -> bool:
    """One that names the code comes before one that catches any."""
    waiting = [
        pair
        for task in catchers
        for pair in task.task_spec.event_definition.waits(task)
    ]
    for wanted in (code, None):
        for task, definition in waiting:
            if isinstance(definition, kind) and definition.code == wanted:
                details = {
                    definition.event.code_variable: code,
                    definition.event.message_variable: message,
                }
                payload = {
                    name: value for name, value in details.items() if name
                }
                task.workflow.top_workflow.catch(
                    DirectedEvent(task.id, payload),
                )
                return True
    return False
