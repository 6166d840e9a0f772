"""Events that carry nothing."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs.event_definitions import simple

from orchestrator.engine.specs.event_definitions.base import EventDefinition


class NoneEventDefinition(EventDefinition, simple.NoneEventDefinition):
    """No event: the token goes on at once."""


class TerminateEventDefinition(
    EventDefinition,
    simple.TerminateEventDefinition,
):
    """The end of its scope: the library's end event cancels the rest."""

    comes_last = 2
