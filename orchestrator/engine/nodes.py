"""SpiffWorkflow task specs with BPMN's token rules: a token carries the sequence flow it came by, and nothing is predicted."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine.decisions import DecisionTable
from orchestrator.engine.model import Element, Flow, MultiInstance

LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED


class Node(BpmnTaskSpec):  # type: ignore[misc]
    """A place for tokens. Leaving it puts a token on each outgoing flow."""

    passive = False
    """A passive token (the trigger of an event subprocess) does not keep its scope alive while it waits."""
    urgent = False
    """An urgent token moves before all others."""

    def __init__(self, spec: Any, name: str, element: Element | None = None) -> None:
        super().__init__(spec, name)
        self.manual = False
        self.element = element
        self.bpmn_id = element.id if element else None
        self.bpmn_name = element.name if element else None
        self.lane = element.lane if element else None
        self.flows: list[tuple[Flow, str]] = []
        """Outgoing flows with the name of the spec each leads to."""
        self.told_as = element.type if element else None
        """Element type under which the history learns that a token left; None for what stands in no diagram."""

    def test(self) -> None:
        """Structure is checked at deployment."""

    def _predict(self, my_task: Task, *_args: Any, **_named: Any) -> None:
        """Nothing is predicted: prediction is exponential in the number of parallel splits."""

    def _update_hook(self, my_task: Task) -> bool | None:
        return True

    def _run_hook(self, my_task: Task) -> bool | None:
        self.leave(my_task, self.flows)
        return True

    def _on_complete_hook(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.settle(my_task)

    def leave(self, my_task: Task, flows: list[tuple[Flow, str]]) -> None:
        """Puts a token on each of `flows`; the history learns which."""
        specs = my_task.workflow.spec.task_specs
        for flow, target in flows:
            child = my_task._add_child(specs[target], TaskState.FUTURE)
            child.internal_data["flow"] = flow.id
        my_task.workflow.top_workflow.left(my_task, tuple(flow.id for flow, _target in flows))


class StartNode(Node):
    """The scope's root: arms the event subprocesses and puts the first token on the start event."""

    def __init__(self, spec: Any, first: str, triggers: list[str]) -> None:
        super().__init__(spec, "#start")
        self.first = first
        self.triggers = triggers

    def _run_hook(self, my_task: Task) -> bool:
        specs = my_task.workflow.spec.task_specs
        for trigger in self.triggers:
            my_task._add_child(specs[trigger], TaskState.FUTURE)
        my_task._add_child(specs[self.first], TaskState.FUTURE)
        return True


class UserTaskNode(Node):
    def __init__(self, spec: Any, name: str, element: Element) -> None:
        super().__init__(spec, name, element)
        self.manual = True

    def _on_ready_hook(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.user_task_opened(my_task)


class ExternalTaskNode(Node):
    """Waits for its handler's answer."""

    def __init__(self, spec: Any, name: str, element: Element) -> None:
        super().__init__(spec, name, element)
        self.manual = True

    def _on_ready_hook(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.external_task_wanted(my_task)


class ScriptNode(Node):
    def _run_hook(self, my_task: Task) -> bool | None:
        my_task.workflow.top_workflow.run_script(my_task)
        return super()._run_hook(my_task)


class DecisionNode(Node):
    """A business rule task."""

    def __init__(self, spec: Any, name: str, element: Element, table: DecisionTable) -> None:
        super().__init__(spec, name, element)
        self.table = table

    def _run_hook(self, my_task: Task) -> bool | None:
        my_task.workflow.top_workflow.decide(my_task)
        return super()._run_hook(my_task)


class ThrowNode(Node):
    """Intermediate throw events and send tasks without a handler."""

    def _run_hook(self, my_task: Task) -> bool | None:
        # The token moves on before the event acts: what the event interrupts then takes the token away with the rest.
        super()._run_hook(my_task)
        my_task.workflow.top_workflow.throw(my_task)
        return True


class EndNode(Node):
    def _run_hook(self, my_task: Task) -> bool:
        top = my_task.workflow.top_workflow
        top.left(my_task, ())
        top.throw(my_task)
        return True


class ScopeNode(Node):
    """An embedded subprocess or a call activity."""

    def __init__(self, spec: Any, name: str, element: Element, scope: str) -> None:
        super().__init__(spec, name, element)
        self.scope = scope
        self.is_call = element.type == "callActivity"

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.internal_data.get("done"):
            return True
        if my_task._state != TaskState.STARTED:
            my_task._set_state(TaskState.STARTED)
            my_task.workflow.top_workflow.open_scope(my_task, self)
        return False


class MultiNode(Node):
    """Multi-instance and standard loop around the spec `body`; counts instances instead of looking at finished ones."""

    def __init__(self, spec: Any, name: str, element: Element, multi: MultiInstance, body: str) -> None:
        super().__init__(spec, name, element)
        self.multi = multi
        self.body = body

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.internal_data.get("done") is True:
            return True
        if my_task._state != TaskState.STARTED:
            my_task._set_state(TaskState.STARTED)
            return bool(my_task.workflow.top_workflow.open_instances(my_task, self))
        return False

    def add_instance(self, my_task: Task, index: int, item: Any) -> None:
        """Starts instance number `index` with its own view of the item, and its own result when results are gathered."""
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.body], TaskState.FUTURE)
        local: dict[str, Any] = {"loopCounter": index}
        if self.multi.item:
            local[self.multi.item] = item
        if self.multi.output_item:
            local.setdefault(self.multi.output_item, None)
        child.internal_data["local"] = local
        child.internal_data["instance_of"] = my_task.id
        child.task_spec._update(child)
