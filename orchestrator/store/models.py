"""Every module with tables, so that the metadata is whole."""

from orchestrator.store import (
    definitions,
    drafts,
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
    "drafts",
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
