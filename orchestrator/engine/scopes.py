"""Scopes: subprocesses and called processes that begin and end, and the end of the instance."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import nodes
from orchestrator.engine.multi import MultiInstances
from orchestrator.engine.nodes import LIVE
from orchestrator.engine.tokens import ScopeInstance


class Scopes(MultiInstances):
    def open_scope(self, task: Task, node: nodes.ScopeNode) -> None:
        """A subprocess or called process begins for this token."""
        self.take_inputs(task)
        if node.is_call:
            self.enter_call(task)
        self.subprocesses[task.id] = ScopeInstance(self.definition.specs[node.scope], task, self, fresh=True)

    def end_if_empty(self, workflow: Any) -> None:
        """Ends the scope when no token is left in it but event subprocesses that nobody has triggered."""
        idle = []
        for task in workflow.tasks.values():
            if task._state & LIVE:
                if not task.task_spec.passive or task._state != TaskState.WAITING:
                    return
                idle.append(task)
        for task in idle:
            self.cancel_task(task)
        self.complete_scope(workflow)

    def complete_scope(self, workflow: Any, how: str = "completed", error_code: str | None = None) -> None:
        """The scope is over; the activity it ran for goes on, or the instance has ended."""
        workflow.completed = True
        if workflow is self:
            self.ended = c.ProcessInstanceEnded(self.last_end, how, error_code)
            return
        host = workflow.host
        del self.subprocesses[host.id]
        if host._state == TaskState.STARTED:
            if host.task_spec.is_call:
                self.leave_call(host)
            self.give_outputs(host)
            host.internal_data["done"] = True
            host._ready()

    def terminate(self, task: Task) -> None:
        """A terminate end event takes every other token of its scope away; what surrounds the scope goes on."""
        self.cancel_all(task.workflow, but=task)
        self.complete_scope(task.workflow, "terminated")

    def end_all(self, how: str, error_code: str | None) -> None:
        """Ends the instance wherever it stands."""
        self.cancel_all(self)
        self.complete_scope(self, how, error_code)
