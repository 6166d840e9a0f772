"""Throwing events: what end events, throw events and send tasks do."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    TerminateEventDefinition,
)

from orchestrator.engine import variables
from orchestrator.engine.element_parts import INSTANCE, TERMINATES
from orchestrator.engine.specs import compensation
from orchestrator.engine.specs.compensation import LEFT
from orchestrator.engine.specs.event_definitions import (
    CancelEventDefinition,
    EventDefinition,
)
from orchestrator.engine.specs.node import DiagramNode
from orchestrator.engine.token import Token


class ThrowingEvent(DiagramNode):
    """Mixed into every throwing spec, before the library's class. The library throws before the token leaves,
    and knows no input and output parameters.

    What interrupts the thrower must find the token on its way, to take it away with the rest.
    """

    event_definition: EventDefinition

    def _run_hook(self, my_task: Token) -> bool | None:
        """None: the token waits until its event has done all that it does."""
        variables.take_inputs(my_task)
        variables.give_outputs(my_task)
        if not self.event_definition.keeps_thrower:
            self.leave(my_task)
        super()._run_hook(my_task)  # type: ignore[misc]
        if LEFT in my_task.internal_data:
            return None
        return True

    def taken_away(self, my_task: Token) -> None:
        compensation.stop(my_task)


class IntermediateThrowEvent(ThrowingEvent, defaults.IntermediateThrowEvent):
    """A throw event on the way."""


class SendTask(ThrowingEvent, defaults.SendTask):
    """A send task without a handler."""


class EndEvent(ThrowingEvent, defaults.EndEvent):
    """Tells how the instance ended when it terminates it. The library terminates by no one of several, and
    never more than the end event's own scope."""

    def compensated(self, my_task: Token) -> None:
        cancels = self.event_definition.among(CancelEventDefinition)
        if isinstance(cancels, CancelEventDefinition):
            cancels.cancelled_transaction(my_task)
        else:
            super().compensated(my_task)

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        workflow = my_task.workflow
        if self.event_definition.among(TerminateEventDefinition) is None:
            return
        if self._ends_all():
            workflow = workflow.top_workflow
            workflow.cancel_all()
        elif not isinstance(self.event_definition, TerminateEventDefinition):
            workflow.cancel_all()
        if workflow is workflow.top_workflow:
            workflow.top_workflow.context.how = "terminated"

    def _ends_all(self) -> bool:
        """Whether it ends the whole instance, wherever it stands."""
        if self.element is None:
            return False
        return self.element.properties.get(TERMINATES) == INSTANCE
