"""A process instance's state to bytes and back: the live tokens, the variables, the counter; never the definition, never finished history.

Finished tokens are forgotten at once (the history table remembers them), so a step costs the same in the thousandth round of rework as in the
first. Stored states carry STATE_VERSION; an older one is lifted by UPGRADES, one function a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine.commands import Environment
from orchestrator.engine.definition import Definition
from orchestrator.engine.errors import DataTooLarge, NotStorable
from orchestrator.engine.instance import Instance
from orchestrator.engine.nodes import LIVE
from orchestrator.engine.patches import counter
from orchestrator.engine.tokens import ScopeInstance

STATE_VERSION = 2
LARGEST = 4 * 1024 * 1024
"""Bytes of an instance: its variables and its live tokens. Every click reads and writes them all."""


def _scopes_by_host(state: dict[str, Any]) -> dict[str, Any]:
    """Version 2: a scope is that of its host token; its name, which was not unique among called processes, is gone."""
    return {**state, "v": 2, "scopes": [[host_id, rows] for host_id, _name, rows in state["scopes"]]}


UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _scopes_by_host}
"""Version → function that lifts a decoded state of that version to the next; tests/engine/states keeps one of each."""

ROOT = "0"


def dump(instance: Instance) -> bytes:
    """The instance as bytes; the same instance gives the same bytes. Raises NotStorable for variables that JSON cannot hold, DataTooLarge."""
    state = {
        "v": STATE_VERSION,
        "n": counter.value,
        "end": instance.last_end,
        "vars": instance.variables,
        "tokens": _rows(instance),
        "scopes": [[host_id, _rows(scope)] for host_id, scope in instance.subprocesses.items()],
    }
    try:
        content = orjson.dumps(state)
    except TypeError as reason:
        raise NotStorable(str(reason)) from None
    if len(content) > LARGEST:
        raise DataTooLarge(len(content), LARGEST)
    return content


def load(definition: Definition, content: bytes, now: datetime, environment: Environment) -> Instance:
    """The instance of these bytes, ready for a command; sets the running counter. Raises ValueError for an unknown version."""
    return restore(definition, decode(content), now, environment)


def decode(content: bytes) -> dict[str, Any]:
    """The bytes as plain values, lifted to STATE_VERSION. Raises ValueError for an unknown version."""
    state: dict[str, Any] = orjson.loads(content)
    while state["v"] != STATE_VERSION:
        if state["v"] not in UPGRADES:
            raise ValueError(f"engine state of version {state['v']} cannot be read by version {STATE_VERSION}")
        state = UPGRADES[state["v"]](state)
    return state


def restore(definition: Definition, state: Mapping[str, Any], now: datetime, environment: Environment) -> Instance:
    """`load` from decoded values, every token's spec being one of the definition's."""
    counter.value = state["n"]
    instance = Instance(definition, now, environment, fresh=False)
    instance.variables = state["vars"]
    instance.last_end = state["end"]
    _restore(instance, state["tokens"])
    for host_id, rows in state["scopes"]:
        host = instance.find(host_id)
        assert host is not None
        scope = ScopeInstance(definition.specs[host.task_spec.scope], host, instance, fresh=False)
        instance.subprocesses[host_id] = scope
        _restore(scope, rows)
    return instance


def variables_of(content: bytes) -> dict[str, Any]:
    """The variables that stand in a state, without loading the instance."""
    found: dict[str, Any] = orjson.loads(content)["vars"]
    return found


def _rows(workflow: Any) -> list[list[Any]]:
    return [
        [task.id, task.task_spec.name, task._state, task.internal_data]
        for task in workflow.tasks.values()
        if task._state & LIVE and task is not workflow.task_tree
    ]


def _restore(workflow: Any, rows: list[list[Any]]) -> None:
    root = _task(workflow, ROOT, workflow.spec.start, TaskState.COMPLETED, {})
    root._parent = None
    workflow.task_tree = root
    specs = workflow.spec.task_specs
    for task_id, name, state, internal in rows:
        task = _task(workflow, task_id, specs[name], state, internal)
        task._parent = ROOT
        root._children.append(task_id)


def _task(workflow: Any, task_id: str, spec: Any, state: int, internal: dict[str, Any]) -> Task:
    task = Task.__new__(Task)
    task.id = task_id
    task.workflow = workflow
    task._children = []
    task._state = state
    task.triggered = False
    task.task_spec = spec
    task.thread_id = 0
    task.data = {}
    task.internal_data = internal
    task.last_state_change = 0
    workflow.tasks[task_id] = task
    return task
