"""What every event definition has beyond SpiffWorkflow's own: events for one token alone, and what is told
when it begins and ceases to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from SpiffWorkflow.bpmn.util import BpmnEvent, PendingBpmnEvent

from orchestrator.engine.token import Token, Waits
from orchestrator.engine.values import Variables

FIRED = "event_fired"
"""In a token's internal data, the library's: what it waits for has come."""


class DirectedEvent(BpmnEvent):
    """An event for one waiting token: the database knows whom a due clock row or a correlated message is
    for."""

    def __init__(
        self,
        task_id: str,
        payload: Variables | None = None,
    ) -> None:
        super().__init__(None, dict(payload or {}))
        self.task_id = task_id


class EventDefinition:
    """Mixed into every event definition, before the library's class."""

    throw: Callable[[Token], None]
    details: Callable[[Waits], PendingBpmnEvent]
    keeps_thrower = False
    """Whether the token that throws it waits until all is done."""
    comes_last = 0
    """Among several thrown by one element, those with a higher number come after: what ends its scope, or
    waits, hides what follows it."""
    kept: tuple[str, ...] = ()
    """Internal data that goes over to the next round of an event that is heard again."""

    def among(self, kind: type[object]) -> EventDefinition | None:
        """The definition of this kind: itself, or one of several."""
        return self if isinstance(self, kind) else None

    def waits(self, my_task: Token) -> Sequence[tuple[Waits, EventDefinition]]:
        """Each trigger that this token waits for, with what it sees of the token."""
        return ((my_task, self),)

    @property
    def triggers(self) -> Sequence[EventDefinition]:
        """What it waits for or throws, in the order of the diagram."""
        return (self,)

    def begin(self, my_task: Token) -> Iterable[tuple[Waits, EventDefinition]]:
        """Each trigger that begins to wait and is not armed yet."""
        return ((my_task, self),)

    def has_fired(self, my_task: Waits) -> bool:
        return bool(my_task.internal_data.get(FIRED, False))

    def catches(self, my_task: Waits, event: BpmnEvent) -> bool:
        if isinstance(event, DirectedEvent):
            return event.task_id == my_task.id
        return bool(super().catches(my_task, event))  # type: ignore[misc]

    def catch(self, my_task: Waits, event: BpmnEvent | None = None) -> None:
        """What the event brings becomes variables. The library keeps it in the task and sets it a step
        later."""
        my_task.internal_data[FIRED] = True
        if event is not None and event.payload:
            my_task.data.update(event.payload)

    def arm(self, my_task: Waits) -> None:
        """A token begins to wait."""

    def heard(self, my_task: Waits) -> None:
        """What the token waited for has come."""

    def cancelled(self, my_task: Waits) -> None:
        """The token waits no longer, and nothing has come."""

    def goes_on(self, my_task: Waits) -> bool:
        """Whether an event that does not interrupt is heard once more."""
        return True

    def carry(self, my_task: Token, again: Token) -> None:
        """An event that does not interrupt is heard once more by `again`, which keeps what it must."""
        result = my_task.internal_data
        again.internal_data.update(
            {name: result[name] for name in self.kept if name in result},
        )

    def given_up(self, my_task: Token) -> None:
        """What has been heard, and does not interrupt, is not heard again."""
