"""Putting a token that waits at a service task back at a user task of its scope: where it may go, and the
move itself."""

from __future__ import annotations

from datetime import UTC, datetime

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import errors, markings, specs, state
from orchestrator.engine.context import CommandContext
from orchestrator.engine.definition import Definition
from orchestrator.engine.token import Token
from orchestrator.engine.workflow import ProcessInstance

_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


def ways_back(definition: Definition, content: bytes, task_id: str) -> tuple[str, ...]:
    """Ids of the user tasks from which the service task's token could have come, and at which it may stand
    beside the other tokens now.

    Raises UnknownTask when no service task of that id waits.
    """
    instance = state.load(definition, content, CommandContext(_NO_TIME, c.Environment()))
    task = waiting_service_task(instance, task_id)
    spec = definition.specs[task.workflow.spec.name]
    reached = markings.reachable(definition, spec.name)
    others = [other for other in task.workflow.tasks.values() if other is not task and other.is_live()]
    places = [markings.place_of(spec, other.task_spec.name, other.internal_data) for other in others]
    beside = [place for place in places if place is not None]
    if reached is None and beside:
        return ()
    arriving = {
        flow.id
        for node in spec.task_specs.values()
        for flow, to in node.flows
        if to in _entries(task.task_spec.name)
    }
    return tuple(
        node.element.id
        for node in spec.task_specs.values()
        if isinstance(node, specs.UserTask)
        and arriving & spec.reachable_flows(node.name, "")
        and (reached is None or markings.normal([*beside, (node.name, "")]) in reached)
    )


def put_back(instance: ProcessInstance, task_id: str, element_id: str) -> None:
    """Takes the service task's token away and puts one at the user task. Raises UnknownTask."""
    task = waiting_service_task(instance, task_id)
    known = task.workflow.spec.task_specs
    entry = next((known[name] for name in _entries(element_id) if name in known), None)
    if entry is None:
        raise errors.UnknownTask(element_id)
    again = task.workflow.task_tree._add_child(entry, TaskState.FUTURE)
    entry._update(again)
    task.cancel()


def waiting_service_task(instance: ProcessInstance, task_id: str) -> Token:
    """The token that waits there for its handler. Raises UnknownTask."""
    task = instance.find(task_id)
    if task is None or not isinstance(task.task_spec, specs.ServiceTask) or not task.is_live():
        raise errors.UnknownTask(task_id)
    return task


def _entries(name: str) -> tuple[str, str]:
    """Specs by which a token comes to the step: the split in front of one that has events at its border, else
    the step's own."""
    return f"{name}.BoundaryEventSplit", name
