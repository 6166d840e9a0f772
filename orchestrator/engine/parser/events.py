"""Event parsers: which event definition an element has is read from the element; the library reads no signal
at an end event, for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.parser import event_parsers as library

from orchestrator.engine import specs
from orchestrator.engine.model import Element, Event
from orchestrator.engine.parser.tasks import DiagramTaskParser
from orchestrator.engine.specs import event_definitions as definitions

_TIMERS = {
    "timeDuration": definitions.DurationTimerEventDefinition,
    "timeDate": definitions.TimeDateEventDefinition,
    "timeCycle": definitions.CycleTimerEventDefinition,
}


def _timer(element: Element, event: Event) -> Any:
    form, text = event.timer or ("timeDuration", "")
    return _TIMERS[form](element.name or element.id, text)


DEFINITIONS: Mapping[str, Callable[[Element, Event], Any]] = {
    "timer": _timer,
    "message": lambda _element, event: definitions.MessageEventDefinition(
        event,
    ),
    "signal": lambda _element, event: definitions.SignalEventDefinition(event),
    "error": lambda _element, event: definitions.ErrorEventDefinition(event),
    "escalation": lambda _element, event: (
        definitions.EscalationEventDefinition(event)
    ),
    "compensate": lambda _element, event: (
        definitions.CompensationEventDefinition(event.activity)
    ),
    "cancel": lambda _element, _event: definitions.CancelEventDefinition(),
    "conditional": lambda _element, event: (
        definitions.ConditionalEventDefinition(event)
    ),
    "terminate": lambda _element, _event: (
        definitions.TerminateEventDefinition()
    ),
    "link": lambda _element, _event: definitions.NoneEventDefinition(),
}
"""Event kind → its definition; a link is connected by the process parser."""


def event_definition(element: Element) -> Any:
    """The library's event definition for the element's event."""
    results = [
        DEFINITIONS[event.kind](element, event) for event in element.events
    ]
    if element.event is not None and element.event.parts:
        return definitions.MultipleEventDefinition(
            results,
            element.event.parallel,
        )
    if results:
        return results[0]
    return definitions.NoneEventDefinition()


class _EventParser(DiagramTaskParser):
    """Mixed into every event parser, before the library's class."""

    def get_event_definition(self, xpaths: list[str]) -> Any:
        return event_definition(self.element)

    def parse_message_event(self, message_event: Any) -> Any:
        return event_definition(self.element)


class StartEventParser(_EventParser, library.StartEventParser):
    """Always plain: what starts an event subprocess waits outside it, at its Trigger."""

    def get_event_definition(self, xpaths: list[str]) -> Any:
        return definitions.NoneEventDefinition()


class EndEventParser(_EventParser, library.EndEventParser):
    """End events."""


class IntermediateCatchEventParser(
    _EventParser,
    library.IntermediateCatchEventParser,
):
    """Catch events on the way."""


class IntermediateThrowEventParser(
    _EventParser,
    library.IntermediateThrowEventParser,
):
    """Throw events on the way."""


class BoundaryEventParser(_EventParser, library.BoundaryEventParser):
    """Events at an activity's border."""

    def create_task(self) -> Any:
        return _drawn(
            self,
            self._create_task(
                event_definition(self.element),
                self.element.interrupting,
            ),
        )


class SendTaskParser(_EventParser, library.SendTaskParser):
    """Send tasks without a handler."""

    def create_task(self) -> Any:
        if self.element.topic is not None:
            return super().create_task()
        return _drawn(self, self._create_task(event_definition(self.element)))


class ReceiveTaskParser(_EventParser, library.ReceiveTaskParser):
    """Receive tasks; one that people trigger is a task of theirs."""

    def create_task(self) -> Any:
        if self.element.type == "userTask":
            task = specs.UserTask(
                self.spec,
                self.bpmn_id,
                **self.bpmn_attributes,
            )
            return _drawn(self, task)
        return _drawn(self, self._create_task(event_definition(self.element)))


class EventBasedGatewayParser(_EventParser, library.EventBasedGatewayParser):
    """Event-based gateways."""


def _drawn(parser: DiagramTaskParser, task: Any) -> Any:
    task.element, task.told_as = parser.element, parser.element.type
    return task
