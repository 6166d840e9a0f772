"""Every module with tables, so that the metadata is whole."""

from orchestrator.store import (
    accounts,
    calendars,
    definitions,
    drafts,
    history_checks,
    incidents,
    instances,
    notices,
    people,
    registers,
    saved_forms,
    search,
    start_events,
    territories,
    timers,
    user_tasks,
)

__all__ = [
    "accounts",
    "calendars",
    "definitions",
    "drafts",
    "history_checks",
    "incidents",
    "instances",
    "notices",
    "people",
    "registers",
    "saved_forms",
    "search",
    "start_events",
    "territories",
    "timers",
    "user_tasks",
]
