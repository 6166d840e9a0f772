"""A process instance in memory while one command runs: SpiffWorkflow's workflow with a queue of ready tokens, shared variables and effects."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import errors, expressions, nodes, timers
from orchestrator.engine.definition import Definition, ScopeSpec
from orchestrator.engine.model import Element, Event
from orchestrator.engine.nodes import LIVE


class ScopeInstance(BpmnSubWorkflow):  # type: ignore[misc]
    """A running subprocess or called process."""

    def _calculate_depth(self) -> int:
        return 0

    def _task_completed_notify(self, task: Task) -> None:
        """Ends are found by counting live tokens, see Instance.run."""


class _Scripts:
    """What SpiffWorkflow's DMN engine asks of a script engine."""

    def evaluate(self, task: Task, text: str, external_context: Mapping[str, Any] | None = None) -> Any:
        return expressions.evaluate(text, {**task.data, **(external_context or {})})

    def validate(self, text: str) -> None:
        try:
            expressions.compile_checked(text)
        except expressions.ExpressionRefused as refused:
            raise SyntaxError(str(refused)) from None


class Instance(BpmnWorkflow):  # type: ignore[misc]
    """Variables are one set for the whole instance, as in Camunda; a multi-instance's item is seen only below its instance."""

    def __init__(self, definition: Definition, now: datetime, environment: c.Environment, fresh: bool) -> None:
        self.definition = definition
        self.now = now
        self.environment = environment
        self.variables: dict[str, Any] = {}
        self.effects: list[c.Effect] = []
        self.ready: deque[Task] = deque()
        self.steps = 0
        self.ended: c.ProcessInstanceEnded | None = None
        self.last_end: str | None = None
        super().__init__(definition.specs[definition.key], script_engine=_Scripts(), deserializing=not fresh)

    def _task_completed_notify(self, task: Task) -> None:
        """Ends are found by counting live tokens, see run."""

    # ------------------------------------------------------------------------------------------------------ the loop

    def run(self) -> None:
        """Moves every token that needs nobody until all wait. Raises StepBudgetExceeded and the other EngineErrors."""
        while self.ended is None:
            task = self._next_ready()
            if task is None:
                if not self._fire_inclusive_joins():
                    return
                continue
            self.steps += 1
            if self.steps > self.environment.max_steps:
                raise errors.StepBudgetExceeded(task.task_spec.bpmn_id, self.environment.max_steps)
            self.complete(task)

    def complete(self, task: Task) -> None:
        """Runs one ready token and, when it was the last of its scope, ends the scope."""
        workflow = task.workflow
        task.run()
        if not task._children and not workflow.completed:
            self._end_if_empty(workflow)

    def _next_ready(self) -> Task | None:
        for urgent in (True, False):
            for task in self.ready:
                spec = task.task_spec
                if urgent != isinstance(spec, (nodes.BoundaryNode, nodes.TriggerNode)):
                    continue
                self.ready.remove(task)
                if task._state != TaskState.READY or spec.manual or task.workflow.completed:
                    return self._next_ready()
                return task
        return None

    def _fire_inclusive_joins(self) -> bool:
        for workflow in self._workflows():
            for spec in {
                id(t.task_spec): t.task_spec for t in workflow.tasks.values() if t._state == TaskState.WAITING
            }.values():
                if isinstance(spec, nodes.InclusiveNode):
                    tokens = spec.waiting_by_flow(workflow)
                    if tokens and spec.may_fire(workflow, tokens):
                        spec.fire(tokens)
                        return True
        return False

    def _end_if_empty(self, workflow: Any) -> None:
        live = [task for task in workflow.tasks.values() if task._state & LIVE]
        if any(not task.task_spec.passive for task in live):
            return
        for task in live:
            self.cancel_task(task)
        self._complete_scope(workflow)

    def _complete_scope(self, workflow: Any, how: str = "completed", error_code: str | None = None) -> None:
        workflow.completed = True
        if workflow is self:
            self.ended = c.ProcessInstanceEnded(self.last_end, how, error_code)
            return
        parent = self.find(workflow.parent_task_id)
        del self.subprocesses[workflow.parent_task_id]
        if parent is not None and parent._state == TaskState.STARTED:
            self._copy_out(parent)
            parent.internal_data["done"] = True
            parent._ready()

    def _workflows(self) -> list[Any]:
        return [self, *self.subprocesses.values()]

    def find(self, task_id: str) -> Task | None:
        """The token with that id, wherever it is."""
        for workflow in self._workflows():
            task = workflow.tasks.get(task_id)
            if task is not None:
                return task
        return None

    # ----------------------------------------------------------------------------------------------------- variables

    def context(self, task: Task) -> dict[str, Any]:
        """The variables as this token sees them."""
        layers = []
        current: Task | None = task
        while current is not None:
            local = current.internal_data.get("local")
            if local:
                layers.append(local)
            workflow = current.workflow
            current = None if workflow is self else self.find(workflow.parent_task_id)
        if not layers:
            return self.variables
        merged = dict(self.variables)
        for layer in reversed(layers):
            merged.update(layer)
        return merged

    def local(self, task: Task) -> dict[str, Any]:
        """Only what this token sees beyond the instance's variables."""
        seen = self.context(task)
        return (
            {}
            if seen is self.variables
            else {k: v for k, v in seen.items() if k not in self.variables or self.variables[k] != v}
        )

    def assign(self, values: Mapping[str, Any]) -> None:
        """Sets instance variables."""
        self.variables.update(values)

    def evaluate(self, task: Task, text: str) -> Any:
        try:
            return expressions.evaluate(text, self.context(task))
        except ValueError as failure:
            raise errors.ExpressionFailed(task.task_spec.bpmn_id, str(failure)) from None

    def is_true(self, task: Task, condition: str) -> bool:
        return bool(self.evaluate(task, condition))

    def fill(self, task: Task, template: str | None) -> str | None:
        if template is None:
            return None
        try:
            return expressions.fill(template, self.context(task))
        except ValueError as failure:
            raise errors.ExpressionFailed(task.task_spec.bpmn_id, str(failure)) from None

    def run_script(self, task: Task, script: str) -> None:
        try:
            self.assign(expressions.execute(script, self.context(task)))
        except ValueError as failure:
            raise errors.ExpressionFailed(task.task_spec.bpmn_id, str(failure)) from None

    def decide(self, task: Task) -> None:
        """Runs the decision table; its outputs become variables, or one variable when the task names a result variable."""
        element: Element = task.task_spec.element
        task.data = self.context(task)
        try:
            result = dict(task.task_spec.decision_engine.result(task))
        except Exception as failure:
            raise errors.ExpressionFailed(element.id, f"决策表「{element.decision}」无法计算：{failure}") from None
        finally:
            task.data = {}
        self.assign({element.result_variable: result} if element.result_variable else result)

    def parameters(self, task: Task, parameters: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        """camunda:inputParameter and outputParameter: a lone `${…}` keeps its value's type, other text is a template."""
        return {name: self.evaluate_or_fill(task, text) for name, text in parameters}

    def evaluate_or_fill(self, task: Task, text: str) -> Any:
        if text.startswith(("${", "#{")) and text.endswith("}") and text.count("{") == 1:
            try:
                return expressions.evaluate_leniently(text, self.context(task))
            except ValueError as failure:
                raise errors.ExpressionFailed(task.task_spec.bpmn_id, str(failure)) from None
        return self.fill(task, text)

    # -------------------------------------------------------------------------------------------------------- scopes

    def open_scope(self, task: Task, node: nodes.ScopeNode) -> None:
        element = node.element
        assert element is not None
        if element.type == "callActivity":
            for target, source, is_expression in element.call_inputs:
                self.variables[target] = self.evaluate(task, source) if is_expression else self.context(task).get(source)
        spec: ScopeSpec = self.definition.specs[node.scope]
        self.subprocesses[task.id] = ScopeInstance(spec, parent_task_id=task.id, top_workflow=self)

    def _copy_out(self, task: Task) -> None:
        element: Element = task.task_spec.element
        for target, source, is_expression in element.call_outputs:
            self.variables[target] = self.evaluate(task, source) if is_expression else self.context(task).get(source)

    def open_instances(self, task: Task, node: nodes.MultiNode) -> bool:
        """Opens the instances; True when there is none to open."""
        multi = node.element.multi if node.element else None
        assert multi is not None
        data = task.internal_data
        data["completed"] = 0
        if multi.output_collection:
            self.variables[multi.output_collection] = []
        if multi.is_loop:
            if multi.test_before and not self._loops_on(task, multi.loop_condition):
                data["done"] = True
                return True
            data["total"] = 1
            node.add_instance(task, 0, None)
            return False
        items = self._items(task, multi)
        if len(items) > self.environment.max_instances:
            raise errors.TooManyInstances(node.bpmn_id, len(items), self.environment.max_instances)
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

    def _items(self, task: Task, multi: Any) -> list[Any]:
        if multi.cardinality is not None:
            count = self.evaluate(task, multi.cardinality)
            if not isinstance(count, int) or count < 0:
                raise errors.ExpressionFailed(task.task_spec.bpmn_id, f"多实例的数量应为非负整数，现为「{count}」")
            if count > self.environment.max_instances:
                raise errors.TooManyInstances(task.task_spec.bpmn_id, count, self.environment.max_instances)
            return list(range(count))
        found = self.evaluate(task, multi.collection)
        if isinstance(found, dict):
            return list(found.values())
        if isinstance(found, (list, tuple)):
            return list(found)
        raise errors.ExpressionFailed(task.task_spec.bpmn_id, f"多实例的集合「{multi.collection}」应为列表，现为「{found}」")

    def instance_completed(self, child: Task) -> None:
        """One instance of a multi-instance is done: open the next, or let the activity complete."""
        task = child.workflow.tasks[child.internal_data["instance_of"]]
        if task._state != TaskState.STARTED:
            return
        node: nodes.MultiNode = task.task_spec
        multi = node.element.multi if node.element else None
        assert multi is not None
        data = task.internal_data
        data["completed"] += 1
        if multi.output_collection and multi.output_item:
            self.variables[multi.output_collection] = [
                *self.variables[multi.output_collection],
                self.context(child).get(multi.output_item),
            ]
        if multi.is_loop:
            more = data["completed"] < (multi.loop_maximum or self.environment.max_instances)
            if more and self._loops_on(task, multi.loop_condition):
                data["total"] += 1
                node.add_instance(task, data["completed"], None)
                return
        elif multi.condition and self._satisfied(child, multi.condition, data):
            for other in list(task.workflow.tasks.values()):
                if other is not child and other.internal_data.get("instance_of") == task.id and other._state & LIVE:
                    self.cancel_task(other)
        elif data.get("items"):
            item, data["items"] = data["items"][0], data["items"][1:]
            node.add_instance(task, data["completed"], item)
            return
        elif data["completed"] < data["total"]:
            return
        data["done"] = True
        task._ready()

    def _loops_on(self, task: Task, condition: str | None) -> bool:
        return condition is None or self.is_true(task, condition)

    def _satisfied(self, child: Task, condition: str, data: Mapping[str, Any]) -> bool:
        counts = {
            "nrOfInstances": data["total"],
            "nrOfCompletedInstances": data["completed"],
            "nrOfActiveInstances": data["total"] - data["completed"] - len(data.get("items", ())),
        }
        try:
            return bool(expressions.evaluate(condition, {**self.context(child), **counts}))
        except ValueError as failure:
            raise errors.ExpressionFailed(child.task_spec.bpmn_id, str(failure)) from None

    # ---------------------------------------------------------------------------------------------- waiting and events

    def arm(self, task: Task, planned: timers.Schedule | None = None) -> None:
        """A catching token begins to wait: a timer gets its instant, a message or signal its subscription."""
        element: Element = task.task_spec.element
        event = element.event
        if event is None:
            return
        if event.kind == "timer":
            self._set_timer(task, element, event, planned)
        elif event.kind in ("message", "signal"):
            correlation = self.evaluate(task, event.correlation) if event.correlation else None
            self.effects.append(
                c.SubscriptionOpened(
                    c.EngineTaskId(task.id),
                    element.id,
                    event.kind,
                    event.reference or "",
                    None if correlation is None else str(correlation),
                )
            )

    def _set_timer(self, task: Task, element: Element, event: Event, planned: timers.Schedule | None) -> None:
        form, text = event.timer or ("timeDuration", "")
        if planned is None:
            try:
                planned = timers.schedule(form, self.fill(task, text) or "", self.now, self.environment)
            except timers.TimerTextInvalid as invalid:
                raise errors.ExpressionFailed(element.id, str(invalid)) from None
            except KeyError as missing:
                raise errors.ExpressionFailed(element.id, f"辖区配置中没有名为 {missing} 的时限") from None
        if planned.duration is not None:
            task.internal_data["cycle"] = [planned.due_at.isoformat(), planned.rounds_left, planned.duration]
        host = task.internal_data.get("host")
        self.effects.append(
            c.TimerSet(
                c.EngineTaskId(task.id),
                element.id,
                planned.due_at,
                planned.deadline,
                c.EngineTaskId(host) if host else None,
                planned.duration is not None,
            )
        )

    def rearm(self, task: Task) -> None:
        """A non-interrupting event goes on waiting after it fired: messages and signals always, a timer while its cycle has rounds."""
        element: Element = task.task_spec.element
        planned = None
        if element.event is not None and element.event.kind == "timer":
            cycle = task.internal_data.get("cycle")
            if cycle is None:
                return
            current = timers.Schedule(datetime.fromisoformat(cycle[0]), None, cycle[1], cycle[2])
            planned = timers.next_round(current, self.environment.timezone)
            if planned is None:
                return
        host = task.internal_data.get("host")
        if host is not None:
            hosting = task.workflow.tasks.get(host)
            if hosting is None or not hosting._state & LIVE:
                return
        again = task.parent._add_child(task.task_spec, TaskState.WAITING)
        again.internal_data.update({k: v for k, v in task.internal_data.items() if k in ("group", "host")})
        self.arm(again, planned)

    def throw(self, task: Task) -> None:
        """A throwing event or an end event acts."""
        element: Element = task.task_spec.element
        event = element.event
        if element.type == "endEvent":
            self.last_end = element.id
        if event is None:
            return
        match event.kind:
            case "message":
                correlation = self.evaluate(task, event.correlation) if event.correlation else None
                key = None if correlation is None else str(correlation)
                self.effects.append(c.MessageThrown(element.id, event.reference or "", key, dict(self.context(task))))
            case "signal":
                self.effects.append(c.SignalThrown(element.id, event.reference or "", dict(self.context(task))))
            case "escalation":
                if not self.throw_code(task.workflow, None, "escalation", event.reference):
                    self.effects.append(c.EscalationThrown(element.id, event.reference))
            case "error":
                if not self.throw_code(task.workflow, None, "error", event.reference):
                    self._end_all("error", event.reference)
            case "terminate":
                self._terminate(task)

    def throw_code(self, workflow: Any, activity: Task | None, kind: str, code: str | None) -> bool:
        """Gives an error or escalation to the nearest element that catches it; False when there is none.

        The search begins at the boundary of `activity`, then the event subprocesses of `workflow`, and climbs (BPMN 2.0.2, 10.5.6).
        """
        while True:
            if activity is not None:
                hosts = {activity.id, activity.internal_data.get("instance_of")}
                if self._caught(workflow, kind, code, lambda t, hosts=hosts: t.internal_data.get("host") in hosts):
                    return True
            if self._caught(workflow, kind, code, lambda t: isinstance(t.task_spec, nodes.TriggerNode)):
                return True
            if workflow is self:
                return False
            activity = self.find(workflow.parent_task_id)
            if activity is None:
                return False
            workflow = activity.workflow

    def _caught(self, workflow: Any, kind: str, code: str | None, belongs: Any) -> bool:
        waiting = [
            t for t in workflow.tasks.values() if t._state == TaskState.WAITING and isinstance(t.task_spec, nodes.CatchNode)
        ]
        exact = [t for t in waiting if belongs(t) and t.task_spec.element.event and t.task_spec.element.event.kind == kind]
        for wanted in (code, None):
            for task in exact:
                if task.task_spec.element.event.reference == wanted:
                    self.fire(task)
                    return True
        return False

    def fire(self, task: Task, variables: Mapping[str, Any] | None = None) -> None:
        """What a catching token waits for has come."""
        self.assign(variables or {})
        task.internal_data["fired"] = 1
        element: Element = task.task_spec.element
        if element.event is not None and element.event.kind in ("message", "signal"):
            self.effects.append(c.SubscriptionClosed(c.EngineTaskId(task.id), element.id))
        task.task_spec._update(task)

    def _terminate(self, task: Task) -> None:
        workflow = task.workflow
        for other in list(workflow.tasks.values()):
            if other is not task and other._state & LIVE:
                self.cancel_task(other)
        self._complete_scope(workflow, "terminated")

    def _end_all(self, how: str, error_code: str | None) -> None:
        for workflow in list(self._workflows()):
            for task in list(workflow.tasks.values()):
                if task._state & LIVE:
                    self.cancel_task(task)
        self._complete_scope(self, how, error_code)

    # -------------------------------------------------------------------------------------------------- taking away

    def cancel_task(self, task: Task) -> None:
        """Takes a live token away, with everything below it."""
        spec = task.task_spec
        task._state = TaskState.CANCELLED
        element = spec.element
        task_id = c.EngineTaskId(task.id)
        if isinstance(spec, nodes.UserTaskNode):
            self.effects.append(c.UserTaskClosed(task_id, element.id, c.UserTaskClosing.CANCELLED))
        elif isinstance(spec, nodes.ExternalTaskNode):
            self.effects.append(c.ExternalTaskCancelled(task_id, element.id))
        elif isinstance(spec, nodes.CatchNode) and element.event is not None and not task.internal_data.get("fired"):
            if element.event.kind == "timer":
                self.effects.append(c.TimerCancelled(task_id, element.id))
            elif element.event.kind in ("message", "signal"):
                self.effects.append(c.SubscriptionClosed(task_id, element.id))
        elif isinstance(spec, nodes.MultiNode):
            for child in list(task.workflow.tasks.values()):
                if child.internal_data.get("instance_of") == task.id and child._state & LIVE:
                    self.cancel_task(child)
        inner = self.subprocesses.pop(task.id, None)
        if inner is not None:
            inner.completed = True
            for child in list(inner.tasks.values()):
                if child._state & LIVE:
                    self.cancel_task(child)

    def close_group(self, task: Task) -> None:
        """The activity of this token is over: the boundary events that still wait go with it."""
        group = task.internal_data.get("group")
        if group is None:
            return
        for other in list(task.workflow.tasks.values()):
            if (
                other is not task
                and other.internal_data.get("group") == group
                and isinstance(other.task_spec, nodes.BoundaryNode)
                and other._state & LIVE
                and not other.internal_data.get("fired")
            ):
                self.cancel_task(other)

    # ------------------------------------------------------------------------------------------------------- effects

    def left(self, task: Task, flow_ids: tuple[str, ...]) -> None:
        """A token leaves an element: tell the history, then settle what hangs on its completion."""
        spec = task.task_spec
        element = spec.element
        taken = tuple(flow_id for flow_id in flow_ids if "#" not in flow_id)
        if element is not None and "#" not in spec.name:
            self.effects.append(c.ActivityCompleted(element.id, element.name, element.type, taken, c.EngineTaskId(task.id)))
        elif element is not None and spec.name.endswith("#choice"):
            self.effects.append(c.ActivityCompleted(element.id, element.name, "sequenceFlow", taken, c.EngineTaskId(task.id)))
        elif element is not None and isinstance(spec, nodes.TriggerNode):
            self.effects.append(c.ActivityCompleted(element.id, element.name, element.type, taken, c.EngineTaskId(task.id)))

    def settle(self, task: Task) -> None:
        """Called when a token completed: its boundary events close, its multi-instance counts it."""
        if "group" in task.internal_data and not isinstance(task.task_spec, nodes.BoundaryNode):
            self.close_group(task)
        if "instance_of" in task.internal_data:
            self.instance_completed(task)

    def user_task_opened(self, task: Task) -> None:
        element: Element = task.task_spec.element
        inputs = self.parameters(task, element.inputs)
        if inputs:
            task.internal_data["local"] = {**task.internal_data.get("local", {}), **inputs}
        priority = self.fill(task, element.priority)
        self.effects.append(
            c.UserTaskOpened(
                c.EngineTaskId(task.id),
                element.id,
                self.fill(task, element.name) or element.name,
                form_key=self.fill(task, element.form_key),
                assignee=self.fill(task, element.assignee) or None,
                candidate_users=_listed(self.fill(task, element.candidate_users)),
                candidate_groups=_listed(self.fill(task, element.candidate_groups)),
                due=self.fill(task, element.due) or None,
                follow_up=self.fill(task, element.follow_up) or None,
                priority=int(priority) if priority and priority.lstrip("-").isdigit() else 50,
                lane=element.lane,
                variables=self.local(task),
            )
        )

    def external_task_wanted(self, task: Task) -> None:
        element: Element = task.task_spec.element
        variables = {**self.context(task), **self.parameters(task, element.inputs)}
        self.effects.append(
            c.ExternalTaskWanted(c.EngineTaskId(task.id), element.id, element.name, element.topic or "", variables)
        )


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
