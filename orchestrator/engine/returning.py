"""Putting a token that waits at a task back at a user task of its scope: where it may go, and the move
itself."""

from __future__ import annotations

from datetime import UTC, datetime

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import errors, markings, specs, state
from orchestrator.engine.context import CommandContext
from orchestrator.engine.definition import Definition
from orchestrator.engine.specs.node import HOST
from orchestrator.engine.token import Token
from orchestrator.engine.workflow import ProcessInstance

_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


def ways_back(
    definition: Definition,
    content: bytes,
    task_id: str,
) -> tuple[str, ...]:
    """Ids of the user tasks from which the token of the service or user task could have come, and at which it
    may stand beside the other tokens now.

    Raises UnknownTask when no such task waits there.
    """
    return tuple(
        element_id
        for element_id, alone in all_ways_back(definition, content, task_id)
        if not alone
    )


def all_ways_back(
    definition: Definition,
    content: bytes,
    task_id: str,
) -> tuple[tuple[str, bool], ...]:
    """As `ways_back`, and with True those at which the token may stand once the other tokens of its scope,
    in parallel branches, are taken away."""
    instance = state.load(
        definition,
        content,
        CommandContext(_NO_TIME, c.Environment()),
    )
    task = _waiting_task(instance, task_id)
    spec = definition.specs[task.workflow.spec.name]
    reached = markings.reachable(definition, spec.name)
    beside = [
        place
        for other in _others(task)
        if (
            place := markings.place_of(
                spec,
                other.task_spec.name,
                other.internal_data,
            )
        )
        is not None
    ]
    arriving = {
        flow.id
        for node in spec.task_specs.values()
        for flow, to in node.flows
        if to in _entries(task.task_spec.name)
    }
    results = []
    for node in spec.task_specs.values():
        if not isinstance(
            node,
            specs.UserTask,
        ) or not arriving & spec.reachable_flows(node.name, ""):
            continue
        if _fits(reached, beside, node.name):
            results.append((node.element.id, False))
        elif beside and _fits(reached, [], node.name):
            results.append((node.element.id, True))
    return tuple(results)


def _fits(
    reached: frozenset[markings.Marking] | None,
    beside: list[markings.Place],
    name: str,
) -> bool:
    if reached is None:
        return not beside
    return markings.normal([*beside, (name, "")]) in reached


def _others(task: Token) -> list[Token]:
    """The other live tokens of the scope, without the events at the task's own border."""
    return [
        other
        for other in task.workflow.tasks.values()
        if other is not task
        and other.is_live()
        and other.internal_data.get(HOST) != task.id
    ]


def put_back(
    instance: ProcessInstance,
    task_id: str,
    element_id: str,
    alone: bool = False,
) -> None:
    """Takes the task's token away and puts one at the user task; `alone`: takes away all others of its scope.
    Raises UnknownTask."""
    task = _waiting_task(instance, task_id)
    known = task.workflow.spec.task_specs
    entry = next(
        (known[name] for name in _entries(element_id) if name in known),
        None,
    )
    if entry is None:
        raise errors.UnknownTask(element_id)
    if alone:
        others = _others(task)
    else:
        others = []
    border = [
        token
        for token in task.workflow.tasks.values()
        if token.internal_data.get(HOST) == task.id
    ]
    again = task.workflow.task_tree._add_child(entry, TaskState.FUTURE)
    entry._update(again)
    task.cancel()
    for token in [*border, *others]:
        if token.is_live():
            token.cancel()


def _waiting_task(instance: ProcessInstance, task_id: str) -> Token:
    task = instance.find(task_id)
    if task is None or not isinstance(
        task.task_spec,
        specs.ServiceTask | specs.UserTask,
    ):
        raise errors.UnknownTask(task_id)
    if not task.is_live():
        raise errors.UnknownTask(task_id)
    return task


def waiting_service_task(instance: ProcessInstance, task_id: str) -> Token:
    """The token that waits there for its handler. Raises UnknownTask."""
    task = instance.find(task_id)
    if (
        task is None
        or not isinstance(task.task_spec, specs.ServiceTask)
        or not task.is_live()
    ):
        raise errors.UnknownTask(task_id)
    return task


def _entries(name: str) -> tuple[str, str]:
    """Specs by which a token comes to the step: the split in front of one that has events at its border, else
    the step's own."""
    return f"{name}.BoundaryEventSplit", name
