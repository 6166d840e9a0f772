"""Compensation, and the cancelling of a transaction, which begins with it."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs.event_definitions import base, simple

from orchestrator.engine.specs import compensation
from orchestrator.engine.specs.event_definitions.base import (
    DirectedEvent,
    EventDefinition,
)
from orchestrator.engine.specs.node import HOST
from orchestrator.engine.token import UNFINISHED, Token


class CompensationEventDefinition(EventDefinition, base.EventDefinition):
    """The library knows no compensation."""

    keeps_thrower = True
    comes_last = 1

    def __init__(self, activity: str | None) -> None:
        super().__init__()
        self.activity = activity

    def throw(self, my_task: Token) -> None:
        compensation.begin(my_task, self.activity)


class CancelEventDefinition(EventDefinition, simple.CancelEventDefinition):
    """The library cancels a transaction without undoing anything in it."""

    comes_last = 2

    def throw(self, my_task: Token) -> None:
        """Ends all else in the transaction, undoes what was completed in it, then leaves it by its cancel
        event."""
        for other in list(my_task.workflow.tasks.values()):
            if other is not my_task and other.has_state(UNFINISHED):
                other.cancel()
        if not compensation.begin(my_task, None):
            self.cancelled_transaction(my_task)

    def cancelled_transaction(self, my_task: Token) -> None:
        """All is undone: the event at the transaction's border ends it."""
        scope = my_task.workflow
        top = my_task.workflow.top_workflow
        host = top.get_task_from_id(scope.parent_task_id or "")
        hosts = (host.id, host.parent.id)
        for task in list(top.event_manager.tasks.values()):
            here = (
                task.workflow is scope.parent_workflow
                and task.internal_data.get(HOST) in hosts
            )
            if here and isinstance(
                getattr(task.task_spec, "event_definition", None),
                CancelEventDefinition,
            ):
                top.catch(DirectedEvent(task.id))
                return
