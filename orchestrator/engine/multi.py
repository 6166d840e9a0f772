"""Multi-instance activities and standard loops: how many instances, over what, and when they are enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import errors, nodes
from orchestrator.engine.cancelling import UNFINISHED
from orchestrator.engine.model import MultiInstance
from orchestrator.engine.waiting import Waiting


class MultiInstances(Waiting):
    def open_instances(self, task: Task, node: nodes.MultiNode) -> bool:
        """Opens the instances; True when there is none to open. Raises TooManyInstances."""
        multi = node.multi
        data = task.internal_data
        data["completed"] = 0
        if multi.output_collection:
            self.assign(task, {multi.output_collection: []})
        if multi.is_loop:
            if multi.test_before and not self._goes_on(task, multi):
                data["done"] = True
                return True
            data["total"] = 1
            node.add_instance(task, 0, None)
            return False
        items = self._items(task, multi)
        data["total"] = len(items)
        if not items:
            data["done"] = True
            return True
        if multi.sequential:
            data["items"] = items[1:]
            node.add_instance(task, 0, items[0])
        else:
            for index, item in enumerate(items):
                node.add_instance(task, index, item)
        return False

    def instance_completed(self, child: Task) -> None:
        """One instance of a multi-instance is done: open the next, or let the activity complete."""
        task = child.workflow.tasks.get(child.internal_data["instance_of"])
        if task is None or task._state != TaskState.STARTED:
            return
        node: nodes.MultiNode = task.task_spec
        multi, data = node.multi, task.internal_data
        data["completed"] += 1
        if multi.output_collection and multi.output_item:
            gathered = self.context(task).get(multi.output_collection) or []
            self.assign(task, {multi.output_collection: [*gathered, self.context(child).get(multi.output_item)]})
        if multi.is_loop:
            within = multi.loop_maximum is None or data["completed"] < multi.loop_maximum
            if within and self._goes_on(task, multi):
                data["total"] += 1
                node.add_instance(task, data["completed"], None)
                return
        elif multi.condition and self._enough(child, multi.condition, data):
            for other in list(task.workflow.tasks.values()):
                if other is not child and other.internal_data.get("instance_of") == task.id and other._state & UNFINISHED:
                    self.cancel_task(other)
        elif data.get("items"):
            item, data["items"] = data["items"][0], data["items"][1:]
            node.add_instance(task, data["completed"], item)
            return
        elif data["completed"] < data["total"]:
            return
        data["done"] = True
        task._ready()

    def _items(self, task: Task, multi: MultiInstance) -> list[Any]:
        limit = self.environment.max_instances
        if multi.cardinality is not None:
            count = self.evaluate(task, multi.cardinality)
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise errors.ExpressionFailed(task.task_spec.bpmn_id, f"多实例的数量应为非负整数，现为「{count}」")
            if count > limit:
                raise errors.TooManyInstances(task.task_spec.bpmn_id, count, limit)
            return list(range(count))
        found = self.evaluate(task, multi.collection or "")
        items = list(found.values()) if isinstance(found, dict) else found
        if not isinstance(items, (list, tuple)):
            raise errors.ExpressionFailed(
                task.task_spec.bpmn_id, f"多实例的集合「{multi.collection}」应为列表，现为「{found}」"
            )
        if len(items) > limit:
            raise errors.TooManyInstances(task.task_spec.bpmn_id, len(items), limit)
        return list(items)

    def _goes_on(self, task: Task, multi: MultiInstance) -> bool:
        return multi.loop_condition is None or self.is_true(task, multi.loop_condition)

    def _enough(self, child: Task, condition: str, data: Mapping[str, Any]) -> bool:
        counts = {
            "nrOfInstances": data["total"],
            "nrOfCompletedInstances": data["completed"],
            "nrOfActiveInstances": data["total"] - data["completed"] - len(data.get("items", ())),
        }
        return bool(self.evaluate(child, condition, {**self.context(child), **counts}))
