"""A process instance in memory while one command runs: moves its tokens until every one of them waits."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import catching, errors, gateways
from orchestrator.engine.nodes import LIVE
from orchestrator.engine.opening import Openings


class Instance(Openings):
    def run(self) -> None:
        """Moves every token that needs nobody until all wait. Raises StepBudgetExceeded, JoinStuck and the other EngineErrors."""
        steps = 0
        while self.ended is None:
            task = self.ready.next()
            if task is not None:
                steps += 1
                if steps > self.environment.max_steps:
                    raise errors.StepBudgetExceeded(task.task_spec.bpmn_id, self.environment.max_steps)
                self.complete(task)
            elif not self._fire_inclusive_join():
                self._refuse_deadlock()
                return

    def complete(self, task: Task) -> None:
        """Runs one ready token and, when it was the last of its scope, ends the scope."""
        workflow = task.workflow
        task.run()
        if not task._children and not workflow.completed:
            self.end_if_empty(workflow)

    def settle(self, task: Task) -> None:
        """Called when a token completed: its boundary events close, its multi-instance counts it."""
        data = task.internal_data
        if "group" in data and not isinstance(task.task_spec, catching.BoundaryNode):
            self.close_group(task)
        if "instance_of" in data:
            self.instance_completed(task)

    def _fire_inclusive_join(self) -> bool:
        for workflow in self.workflows():
            joins: dict[str, Any] = {
                task.task_spec.name: task.task_spec
                for task in workflow.tasks.values()
                if task._state == TaskState.WAITING and isinstance(task.task_spec, gateways.InclusiveNode)
            }
            for spec in joins.values():
                arrived = spec.waiting_by_flow(workflow)
                if arrived and spec.may_fire(workflow, arrived):
                    spec.fire(arrived)
                    return True
        return False

    def _refuse_deadlock(self) -> None:
        """Tokens that wait at joins alone wait for ever: say so now, while the last step can still be done differently."""
        stuck = None
        for task in self.all_tokens():
            spec = task.task_spec
            if not task._state & LIVE:
                continue
            if spec.manual or isinstance(spec, catching.CatchNode):
                return
            if isinstance(spec, gateways.Join):
                stuck = spec.element
        if stuck is not None:
            raise errors.JoinStuck(stuck.id, stuck.name)
