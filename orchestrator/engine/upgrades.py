"""Lifting stored states, one function a version: decoded state of the version before, definition that the
instance runs by → decoded state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import specs
from orchestrator.engine.definition import Definition
from orchestrator.engine.specs import ProcessSpec

State = dict[str, Any]
Rows = list[list[Any]]


def scopes_by_host(state: State, _definition: Definition) -> State:
    """Version 2: a scope is that of its host token; its name, which was not unique among called processes, is
    gone."""
    return {
        **state,
        "v": 2,
        "scopes": [
            [host_id, rows] for host_id, _name, rows in state["scopes"]
        ],
    }


def library_names(state: State, definition: Definition) -> State:
    """Version 3: SpiffWorkflow's names and counts. A multi-instance's body is `step [child]` and its token
    the parent of its instances'.

    A handler's task is STARTED. What a multi-instance had counted is told by its instances.
    """
    shared = state["vars"]
    tokens = _lifted(state["tokens"], definition.specs[definition.key], shared)
    scopes = []
    hosts = _hosts(tokens, definition.specs[definition.key])
    for host_id, rows in state["scopes"]:
        spec = definition.specs[hosts[host_id]]
        lifted = _lifted(rows, spec, shared)
        hosts.update(_hosts(lifted, spec))
        scopes.append([host_id, lifted])
    return {**state, "v": 3, "tokens": tokens, "scopes": scopes}


def _hosts(rows: Rows, spec: ProcessSpec) -> dict[str, str]:
    """Token that runs a subprocess → name of its spec."""
    nodes = {task_id: spec.task_specs[name] for task_id, name, *_rest in rows}
    return {
        task_id: node.spec
        for task_id, node in nodes.items()
        if isinstance(node, (specs.SubWorkflowTask, specs.CallActivity))
    }


def _lifted(rows: Rows, spec: ProcessSpec, shared: Mapping[str, Any]) -> Rows:
    return [_token(spec, row, shared) for row in rows]


def _token(
    spec: ProcessSpec,
    row: list[Any],
    shared: Mapping[str, Any],
) -> list[Any]:
    task_id, name, state, internal = row
    if name.endswith("#body"):
        name = f"{name.removesuffix('#body')} [child]"
    if isinstance(spec.task_specs.get(name), specs.ServiceTask):
        state = TaskState.STARTED
    if "total" in internal:
        result = (
            shared.get(spec.task_specs[name].multi.output_collection) or []
        )
        return [task_id, name, state, _counted(internal, result)]
    parent = internal.get("instance_of")
    if parent is None:
        return [task_id, name, state, internal]
    kept = {
        key: value for key, value in internal.items() if key != "instance_of"
    }
    return [
        task_id,
        name,
        state,
        {**kept, "key_or_index": kept["local"]["loopCounter"]},
        parent,
    ]


def _counted(internal: dict[str, Any], result: list[Any]) -> dict[str, Any]:
    """What is kept at a multi-instance now: an id for each instance that is done, their results, and the
    items still to open."""
    kept = {
        key: value
        for key, value in internal.items()
        if key not in ("completed", "total", "items")
    }
    left = internal.get("items", [])
    numbered = [
        [internal["total"] - len(left) + number, item]
        for number, item in enumerate(left)
    ]
    collected = [[number, value] for number, value in enumerate(result)]
    return {
        **kept,
        "merged": ["-"] * internal["completed"],
        "remaining": numbered,
        "collected": collected,
    }
