"""Of an instance that is tried: in which called processes it waits, and at which calls."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.engine import Definition, Element
from orchestrator.engine.model import Process


def called_name(definition: Definition, element_id: str) -> str:
    """Name of the called process in which the element stands; empty in the procedure itself."""
    process = _process_of(definition, element_id)
    if process is None or process.id == definition.process.id:
        return ""
    return process.name or process.id


def process_name(definition: Definition, call: Element) -> str:
    """Name of the process that is called; empty where only the running instance knows it."""
    process = definition.processes.get(call.called or "")
    if process is None:
        return ""
    return process.name or process.id


def around(definition: Definition, waiting: Collection[str]) -> list[Element]:
    """The calls whose called processes hold one of these elements, or call such a one."""
    inside = {
        process.id
        for element_id in waiting
        if (process := _process_of(definition, element_id)) is not None
    } - {definition.process.id}
    calls: dict[str, Element] = {}
    pending = list(inside)
    while pending:
        called = pending.pop()
        for process in definition.processes.values():
            for element in process.elements.values():
                if element.called == called and element.id not in calls:
                    calls[element.id] = element
                    pending.append(process.id)
    return [call for call in definition.elements.values() if call.id in calls]


def _process_of(definition: Definition, element_id: str) -> Process | None:
    return next(
        (
            process
            for process in definition.processes.values()
            if element_id in process.elements
        ),
        None,
    )
