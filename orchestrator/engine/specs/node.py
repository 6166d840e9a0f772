"""What every task spec of a diagram has beyond SpiffWorkflow's own: its element, its sequence flows, and how
a token leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine.model import Element, Flow
from orchestrator.engine.specs import compensation
from orchestrator.engine.token import UNFINISHED, Token

FLOW = "flow"
"""In a token's internal data: id of the sequence flow it came by."""
GROUP = "group"
"""In the tokens of an activity and of the events at its border: what ties them together."""
HOST = "host"
"""In the token of an event at a border: id of the activity's token."""
RACE = "race"
"""In the tokens of the events behind an event-based gateway: id of the gateway's token."""


class DiagramNode:
    """Mixed into every task spec, before the library's class."""

    name: str
    element: Element | None = None
    """What the diagram says, `camunda:` attributes included; the parser sets it. None for what stands in no
    diagram."""
    flows: Sequence[tuple[Flow, str]] = ()
    """Outgoing sequence flows in the document's order, with the name of the spec each leads to. An id with
    `#` is no flow of the diagram."""
    told_as: str | None = None
    """Element type under which the history learns that a token left; None where it learns nothing."""
    passive = False
    """A token that waits here does not keep its scope alive."""
    keeps_variables = False
    """What is set inside the activity stays with it: an instance of a parallel multi-instance subprocess or
    call."""
    compensated_by: str | None = None
    """Name of the spec of the handler that undoes the activity."""
    counts_instances = False
    """A multi-instance or loop around the activity."""
    is_scope = False
    """A subprocess."""
    outputs: list[DiagramNode]

    @property
    def collected_item(self) -> str | None:
        """The variable of each instance whose value is collected."""
        return None

    def begins(self, name: str) -> bool:
        """Whether it waits for the start of the event subprocess whose spec has that name."""
        return False

    def test(self) -> None:
        """The library refuses what no flow leads to, such as the handler of a compensation; the checks look
        at that before."""

    def _predict_hook(self, my_task: Token) -> None:
        """The library creates every task that may follow, 2^n of them behind n parallel splits in a row."""

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)  # type: ignore[misc]
        self.leave(my_task)
        self.close_border(my_task)
        compensation.completed(my_task)
        self.completed_within(my_task)

    def _on_cancel(self, my_task: Token) -> None:
        self.close_border(my_task)
        super()._on_cancel(my_task)  # type: ignore[misc]

    def leave(self, my_task: Token) -> None:
        """Puts a token on each flow that is taken, unless it was done before; the history learns which."""
        if my_task.has_left:
            return
        my_task.has_left = True
        undoes = compensation.UNDOES in my_task.internal_data
        if not undoes and not any(
            child.has_state(UNFINISHED) for child in my_task.children
        ):
            my_task._sync_children(self.outputs, TaskState.FUTURE)
        taken = self._label(my_task)
        if self.told_as is None or self.element is None:
            return
        context = my_task.workflow.top_workflow.context
        if (
            not self.element.outgoing
            and not self.element.event_subprocess
            and not undoes
        ):
            context.last_end = self.element.id
            context.how = "completed"
            context.error_code = None
        flow_ids = tuple(flow_id for flow_id in taken if "#" not in flow_id)
        context.tell(
            c.ActivityCompleted(
                self.element.id,
                self.element.name,
                self.told_as,
                flow_ids,
                c.EngineTaskId(my_task.id),
            ),
        )

    def _label(self, my_task: Token) -> list[str]:
        """Tells each child the flow it comes by."""
        left = self.flows_taken(my_task)
        taken = []
        for child in my_task.children:
            row = next(
                (pair for pair in left if pair[1] == child.task_spec.name),
                None,
            )
            if row is not None and child.has_state(UNFINISHED):
                left.remove(row)
                child.internal_data[FLOW] = row[0].id
                taken.append(row[0].id)
        return taken

    def flows_taken(self, my_task: Token) -> list[tuple[Flow, str]]:
        """The flows by which children may have come, likely ones first."""
        return list(self.flows)

    def close_border(self, my_task: Token) -> None:
        """The activity is over, and so are the events that still wait at its border.

        The library's BoundaryEventJoin searches the finished tree for them.
        """
        group = my_task.internal_data.get(GROUP)
        if group is None:
            return
        for other in list(my_task.workflow.tasks.values()):
            if (
                other is not my_task
                and other.internal_data.get(GROUP) == group
                and other.has_state(_NOT_READY)
            ):
                other.cancel()

    def completed_within(self, my_task: Token) -> None:
        """Tells the scope that the activity is completed."""
        my_task.workflow.spec.activity_completed(my_task)

    def counts(self, my_task: Token) -> Mapping[str, int]:
        """Of a multi-instance: how many instances there are, are done, and run."""
        return {}

    def compensated(self, my_task: Token) -> None:
        """All that this token had undone is undone."""
        my_task.complete()

    def taken_away(self, my_task: Token) -> None:
        """Called before a token that has arrived here is cancelled: tells outside."""


_NOT_READY = TaskState.PREDICTED_MASK | TaskState.FUTURE | TaskState.WAITING
