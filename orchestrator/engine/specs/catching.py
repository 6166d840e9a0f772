"""Catching events: where tokens wait for a timer, message, signal, error or escalation."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import variables
from orchestrator.engine.specs.event_definitions import EventDefinition
from orchestrator.engine.specs.node import GROUP, HOST, RACE, DiagramNode
from orchestrator.engine.token import LOCAL, UNFINISHED, Token


class CatchingEvent(DiagramNode):
    """Mixed into every catching spec, before the library's class."""

    event_definition: EventDefinition

    def catch(self, my_task: Token, event: object) -> None:
        """The library revives a token that another catcher of the same event has just taken away."""
        if my_task.has_state(TaskState.WAITING):
            super().catch(my_task, event)  # type: ignore[misc]

    def _update_hook(self, my_task: Token) -> bool:
        """The library updates a token that the event just caught has cancelled, and nobody learns when one
        begins to wait."""
        if my_task.has_state(TaskState.FINISHED_MASK):
            return False
        arrives = (
            my_task.id not in my_task.workflow.top_workflow.event_manager.tasks
        )
        ready = bool(super()._update_hook(my_task))  # type: ignore[misc]
        if arrives and not ready:
            self.event_definition.arm(my_task)
        return ready

    def _on_ready_hook(self, my_task: Token) -> None:
        """The library lets what this event ends run on until the event's own turn comes."""
        super()._on_ready_hook(my_task)  # type: ignore[misc]
        self.event_definition.heard(my_task)
        self.interrupt(my_task)

    def interrupt(self, my_task: Token) -> None:
        """Takes away what this event ends: here, the other events of an event-based gateway."""
        race = my_task.internal_data.get(RACE)
        if race is not None:
            for other in list(my_task.workflow.tasks.values()):
                if (
                    other is not my_task
                    and other.internal_data.get(RACE) == race
                    and other.has_state(UNFINISHED)
                ):
                    other.cancel()

    def taken_away(self, my_task: Token) -> None:
        if my_task.has_state(TaskState.WAITING):
            self.event_definition.cancelled(my_task)
        else:
            self.event_definition.given_up(my_task)


class StartEvent(CatchingEvent, defaults.StartEvent):
    """Always a plain start here: what starts an event subprocess waits at its Trigger, what starts an
    instance is a command. The library knows no output parameters."""

    def _on_ready_hook(self, my_task: Token) -> None:
        super()._on_ready_hook(my_task)
        variables.give_outputs(my_task)


class _OnTheWay(CatchingEvent):
    """Mixed into those that a flow leads to. The library knows no input and output parameters."""

    def _update_hook(self, my_task: Token) -> bool:
        """Beside other branches it begins to wait in its turn; the library lets all wait at once."""
        beside = (
            my_task.has_state(TaskState.FUTURE)
            and len(my_task.parent.children) > 1
        )
        if (
            beside
            and not my_task.comes_in_turn
            and RACE not in my_task.internal_data
        ):
            my_task.comes_in_turn = True
            my_task.workflow.top_workflow.ready.append(my_task)
            return False
        if LOCAL not in my_task.internal_data and not my_task.has_state(
            TaskState.FINISHED_MASK,
        ):
            variables.take_inputs(my_task)
        return super()._update_hook(my_task)

    def _on_ready_hook(self, my_task: Token) -> None:
        super()._on_ready_hook(my_task)
        variables.give_outputs(my_task)


class IntermediateCatchEvent(_OnTheWay, defaults.IntermediateCatchEvent):
    """A catch event on the way."""


class ReceiveTask(_OnTheWay, defaults.ReceiveTask):
    """Waits for its message."""


class BoundaryEvent(CatchingEvent, defaults.BoundaryEvent):
    """Ends its activity at once, or lets it run on and listens again; the library listens once."""

    cancel_activity: bool
    gives_outputs = True

    def interrupt(self, my_task: Token) -> None:
        host = self._host(my_task)
        if (
            self.cancel_activity
            and host is not None
            and host.has_state(UNFINISHED)
        ):
            host.cancel()

    def _on_ready_hook(self, my_task: Token) -> None:
        """Listens again before anything else moves: the same activity may throw what comes next."""
        super()._on_ready_hook(my_task)
        if self.gives_outputs:
            variables.give_outputs(my_task)
        if self.cancel_activity:
            return
        if self.event_definition.goes_on(my_task) and self.still_listens(
            my_task,
        ):
            again = my_task.workflow.task_tree._add_child(
                self._spec(),
                TaskState.FUTURE,
            )
            result = my_task.internal_data
            again.internal_data.update(
                {
                    name: result[name]
                    for name in (GROUP, HOST)
                    if name in result
                },
            )
            self.event_definition.carry(my_task, again)
            again.task_spec._update(again)
        else:
            self.event_definition.given_up(my_task)

    def still_listens(self, my_task: Token) -> bool:
        """Whether what this event belongs to is still going on."""
        host = self._host(my_task)
        return host is not None and host.is_live()

    def close_border(self, my_task: Token) -> None:
        """An event at the border closes nothing by leaving."""

    def _host(self, my_task: Token) -> Token | None:
        return my_task.workflow.tasks.get(my_task.internal_data.get(HOST, ""))

    def _spec(self) -> Any:
        return self


class Trigger(BoundaryEvent):
    """Waits for the start of an event subprocess as long as its scope lives, without keeping it alive.

    The library runs a timer's event subprocess at once, starts others at the top level alone, and never
    interrupts.
    """

    passive = True
    gives_outputs = False
    """The start event inside does."""

    @property
    def subprocess(self) -> str:
        """Name of the event subprocess's spec."""
        return self.outputs[0].name

    def begins(self, name: str) -> bool:
        return name == self.subprocess

    def interrupt(self, my_task: Token) -> None:
        if self.cancel_activity:
            for other in list(my_task.workflow.tasks.values()):
                if other is not my_task and other.has_state(UNFINISHED):
                    other.cancel()

    def still_listens(self, my_task: Token) -> bool:
        return True
