"""Taking tokens away: an activity that is interrupted goes with all that runs inside it and all that waits at its border."""

from __future__ import annotations

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import catching, nodes
from orchestrator.engine import commands as c
from orchestrator.engine.nodes import LIVE
from orchestrator.engine.variables import Variables

UNFINISHED = LIVE | TaskState.FUTURE
"""A token on its way to the next element is FUTURE until the element it leaves has completed."""


class Cancelling(Variables):
    def cancel_all(self, workflow: object, but: Task | None = None) -> None:
        """Takes every token of the scope away, except `but`."""
        for task in list(workflow.tasks.values()):  # type: ignore[attr-defined]
            if task is not but and task._state & UNFINISHED:
                self.cancel_task(task)

    def cancel_task(self, task: Task) -> None:
        """Takes a token away, with everything below it; nobody is told of one that had not arrived yet."""
        arrived = task._state & LIVE
        task._state = TaskState.CANCELLED
        if not arrived:
            return
        spec = task.task_spec
        self._tell(task)
        if isinstance(spec, nodes.MultiNode):
            for child in list(task.workflow.tasks.values()):
                if child.internal_data.get("instance_of") == task.id and child._state & UNFINISHED:
                    self.cancel_task(child)
        if not isinstance(spec, catching.BoundaryNode):
            self.close_group(task)
        inner = self.subprocesses.pop(task.id, None)
        if inner is not None:
            inner.completed = True
            self.cancel_all(inner)

    def close_group(self, task: Task) -> None:
        """The activity of this token is over: the boundary events that still wait go with it."""
        group = task.internal_data.get("group")
        if group is None:
            return
        for other in list(task.workflow.tasks.values()):
            data = other.internal_data
            if (
                other is not task
                and data.get("group") == group
                and isinstance(other.task_spec, catching.BoundaryNode)
                and other._state & UNFINISHED
                and not data.get("fired")
            ):
                self.cancel_task(other)

    def _tell(self, task: Task) -> None:
        spec, task_id = task.task_spec, c.EngineTaskId(task.id)
        element = spec.element
        if isinstance(spec, nodes.UserTaskNode):
            self.effects.append(c.UserTaskClosed(task_id, element.id, c.UserTaskClosing.CANCELLED))
        elif isinstance(spec, nodes.ExternalTaskNode):
            self.effects.append(c.ExternalTaskCancelled(task_id, element.id))
        elif isinstance(spec, catching.CatchNode) and element.event is not None and not task.internal_data.get("fired"):
            if element.event.kind == "timer":
                self.effects.append(c.TimerCancelled(task_id, element.id))
            elif element.event.kind in ("message", "signal"):
                self.effects.append(c.SubscriptionClosed(task_id, element.id))
