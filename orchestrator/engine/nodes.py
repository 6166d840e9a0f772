"""SpiffWorkflow task specs with BPMN's token rules: a token carries the sequence flow it came by, joins count tokens, nothing is predicted.

SpiffWorkflow's own gateways look at the tree of finished tasks, which is why they join too early inside loops; these look at live tokens only,
so that finished history can be forgotten.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import errors
from orchestrator.engine.model import Element, Flow

LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED


class Node(BpmnTaskSpec):  # type: ignore[misc]
    """A place for tokens. Leaving it puts a token on each outgoing flow."""

    passive = False
    """A passive token (the trigger of an event subprocess) does not keep its scope alive."""

    def __init__(self, spec: Any, name: str, element: Element | None = None) -> None:
        super().__init__(spec, name)
        self.manual = False
        self.element = element
        self.bpmn_id = element.id if element else None
        self.bpmn_name = element.name if element else None
        self.lane = element.lane if element else None
        self.flows: list[tuple[Flow, str]] = []
        """Outgoing flows with the name of the spec each leads to."""

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
        assert self.element is not None
        my_task.workflow.top_workflow.run_script(my_task, self.element.script or "")
        return super()._run_hook(my_task)


class DecisionNode(Node):
    """A business rule task: runs SpiffWorkflow's DMN engine over the deployment's table."""

    decision_engine: Any = None

    def _run_hook(self, my_task: Task) -> bool | None:
        my_task.workflow.top_workflow.decide(my_task)
        return super()._run_hook(my_task)


class ThrowNode(Node):
    """Intermediate throw events and send tasks without a handler."""

    def _run_hook(self, my_task: Task) -> bool | None:
        my_task.workflow.top_workflow.throw(my_task)
        return super()._run_hook(my_task)


class EndNode(Node):
    def _run_hook(self, my_task: Task) -> bool:
        top = my_task.workflow.top_workflow
        top.left(my_task, ())
        if self.element is not None:
            top.last_end = self.element.id
            if self.element.event is not None:
                top.throw(my_task)
        return True


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


class _Join(Node):
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


class ParallelNode(_Join):
    def arrived(self, my_task: Task) -> None:
        tokens = self.waiting_by_flow(my_task.workflow)
        if len(tokens) == len(self.incoming):
            self.fire(tokens)


class InclusiveNode(_Join):
    """Fires when no other token can still reach an empty incoming flow (BPMN 2.0.2, table 13.3). Asked once the instance is quiet."""

    def may_fire(self, workflow: Any, tokens: dict[str, Task]) -> bool:
        empty = set(self.incoming) - tokens.keys()
        for task in workflow.tasks.values():
            if task._state & LIVE and task.task_spec is not self:
                reach = workflow.top_workflow.definition.reachable_flows(workflow.spec.name, task.task_spec.name, self.name)
                if reach & empty and not reach & tokens.keys():
                    return False
        return True

    def _run_hook(self, my_task: Task) -> bool:
        top = my_task.workflow.top_workflow
        default_id = self.element.default_flow if self.element else None
        taken = [
            (flow, target)
            for flow, target in self.flows
            if flow.id != default_id and (flow.condition is None or top.is_true(my_task, flow.condition))
        ]
        if not taken:
            taken = [(flow, target) for flow, target in self.flows if flow.id == default_id]
        if not taken and self.flows:
            raise errors.NoFlowTaken(self.name, self.element.name if self.element else "")
        self.leave(my_task, taken)
        return True


class EventGatewayNode(Node):
    """Puts a waiting token on each following catch event; the first to fire takes the others away."""

    def leave(self, my_task: Task, flows: list[tuple[Flow, str]]) -> None:
        super().leave(my_task, flows)
        for child in my_task.children:
            child.internal_data["race"] = my_task.id


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

    def _run_hook(self, my_task: Task) -> bool | None:
        race = my_task.internal_data.get("race")
        if race is not None:
            for other in list(my_task.workflow.tasks.values()):
                if other is not my_task and other.internal_data.get("race") == race and other._state & LIVE:
                    my_task.workflow.top_workflow.cancel_task(other)
        return super()._run_hook(my_task)


class BoundaryNode(CatchNode):
    """A boundary event. An interrupting one takes the activity away before anything else runs."""

    def _run_hook(self, my_task: Task) -> bool | None:
        assert self.element is not None
        top = my_task.workflow.top_workflow
        if self.element.interrupting:
            host = my_task.workflow.tasks.get(my_task.internal_data["host"])
            if host is not None and host._state & LIVE:
                top.cancel_task(host)
            top.close_group(my_task)
        else:
            top.rearm(my_task)
        return super()._run_hook(my_task)


class TriggerNode(CatchNode):
    """The start event of an event subprocess: waits as long as its scope lives, without keeping it alive."""

    passive = True

    def __init__(self, spec: Any, name: str, element: Element, subprocess: str) -> None:
        super().__init__(spec, name, element)
        self.subprocess = subprocess

    def _run_hook(self, my_task: Task) -> bool:
        assert self.element is not None
        top = my_task.workflow.top_workflow
        if self.element.interrupting:
            for other in list(my_task.workflow.tasks.values()):
                if other is not my_task and other._state & LIVE:
                    top.cancel_task(other)
        else:
            top.rearm(my_task)
        my_task._add_child(my_task.workflow.spec.task_specs[self.subprocess], TaskState.FUTURE)
        top.left(my_task, ())
        return True


class ScopeNode(Node):
    """An embedded subprocess or a call activity."""

    def __init__(self, spec: Any, name: str, element: Element, scope: str) -> None:
        super().__init__(spec, name, element)
        self.scope = scope

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.internal_data.get("done"):
            return True
        if my_task._state != TaskState.STARTED:
            my_task._set_state(TaskState.STARTED)
            my_task.workflow.top_workflow.open_scope(my_task, self)
        return False


class MultiNode(Node):
    """Multi-instance and standard loop around the spec `body`; counts instances instead of looking at finished ones."""

    def __init__(self, spec: Any, name: str, element: Element, body: str) -> None:
        super().__init__(spec, name, element)
        self.body = body

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.internal_data.get("done") is True:
            return True
        if my_task._state != TaskState.STARTED:
            my_task._set_state(TaskState.STARTED)
            return bool(my_task.workflow.top_workflow.open_instances(my_task, self))
        return False

    def add_instance(self, my_task: Task, index: int, item: Any) -> None:
        """Starts instance number `index` with its own view of the item."""
        assert self.element is not None
        assert self.element.multi is not None
        child = my_task._add_child(my_task.workflow.spec.task_specs[self.body], TaskState.FUTURE)
        local = {"loopCounter": index}
        if self.element.multi.item:
            local[self.element.multi.item] = item
        child.internal_data["local"] = local
        child.internal_data["instance_of"] = my_task.id
        child.task_spec._update(child)
