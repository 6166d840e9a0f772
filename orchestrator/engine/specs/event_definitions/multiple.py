"""Several triggers on one event: one of them is enough, or all must come; a thrown one throws each."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping, Sequence
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions import multiple
from SpiffWorkflow.bpmn.util import BpmnEvent, PendingBpmnEvent

from orchestrator.engine.specs.event_definitions.base import (
    FIRED,
    EventDefinition,
)
from orchestrator.engine.token import RunningScope, TaskSpecLike, Token, Waits
from orchestrator.engine.values import SharedVariables

PARTS = "parts"
"""In a waiting token's internal data: for each trigger its id, and what a token that waits for it alone
would keep."""
ID = "id"
OVER = "over"
"""In a trigger's data. OVER: it is waited for no longer."""


class Part:
    """What one of several triggers sees of the token that waits for them: the token, with an id and internal
    data of its own."""

    def __init__(self, token: Waits, own: dict[str, Any]) -> None:
        self.token = token
        self.own = own
        self.internal_data: MutableMapping[str, Any] = ChainMap(
            own,
            token.internal_data,
        )

    @property
    def id(self) -> str:
        return str(self.own[ID])

    @property
    def data(self) -> SharedVariables:
        return self.token.data

    @property
    def workflow(self) -> RunningScope:
        return self.token.workflow

    @property
    def task_spec(self) -> TaskSpecLike:
        return self.token.task_spec

    @property
    def is_awaited(self) -> bool:
        return (
            ID in self.own and FIRED not in self.own and OVER not in self.own
        )

    def has_state(self, state: int) -> bool:
        """Of the token."""
        return bool(self.token.has_state(state))


class MultipleEventDefinition(
    EventDefinition,
    multiple.MultipleEventDefinition,
):
    """The library lets two timers share one due time, counts one message that comes twice as two, hears
    nothing again at a border that does not interrupt, and tells nobody what it waits for."""

    event_definitions: Sequence[EventDefinition]
    parallel: bool

    @property
    def keeps_thrower(self) -> bool:  # type: ignore[override]
        return any(
            definition.keeps_thrower for definition in self.event_definitions
        )

    def among(self, kind: type[object]) -> EventDefinition | None:
        return next(
            (
                definition
                for definition in self.event_definitions
                if isinstance(definition, kind)
            ),
            None,
        )

    def waits(self, my_task: Waits) -> list[tuple[Waits, EventDefinition]]:
        return [*self._awaited(my_task)]

    @property
    def triggers(self) -> Sequence[EventDefinition]:
        return self.event_definitions

    def begin(self, my_task: Waits) -> list[tuple[Waits, EventDefinition]]:
        results: list[tuple[Waits, EventDefinition]] = []
        for part, event in self._parts(my_task):
            if ID not in part.own and OVER not in part.own:
                part.own[ID] = my_task.workflow.top_workflow.next_id()
                results.append((part, event))
        return results

    def has_fired(self, my_task: Waits) -> bool:
        came = [
            part.own
            for part, event in self._parts(my_task)
            if OVER not in part.own and event.has_fired(part)
        ]
        for own in came:
            own[FIRED] = True
        if self.parallel:
            return len(came) == len(self.event_definitions)
        return bool(came)

    def catches(self, my_task: Waits, event: BpmnEvent) -> bool:
        return any(
            value.catches(part, event) for part, value in self.waits(my_task)
        )

    def catch(self, my_task: Waits, event: BpmnEvent | None = None) -> None:
        """Each trigger hears it that waits for it; where one is enough, the first."""
        if event is None:
            return
        for part, value in self._awaited(my_task):
            if value.catches(part, event):
                value.catch(part, event)
                value.heard(part)
                if not self.parallel:
                    return

    def arm(self, my_task: Waits) -> None:
        """A trigger that an earlier round waits for already goes on as it was."""
        for part, event in self.begin(my_task):
            event.arm(part)

    def heard(self, my_task: Waits) -> None:
        """What interrupts waits for nothing more; what does not is looked at when it has gone on its way."""
        if getattr(my_task.task_spec, "cancel_activity", True):
            self.cancelled(my_task)

    def cancelled(self, my_task: Waits) -> None:
        for part, event in self._awaited(my_task):
            part.own[OVER] = True
            event.cancelled(part)

    def given_up(self, my_task: Token) -> None:
        self.cancelled(my_task)

    def goes_on(self, my_task: Waits) -> bool:
        again = [
            part.is_awaited or (OVER not in part.own and event.goes_on(part))
            for part, event in self._parts(my_task)
        ]
        if self.parallel:
            return all(again)
        return any(again)

    def carry(self, my_task: Token, again: Token) -> None:
        """What has not come is waited for as before; what has come is waited for anew, where it can come
        again."""
        kept: list[dict[str, Any]] = []
        for part, event in self._parts(my_task):
            if part.is_awaited:
                kept.append(part.own)
            elif OVER in part.own or not event.goes_on(part):
                kept.append({OVER: True})
            else:
                kept.append(
                    {
                        name: part.own[name]
                        for name in event.kept
                        if name in part.own
                    },
                )
        again.internal_data[PARTS] = kept

    def throw(self, my_task: Token) -> None:
        """Each, as the diagram lists them; what ends or waits comes last."""
        for definition in sorted(
            self.event_definitions,
            key=lambda event: event.comes_last,
        ):
            definition.throw(my_task)

    def details(self, my_task: Waits) -> PendingBpmnEvent:
        """The library's; its value says what each trigger waits for."""
        results = [event.details(part) for part, event in self.waits(my_task)]
        return PendingBpmnEvent(self.name, type(self).__name__, results)

    def _awaited(self, my_task: Waits) -> list[tuple[Part, EventDefinition]]:
        return [
            (part, event)
            for part, event in self._parts(my_task)
            if part.is_awaited
        ]

    def _parts(self, my_task: Waits) -> list[tuple[Part, EventDefinition]]:
        """Each trigger's view, what is over included."""
        kept = my_task.internal_data.setdefault(
            PARTS,
            [{} for _each in self.event_definitions],
        )
        return [
            (Part(my_task, own), event)
            for own, event in zip(kept, self.event_definitions, strict=True)
        ]
