"""Calls by expression: which process runs is known when the call is reached; which may be called is known at
deployment."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.engine.model import ACTIVITIES, Process


def is_expression(called: str | None) -> bool:
    """Whether a call activity's process is computed."""
    return called is not None and ("${" in called or "#{" in called)


def candidates(caller: Process, processes: Mapping[str, Process]) -> list[str]:
    """Keys of the processes that the caller may call by an expression, sorted.

    They are executable, have a plain start event and share no activity's id with the caller, by which history
    and forms go.
    """
    return sorted(
        key
        for key, process in processes.items()
        if process is not caller and _may_be_called(process, caller)
    )


def _may_be_called(process: Process, caller: Process) -> bool:
    starts = [
        element
        for element in process.scopes[process.id].elements.values()
        if element.type == "startEvent"
    ]
    plain = any(start.event is None for start in starts)
    return (
        process.id != caller.id
        and process.executable
        and plain
        and not (_activities(process) & _activities(caller))
    )


def _activities(process: Process) -> set[str]:
    return {
        element_id
        for element_id, element in process.elements.items()
        if element.type in ACTIVITIES
    }
