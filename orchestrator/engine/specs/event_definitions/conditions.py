"""Conditional events: heard when a variable that they see changes and their condition is true, as in Camunda
7."""

from __future__ import annotations

from SpiffWorkflow.bpmn.specs.event_definitions import conditional

from orchestrator.engine import expressions, variables
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.model import Event
from orchestrator.engine.specs.event_definitions.base import EventDefinition
from orchestrator.engine.token import Waits
from orchestrator.engine.values import Variables

ASKED = "asked"
"""In a waiting token's internal data: its condition has been looked at, so that only a change counts from now
on."""


class ConditionalEventDefinition(
    EventDefinition,
    conditional.ConditionalEventDefinition,
):
    """The library looks at every condition whenever a task is updated, and hears one that does not interrupt
    again and again while it is true."""

    kept = (ASKED,)

    def __init__(self, event: Event) -> None:
        text = expressions.unwrap(event.condition or "")
        super().__init__(text)
        self.event = event
        self.reads = expressions.names_read(text)

    def is_met(self, my_task: Waits, before: Variables | None) -> bool:
        """Whether it is heard now. `before`: the variables as it saw them last; None when it begins to wait.
        Raises ExpressionFailed."""
        if before is not None and not self._concerned(before, my_task.data):
            return False
        try:
            return variables.holds(my_task, self.expression)
        except ExpressionFailed:
            if any(name not in my_task.data for name in self.reads):
                return False  # Camunda 7: what has no value yet fulfils no condition.
            raise

    def _concerned(
        self,
        before: Variables,
        now: Variables,
    ) -> bool:
        """Whether a change is of the variable and of the kind that the diagram names; any where it names
        none."""
        event = self.event
        names = (
            (event.variable,)
            if event.variable
            else dict.fromkeys((*before, *now))
        )
        kinds = {_change(name, before, now) for name in names} - {None}
        if event.variable_events:
            return bool(kinds & set(event.variable_events))
        return bool(kinds)


def _change(
    name: str,
    before: Variables,
    now: Variables,
) -> str | None:
    if name not in now:
        if name in before:
            return "delete"
        return None
    if name not in before:
        return "create"
    if before[name] != now[name]:
        return "update"
    return None
