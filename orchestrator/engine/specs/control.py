"""The specs that stand in no diagram: a scope's start and end, the split in front of an activity with
boundary events, and the scope itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs import control
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine.errors import NoPlainStart, UnknownTask
from orchestrator.engine.specs.catching import Trigger
from orchestrator.engine.specs.compensation import UNDOES
from orchestrator.engine.specs.node import GROUP, HOST, DiagramNode
from orchestrator.engine.token import UNFINISHED, Token


class StartTask(DiagramNode, control.BpmnStartTask):
    """Arms the event subprocesses and puts the first token on the start event."""

    @property
    def starts(self) -> list[DiagramNode]:
        """The start events: the plain one, and in a process those that a message, signal, timer or condition
        triggers."""
        return [
            output
            for output in self.outputs
            if not isinstance(output, Trigger)
        ]

    def first(self, start_id: str | None = None) -> DiagramNode:
        """The start event of that id; without one the plain one. Raises NoPlainStart, UnknownTask."""
        if start_id is None:
            diagram_node = self._plain()
        else:
            diagram_node = next(
                (start for start in self.starts if start.name == start_id),
                None,
            )
        if diagram_node is None:
            raise NoPlainStart if start_id is None else UnknownTask(start_id)
        return diagram_node

    def _plain(self) -> DiagramNode | None:
        return next(
            (
                start
                for start in self.starts
                if start.element is None or start.element.event is None
            ),
            None,
        )

    def leave(self, my_task: Token) -> None:
        """The library begins at every start event, and lets the first to arrive cancel the others."""
        if not my_task.has_left:
            workflow = my_task.workflow
            top = workflow.top_workflow
            # An event subprocess has one start, and what triggers it has come.
            if workflow is top:
                begins = self.first(top.start_id)
            else:
                begins = self._plain() or self.starts[0]
            triggers = [
                output
                for output in self.outputs
                if isinstance(output, Trigger)
            ]
            my_task._sync_children([begins, *triggers], TaskState.FUTURE)
        super().leave(my_task)

    @property
    def triggers(self) -> list[str]:
        """Names of the specs that wait for the start of an event subprocess."""
        return [
            output.name
            for output in self.outputs
            if isinstance(output, Trigger)
        ]


class EndJoin(DiagramNode, control._EndJoin):
    """The library's end waits for event subprocesses that nobody has triggered, too, and keeps every token
    that reached it before the last."""

    def _update_hook(self, my_task: Token) -> bool:
        if any(
            self._goes_on(other)
            for other in my_task.workflow.tasks.values()
            if other is not my_task
        ):
            my_task._set_state(TaskState.CANCELLED)
            return False
        return True

    def _goes_on(self, task: Token) -> bool:
        return task.has_state(UNFINISHED) and not (
            task.task_spec.passive and task.has_state(TaskState.WAITING)
        )

    def _has_begun(self, task: Token) -> bool:
        """Whether an event subprocess has been triggered and is not over."""
        element = task.task_spec.element
        inside = element is not None and element.event_subprocess
        return task.has_state(UNFINISHED if inside else TaskState.READY) and (
            inside or task.task_spec.passive
        )

    def _run_hook(self, my_task: Token) -> bool:
        if any(
            self._has_begun(other) for other in my_task.workflow.tasks.values()
        ):
            # A condition has come true since: an event subprocess begins, and the end is its own.
            my_task._set_state(TaskState.CANCELLED)
            return True
        for other in list(my_task.workflow.tasks.values()):
            if other is not my_task and other.has_state(UNFINISHED):
                other.cancel()
        return True


class BoundaryEventSplit(DiagramNode, control.BoundaryEventSplit):
    """The library ties an activity to its boundary events by the tree alone, and starts the activity before
    they listen."""

    @property
    def main(self) -> str:
        """Name of the activity's spec."""
        return self.outputs[0].name

    @property
    def boundaries(self) -> list[str]:
        """Names of the boundary events' specs."""
        return [output.name for output in self.outputs[1:]]

    def _run_hook(self, my_task: Token) -> bool:
        control.BoundaryEventSplit._predict_hook(self, my_task)
        super()._run_hook(my_task)
        main, *events = my_task.children
        main.internal_data[GROUP] = my_task.id
        if UNDOES in my_task.internal_data:
            main.internal_data[UNDOES] = my_task.internal_data.pop(UNDOES)
        for event in events:
            event.internal_data.update({GROUP: my_task.id, HOST: main.id})
        my_task.children = [*events, main]
        return True


class ProcessSpec(BpmnProcessSpec):
    """The library's `Start`, `End` and `….EndJoin` collide with elements of those ids."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.task_specs.clear()
        self.start = StartTask(self, "#start")
        self.end = EndJoin(self, "#end")
        self.compensated_by: str | None = None
        """Name of the event subprocess that undoes what was completed here."""
        self.stops_at_missing = False
        """Whether a text that reads a variable that does not exist stops the instance."""
        self._reach: dict[tuple[str, str], frozenset[str]] = {}

    def activity_completed(self, my_task: Token) -> None:
        """What stands in the scope has been completed."""

    def reachable_flows(self, start: str, without: str) -> frozenset[str]:
        """Sequence flows that a token at the spec `start` may still travel without visiting `without`."""
        key = (start, without)
        if key not in self._reach:
            self._reach[key] = _reach(self.task_specs, start, without)
        return self._reach[key]


def _reach(
    specs: Mapping[str, DiagramNode],
    start: str,
    without: str,
) -> frozenset[str]:
    results: set[str] = set()
    pending = [start]
    seen = {start}
    while pending:
        node = specs[pending.pop()]
        results.update(flow.id for flow, _target in node.flows)
        for following in node.outputs:
            if following.name != without and following.name not in seen:
                seen.add(following.name)
                pending.append(following.name)
    return frozenset(results)
