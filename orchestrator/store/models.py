"""Every module with tables, so that the metadata is whole."""

from orchestrator.store import (
    calendars,
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
    "calendars",
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
