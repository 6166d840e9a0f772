"""Compensation: what has been completed and can be undone, and running its handlers, the last completed first
(BPMN 2.0.2, 13.5.5).

A scope keeps a record of each completed activity that a handler can undo. A thrown compensation takes the
records and has one handler run after another; its token waits meanwhile. A completed subprocess is opened
again for it: its event subprocess for compensation runs there, or else the handlers of what was completed
inside.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import variables
from orchestrator.engine.token import (
    LOCAL,
    UNFINISHED,
    Record,
    RunningScope,
    Token,
)

UNDOES = "undoes"
"""In the token of a handler or of a reopened subprocess: id of the token that has it run."""
LEFT = "undo"
"""In the token that has handlers run: [scopes up, record] of what is still to be undone, the next one
last."""
COMPLETED = "undoable"
"""In the token of a multi-instance: records of the instances that are done. In that of a subprocess: what it
holds that can be undone."""


def record(task: Token, own_variables: bool) -> Record | None:
    """The record of an activity that completes; None where nothing can undo it."""
    spec = task.task_spec
    inner = task.internal_data.get(COMPLETED)
    element = spec.element
    if element is None or not (spec.compensated_by or inner is not None):
        return None
    results: Record = [
        element.id,
        task.internal_data.get(LOCAL) if own_variables else None,
        inner,
    ]
    while results[-1] is None:
        results.pop()
    return results


def completed(task: Token) -> None:
    """An activity is done: its scope remembers it, or the token that has it run goes on with the next."""
    conductor_id = task.internal_data.get(UNDOES)
    if conductor_id is not None:
        conductor = task.workflow.top_workflow.find(conductor_id)
        if conductor is not None and conductor.has_state(TaskState.STARTED):
            go_on(conductor)
        return
    if task.task_spec.counts_instances:
        task.workflow.undoable += task.internal_data.get(COMPLETED, [])
    elif task.task_spec.told_as is not None:
        results = record(task, own_variables=task.task_spec.is_scope)
        if results is not None:
            task.workflow.undoable.append(results)


def begin(task: Token, activity: str | None) -> bool:
    """Takes the records of this activity, or all of the scope's, and has the first handler run; False when
    there are none."""
    taken: list[Any] = []
    for up, home in reversed(list(enumerate(_homes(task)))):
        taken += [
            [up, value]
            for value in home.undoable
            if activity in (None, value[0])
        ]
        home.undoable = [
            value
            for value in home.undoable
            if activity not in (None, value[0])
        ]
    if not taken:
        return False
    task.internal_data[LEFT] = taken
    if task.task_spec.element is not None:
        element_id = task.task_spec.element.id
    else:
        element_id = ""
    activities = tuple(value[0] for _up, value in reversed(taken))
    task.workflow.top_workflow.context.tell(
        c.CompensationBegun(element_id, activities),
    )
    go_on(task)
    return True


def go_on(conductor: Token) -> None:
    """Has the next handler run, or lets the token that waits for them go on."""
    left = conductor.internal_data[LEFT]
    if left:
        _undo(conductor, *left.pop())
        return
    inside = conductor.workflow.top_workflow.subprocesses.get(conductor.id)
    if inside is not None:
        inside.cancel_all()
    conductor.internal_data.pop(LEFT)
    conductor.task_spec.compensated(conductor)


def _undo(conductor: Token, up: int, results: Record) -> None:
    name, local, inner = [*results, None, None][:3]
    inside = conductor.workflow.top_workflow.subprocesses.get(conductor.id)
    if inside is None:
        home = _homes(conductor)[up]
    else:
        home = inside
    specs = home.spec.task_specs
    handler = specs[name].compensated_by
    spec: Any = (
        specs[handler]
        if handler is not None
        else specs.get(f"{name} [child]", specs[name])
    )
    task = home.task_tree._add_child(
        specs.get(f"{handler}.BoundaryEventSplit", spec),
        TaskState.FUTURE,
    )
    task.internal_data[UNDOES] = conductor.id
    if handler is None:
        task.internal_data[LEFT] = [[0, value] for value in inner or []]
    if local:
        variables.narrow(task, local)
    task.task_spec._update(task)


def reopen(task: Token, inside: RunningScope) -> None:
    """Begins to undo what was completed in a subprocess: by its event subprocess for it, or by the handlers
    inside."""
    inside.restore_root()
    by = inside.spec.compensated_by
    if by is None:
        go_on(task)
        return
    inside.undoable = [value for _up, value in task.internal_data.pop(LEFT)]
    handler = inside.task_tree._add_child(
        inside.spec.task_specs[by],
        TaskState.FUTURE,
    )
    handler.task_spec._update(handler)


def stop(conductor: Token) -> None:
    """A token that has handlers run is taken away, and they with it."""
    if LEFT not in conductor.internal_data:
        return
    for scope in conductor.workflow.top_workflow.scopes():
        for task in list(scope.tasks.values()):
            if task.internal_data.get(
                UNDOES,
            ) == conductor.id and task.has_state(UNFINISHED):
                task.cancel()


def _homes(task: Token) -> list[RunningScope]:
    """The scopes whose activities a compensation thrown here undoes, inner before outer: an event subprocess
    undoes what is around it too."""
    scope = task.workflow
    running_scopes = [task.workflow]
    while (
        scope.parent_task_id is not None and scope.parent_workflow is not None
    ):
        element = scope.top_workflow.get_task_from_id(
            scope.parent_task_id,
        ).task_spec.element
        if element is None or not element.event_subprocess:
            break
        scope = scope.parent_workflow
        running_scopes.append(scope)
    return running_scopes
