"""Messages and signals: what is waited for and thrown under a name."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs.event_definitions import (
    item_aware_event,
    message,
)
from SpiffWorkflow.bpmn.util import BpmnEvent, PendingBpmnEvent

from orchestrator.engine import commands as c
from orchestrator.engine import variables
from orchestrator.engine.model import Event
from orchestrator.engine.specs.event_definitions.base import EventDefinition
from orchestrator.engine.token import RunningScope, Token, Waits
from orchestrator.engine.values import Variables

NAME = "name"
"""In a waiting token's internal data: the name under which it waits, where the diagram's has `${…}`."""


class Subscription(EventDefinition):
    """Mixed into both, before the library's class.

    What is thrown leaves the instance: a service delivers it, to the other instances that wait. The library
    gives it to this instance alone.
    """

    kind = ""
    name: str
    event: Event

    def arm(self, my_task: Waits) -> None:
        name = variables.fill(my_task, self.name) or ""
        if name != self.name:
            my_task.internal_data[NAME] = name
        key = variables.correlation(my_task, self.event.correlation)
        element_id = my_task.task_spec.bpmn_id or ""
        my_task.workflow.top_workflow.context.tell(
            c.SubscriptionOpened(
                c.EngineTaskId(my_task.id),
                element_id,
                self.kind if name else c.TRIGGER,
                name,
                key,
            ),
        )

    def heard(self, my_task: Waits) -> None:
        element_id = my_task.task_spec.bpmn_id or ""
        my_task.workflow.top_workflow.context.tell(
            c.SubscriptionClosed(c.EngineTaskId(my_task.id), element_id),
        )

    def cancelled(self, my_task: Waits) -> None:
        self.heard(my_task)

    def update_task_data(self, my_task: Token) -> None:
        """Done when it is caught. The library finds the payload by the event's name, where a message called
        `flow` finds something else."""

    def _thrown_with(self, my_task: Token) -> Variables:
        # Only what the diagram maps: everything would overwrite the receiver's own territory, initiator and
        # findings.
        element = my_task.task_spec.element
        if element is not None:
            inputs = variables.parameters(my_task, element.inputs)
        else:
            inputs = {}
        return {
            **inputs,
            **variables.mapped(my_task, self.event.payload, my_task.data),
        }


def _process_of(scope: RunningScope) -> RunningScope:
    """The scope of the process that this one is a part of: a called process is one by itself."""
    while scope.parent_task_id and scope.parent_workflow is not None:
        top = scope.top_workflow
        host = top.get_task_from_id(scope.parent_task_id)
        element = host.task_spec.element
        if element is None or element.type == "callActivity":
            break
        scope = scope.parent_workflow
    return scope


class MessageEventDefinition(Subscription, message.MessageEventDefinition):
    """The library correlates by properties of the payload; here the diagram's correlation key is evaluated on
    both sides."""

    kind = "message"

    def __init__(self, event: Event) -> None:
        super().__init__(event.reference)
        self.event = event

    def throw(self, my_task: Token) -> None:
        name = variables.fill(my_task, self.name)
        key = variables.correlation(my_task, self.event.correlation)
        my_task.workflow.top_workflow.context.tell(
            c.MessageThrown(
                my_task.task_spec.bpmn_id or "",
                name or "",
                key,
                self._thrown_with(my_task),
            ),
        )


class SignalEventDefinition(
    Subscription,
    item_aware_event.SignalEventDefinition,
):
    """A signal's name may have `${…}`; what a token waits for is fixed when it begins to wait."""

    kind = "signal"

    def __init__(self, event: Event) -> None:
        super().__init__(event.reference)
        self.event = event
        self.process: RunningScope | None = None
        """Of one that was thrown and stays inside: the process that it stays in."""

    def catches(self, my_task: Waits, event: BpmnEvent) -> bool:
        thrown = event.event_definition
        if isinstance(thrown, SignalEventDefinition):
            return bool(
                thrown.name == my_task.internal_data.get(NAME, self.name)
                and thrown.process in (None, _process_of(my_task.workflow)),
            )
        return super().catches(my_task, event)

    def throw(self, my_task: Token) -> None:
        """Everything of this instance that waits for it hears it at once, before the thrower goes on, as in
        Camunda 7; others unless it stays inside."""
        top = my_task.workflow.top_workflow
        name = variables.fill(my_task, self.name) or ""
        details = self._thrown_with(my_task)
        if not self.event.inside:
            element_id = my_task.task_spec.bpmn_id or ""
            top.context.tell(c.SignalThrown(element_id, name, details))
        thrown = SignalEventDefinition(Event("signal", name))
        if self.event.inside:
            thrown.process = _process_of(my_task.workflow)
        top.catch(BpmnEvent(thrown, details))

    def details(self, my_task: Waits) -> PendingBpmnEvent:
        return PendingBpmnEvent(
            my_task.internal_data.get(NAME, self.name),
            type(self).__name__,
        )
