"""Every module with tables, so that the metadata is whole."""

from orchestrator.store import (
    definitions,
    incidents,
    instances,
    notices,
    people,
    registers,
    search,
    territories,
    timers,
    user_tasks,
)

__all__ = [
    "definitions",
    "incidents",
    "instances",
    "notices",
    "people",
    "registers",
    "search",
    "territories",
    "timers",
    "user_tasks",
]
