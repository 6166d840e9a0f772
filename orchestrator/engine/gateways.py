"""Gateways: choosing, splitting, joining.

SpiffWorkflow's own gateways look at the tree of finished tasks, which is why they join too early inside loops; these look at live tokens only,
so that finished history can be forgotten.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import errors
from orchestrator.engine.model import Element, Flow
from orchestrator.engine.nodes import LIVE, Node


class ExclusiveNode(Node):
    """Takes the first flow whose condition is true, else the default; without either it is an error of the diagram."""

    def _run_hook(self, my_task: Task) -> bool:
        assert self.element is not None
        top = my_task.workflow.top_workflow
        default = None
        for flow, target in self.flows:
            if flow.id == self.element.default_flow:
                default = (flow, target)
            elif flow.condition is None or top.is_true(my_task, flow.condition):
                self.leave(my_task, [(flow, target)])
                return True
        if default is None and self.flows:
            raise errors.NoFlowTaken(self.element.id, self.element.name)
        self.leave(my_task, [default] if default else [])
        return True


class Join(Node):
    """Keeps arriving tokens waiting; a firing consumes one token of each flow that has one."""

    def __init__(self, spec: Any, name: str, element: Element | None, incoming: list[str]) -> None:
        super().__init__(spec, name, element)
        self.incoming = incoming

    def _update_hook(self, my_task: Task) -> bool:
        if len(self.incoming) > 1 and not my_task.internal_data.get("joined"):
            my_task._set_state(TaskState.WAITING)
            self.arrived(my_task)
            return False
        return True

    def arrived(self, my_task: Task) -> None:
        """Called once a token waits here."""

    def waiting_by_flow(self, workflow: Any) -> dict[str, Task]:
        """The oldest waiting token of each incoming flow."""
        found: dict[str, Task] = {}
        for task in workflow.tasks.values():
            if task.task_spec is self and task._state == TaskState.WAITING:
                found.setdefault(task.internal_data.get("flow", ""), task)
        return found

    def fire(self, tokens: dict[str, Task]) -> None:
        """Consumes the tokens; the first goes on for all."""
        chosen, *others = tokens.values()
        for token in others:
            token._state = TaskState.CANCELLED
        chosen.internal_data["joined"] = 1
        chosen._ready()


class ParallelNode(Join):
    def arrived(self, my_task: Task) -> None:
        tokens = self.waiting_by_flow(my_task.workflow)
        if len(tokens) == len(self.incoming):
            self.fire(tokens)


class InclusiveNode(Join):
    """Fires when no other token can still reach an empty incoming flow (BPMN 2.0.2, table 13.3). Asked once the instance is quiet."""

    def may_fire(self, workflow: Any, tokens: dict[str, Task]) -> bool:
        empty = set(self.incoming) - tokens.keys()
        definition = workflow.top_workflow.definition
        for task in workflow.tasks.values():
            if task._state & LIVE and task.task_spec is not self:
                reach = definition.reachable_flows(workflow.spec.name, task.task_spec.name, self.name)
                if reach & empty and not reach & tokens.keys():
                    return False
        return True

    def _run_hook(self, my_task: Task) -> bool:
        top = my_task.workflow.top_workflow
        default_id = self.element.default_flow if self.element else None
        taken: list[tuple[Flow, str]] = [
            (flow, target)
            for flow, target in self.flows
            if flow.id != default_id and (flow.condition is None or top.is_true(my_task, flow.condition))
        ]
        if not taken:
            taken = [(flow, target) for flow, target in self.flows if flow.id == default_id]
        if not taken and self.flows:
            assert self.element is not None
            raise errors.NoFlowTaken(self.element.id, self.element.name)
        self.leave(my_task, taken)
        return True


class EventGatewayNode(Node):
    """Puts a waiting token on each following catch event; the first to fire takes the others away."""

    def leave(self, my_task: Task, flows: list[tuple[Flow, str]]) -> None:
        super().leave(my_task, flows)
        for child in my_task.children:
            child.internal_data["race"] = my_task.id
