"""advance(definition, state, command, now) → Outcome: the engine as a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import catching, errors, expressions, nodes, state
from orchestrator.engine import commands as c
from orchestrator.engine.definition import Definition
from orchestrator.engine.instance import Instance
from orchestrator.engine.patches import counter

_DEFAULT = c.Environment()
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


def advance(
    definition: Definition, content: bytes | None, command: c.Command, now: datetime, environment: c.Environment = _DEFAULT
) -> c.Outcome:
    """What the command does to the instance: the new state and its effects in the order they happened.

    `content` is the state of the last outcome, None for StartProcessInstance. The same arguments always give the same outcome; nothing outside is
    read or changed. Raises EngineError, after which the old state still holds.
    """
    if isinstance(command, c.StartProcessInstance):
        counter.value = 0
        instance = Instance(definition, now, environment, fresh=True)
        instance.variables.update(command.variables)
    else:
        if content is None:
            raise errors.UnknownTask("—")
        instance = state.load(definition, content, now, environment)
    try:
        with expressions.shared_work():
            _apply(instance, command)
            instance.run()
    except SpiffWorkflowException as failure:
        raise errors.EngineError(None, f"流程引擎无法继续：{failure}") from failure
    if instance.ended is not None:
        instance.effects.append(instance.ended)
    return c.Outcome(
        state=state.dump(instance),
        effects=tuple(instance.effects),
        variables=instance.variables,
        title=title(definition, instance),
        ended=instance.ended is not None,
    )


def external_task(definition: Definition, content: bytes, task_id: str) -> tuple[str, dict[str, Any]]:
    """Element id and variables of a service task that waits for its handler, so that it can be tried again. Raises UnknownTask."""
    instance = state.load(definition, content, _NO_TIME, _DEFAULT)
    task = _waiting_for(instance, task_id, nodes.ExternalTaskNode, TaskState.READY)
    element = task.task_spec.element
    return element.id, {**instance.context(task), **instance.parameters(task, element.inputs)}


def _apply(instance: Instance, command: c.Command) -> None:
    match command:
        case c.CompleteUserTask(task_id, variables):
            task = _waiting_for(instance, task_id, nodes.UserTaskNode, TaskState.READY)
            instance.assign(task, variables)
            instance.effects.append(c.UserTaskClosed(task_id, task.task_spec.element.id, c.UserTaskClosing.COMPLETED))
            instance.give_outputs(task)
            instance.complete(task)
        case c.CompleteExternalTask(task_id, variables):
            task = _waiting_for(instance, task_id, nodes.ExternalTaskNode, TaskState.READY)
            instance.external_task_answered(task, dict(variables))
            instance.complete(task)
        case c.ThrowBpmnError(task_id, code, message):
            task = _waiting_for(instance, task_id, nodes.ExternalTaskNode, TaskState.READY)
            if not instance.throw_code(task.workflow, task, "error", code, message):
                element = task.task_spec.element
                raise errors.EngineError(element.id, f"「{element.name}」报告了业务错误「{code}」，图中没有捕获它的边界事件")
        case c.FireTimer(timer_id):
            instance.fire(_catching(instance, timer_id, "timer"))
        case c.DeliverMessage(_name, subscription_id, variables):
            instance.fire(_catching(instance, subscription_id, "message"), variables)
        case c.DeliverSignal(name, variables):
            _signal(instance, name, variables)
        case c.StartProcessInstance():
            pass


def _waiting_for(instance: Instance, task_id: str, kind: type[nodes.Node], wanted: int) -> Task:
    task = instance.find(task_id)
    if task is None or not isinstance(task.task_spec, kind) or task._state != wanted:
        raise errors.UnknownTask(task_id)
    return task


def _catching(instance: Instance, task_id: str, kind: str) -> Task:
    task = _waiting_for(instance, task_id, catching.CatchNode, TaskState.WAITING)
    event = task.task_spec.element.event
    if event is None or event.kind != kind:
        raise errors.UnknownTask(task_id)
    return task


def _signal(instance: Instance, name: str, variables: Mapping[str, Any]) -> None:
    """Fires every token that waits for the signal at this moment; one that another of them interrupts no longer does."""
    tokens = list(instance.all_tokens())
    if not any(token._state & nodes.LIVE for token in tokens):
        raise errors.UnknownTask(name)
    for token in tokens:
        if instance.waits_for_signal(token, name):
            instance.fire(token, variables)


def title(definition: Definition, instance: Instance) -> str | None:
    """The process's `title` extension property, filled in; its name where a variable is missing, None where it has none."""
    template = definition.title_template
    if template is None:
        return None
    try:
        return expressions.fill(template, instance.variables)
    except ValueError:
        return definition.name
