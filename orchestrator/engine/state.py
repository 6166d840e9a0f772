"""A process instance's state to bytes and back: the live tokens, the variables, the counter; never the
definition, never finished history.

Finished tokens are forgotten at once (the history table remembers them), so a step costs the same in the
thousandth round of rework as in the first. Stored states carry STATE_VERSION; an older one is lifted by
UPGRADES, one function a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import specs, upgrades
from orchestrator.engine.context import CommandContext
from orchestrator.engine.definition import Definition
from orchestrator.engine.errors import (
    DataTooLarge,
    NotStorable,
    UnknownStateVersion,
)
from orchestrator.engine.token import LOCAL, RunningScope, Token
from orchestrator.engine.values import OwnVariables
from orchestrator.engine.variables import see_own
from orchestrator.engine.workflow import ProcessInstance

State = dict[str, Any]
"""A decoded state: `v` its version, `n` the counter of ids, `end` the last end event, `vars`, `tokens` and
`scopes` of [host's id, tokens]; `choices` where an administrator has chosen a flow; `undo`, and a third value
of a scope, where something completed there can be undone.

A token is [id, spec, state, internal data]; an instance of a multi-instance has its parent's id as a fifth.
"""

STATE_VERSION = 3
LARGEST = 4 * 1024 * 1024
"""Bytes of an instance: its variables and its live tokens. Every click reads and writes them all."""

UPGRADES: dict[int, Callable[[State, Definition], State]] = {
    1: upgrades.scopes_by_host,
    2: upgrades.library_names,
}
"""Version → function that lifts a decoded state of that version to the next; tests/engine/states keeps one of
each."""


def dump(instance: ProcessInstance) -> bytes:
    """The instance as bytes; the same instance gives the same bytes. Raises NotStorable for variables that
    JSON cannot hold, DataTooLarge."""
    state = {
        "v": STATE_VERSION,
        "n": instance.counter,
        "end": instance.context.last_end,
        "vars": instance.data,
        "tokens": _rows(instance),
        "scopes": [
            [
                host_id,
                _rows(scope),
                *([scope.undoable] if scope.undoable else []),
            ]
            for host_id, scope in instance.subprocesses.items()
        ],
    }
    if instance.choices:
        state["choices"] = instance.choices
    if instance.undoable:
        state["undo"] = instance.undoable
    try:
        content = orjson.dumps(state)
    except TypeError as reason:
        raise NotStorable(str(reason)) from None
    if len(content) > LARGEST:
        raise DataTooLarge(len(content), LARGEST)
    return content


def load(
    definition: Definition,
    content: bytes,
    context: CommandContext,
) -> ProcessInstance:
    """The instance of these bytes, ready for a command. Raises UnknownStateVersion."""
    return restore(definition, decode(definition, content), context)


def decode(definition: Definition, content: bytes) -> State:
    """The bytes as plain values, lifted to STATE_VERSION. Raises UnknownStateVersion."""
    state: State = orjson.loads(content)
    while state["v"] != STATE_VERSION:
        if state["v"] not in UPGRADES:
            raise UnknownStateVersion(state["v"], STATE_VERSION)
        state = UPGRADES[state["v"]](state, definition)
    return state


def restore(
    definition: Definition,
    state: Mapping[str, Any],
    context: CommandContext,
) -> ProcessInstance:
    """`load` from decoded values, every token's spec being one of the definition's."""
    context.last_end = state["end"]
    instance = ProcessInstance(
        definition.specs[definition.key],
        definition.specs,
        definition.script_engine,
        context=context,
        deserializing=True,
    )
    instance.counter = state["n"]
    instance.data = state["vars"]
    instance.choices = state.get("choices", {})
    instance.undoable = state.get("undo", [])
    _restore(instance, state["tokens"])
    for host_id, rows, *undoable in state["scopes"]:
        host = instance.get_task_from_id(host_id)
        scope = instance.create_subprocess(host, host.task_spec.runs(host))
        if undoable:
            scope.undoable = undoable[0]
        else:
            scope.undoable = []
        _restore(scope, rows)
    return instance


def variables_of(content: bytes) -> OwnVariables:
    """The variables that stand in a state, without loading the instance."""
    variables: OwnVariables = orjson.loads(content)["vars"]
    return variables


def _rows(workflow: RunningScope) -> list[list[Any]]:
    root = workflow.task_tree
    return [
        _row(task, root)
        for task in workflow.tasks.values()
        if task.is_live() and task is not root
    ]


def _row(task: Token, root: Token) -> list[Any]:
    row = [task.id, task.task_spec.name, task.state, task.internal_data]
    if task.parent is root:
        return row
    return [*row, task.parent.id]


def _restore(workflow: RunningScope, rows: list[list[Any]]) -> None:
    root = workflow.restore_root()
    task_specs = workflow.spec.task_specs
    waiting = workflow.top_workflow.event_manager
    for task_id, name, task_state, internal, *parent in rows:
        task = Token(
            workflow,
            task_specs[name],
            workflow.tasks[parent[0]] if parent else root,
            task_state,
            task_id,
        )
        task.internal_data = internal
        if LOCAL in internal:
            see_own(task)
        task.triggered = bool(parent)
        if task_state == TaskState.WAITING and isinstance(
            task.task_spec,
            specs.CatchingEvent,
        ):
            waiting.add_task(task)
