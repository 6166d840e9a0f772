"""Catching events: where tokens wait for a timer, message, signal, error or escalation."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine.model import Element
from orchestrator.engine.nodes import LIVE, Node


class AttachNode(Node):
    """Stands before an activity with boundary events and opens them together; `group` ties them."""

    def __init__(self, spec: Any, name: str, main: str, boundaries: list[str]) -> None:
        super().__init__(spec, name)
        self.main = main
        self.boundaries = boundaries

    def _run_hook(self, my_task: Task) -> bool:
        specs = my_task.workflow.spec.task_specs
        main = my_task._add_child(specs[self.main], TaskState.FUTURE)
        main.internal_data["group"] = my_task.id
        for name in self.boundaries:
            boundary = my_task._add_child(specs[name], TaskState.FUTURE)
            boundary.internal_data["group"] = my_task.id
            boundary.internal_data["host"] = main.id
        # The boundary events wait before the activity starts, or an error thrown at once would find nobody.
        my_task._children = [*my_task._children[1:], my_task._children[0]]
        return True


class CatchNode(Node):
    """Intermediate catch events and receive tasks."""

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.internal_data.get("fired"):
            return True
        if my_task._state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
            my_task.workflow.top_workflow.arm(my_task)
        return False

    def interrupt(self, my_task: Task) -> None:
        """Takes away at once what this event interrupts: here, the other events of an event-based gateway."""
        race = my_task.internal_data.get("race")
        if race is not None:
            for other in list(my_task.workflow.tasks.values()):
                if other is not my_task and other.internal_data.get("race") == race and other._state & LIVE:
                    my_task.workflow.top_workflow.cancel_task(other)


class BoundaryNode(CatchNode):
    """A boundary event. An interrupting one takes the activity away before anything else runs."""

    urgent = True

    def interrupt(self, my_task: Task) -> None:
        assert self.element is not None
        if self.element.interrupting:
            host = my_task.workflow.tasks.get(my_task.internal_data["host"])
            if host is not None and host._state & LIVE:
                my_task.workflow.top_workflow.cancel_task(host)

    def _run_hook(self, my_task: Task) -> bool | None:
        assert self.element is not None
        if not self.element.interrupting:
            my_task.workflow.top_workflow.rearm(my_task)
        return super()._run_hook(my_task)


class TriggerNode(CatchNode):
    """The start event of an event subprocess: waits as long as its scope lives, without keeping it alive."""

    passive = True
    urgent = True

    def __init__(self, spec: Any, name: str, element: Element, subprocess: str) -> None:
        super().__init__(spec, name, element)
        self.subprocess = subprocess
        self.told_as = None  # the history learns of the start event inside the event subprocess

    def interrupt(self, my_task: Task) -> None:
        assert self.element is not None
        if self.element.interrupting:
            my_task.workflow.top_workflow.cancel_all(my_task.workflow, but=my_task)

    def _run_hook(self, my_task: Task) -> bool:
        assert self.element is not None
        top = my_task.workflow.top_workflow
        if not self.element.interrupting:
            top.rearm(my_task)
        my_task._add_child(my_task.workflow.spec.task_specs[self.subprocess], TaskState.FUTURE)
        return True
