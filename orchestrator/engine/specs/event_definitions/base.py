"""What every event definition has beyond SpiffWorkflow's own: events for one token alone, and what is told
when it begins and ceases to wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.util import BpmnEvent

from orchestrator.engine.token import Token

FIRED = "event_fired"
"""In a token's internal data, the library's: what it waits for has come."""


class DirectedEvent(BpmnEvent):
    """An event for one waiting token: the database knows whom a due clock row or a correlated message is
    for."""

    def __init__(self, task_id: str, payload: Mapping[str, Any] | None = None) -> None:
        super().__init__(None, dict(payload or {}))
        self.task_id = task_id


class EventDefinition:
    """Mixed into every event definition, before the library's class."""

    keeps_thrower = False
    """Whether the token that throws it waits until all is done."""
    kept: tuple[str, ...] = ()
    """Internal data that goes over to the next round of an event that is heard again."""

    def catches(self, my_task: Token, event: BpmnEvent) -> bool:
        if isinstance(event, DirectedEvent):
            return event.task_id == my_task.id
        return bool(super().catches(my_task, event))  # type: ignore[misc]

    def catch(self, my_task: Token, event: BpmnEvent | None = None) -> None:
        """What the event brings becomes variables. The library keeps it in the task and sets it a step
        later."""
        my_task.internal_data[FIRED] = True
        if event is not None and event.payload:
            my_task.data.update(event.payload)

    def arm(self, my_task: Token) -> None:
        """A token begins to wait."""

    def heard(self, my_task: Token) -> None:
        """What the token waited for has come."""

    def cancelled(self, my_task: Token) -> None:
        """The token waits no longer, and nothing has come."""

    def goes_on(self, my_task: Token) -> bool:
        """Whether an event that does not interrupt is heard once more."""
        return True
