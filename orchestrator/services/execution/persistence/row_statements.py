"""The statements that write what a command changed, one for each kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from orchestrator.store import search
from orchestrator.store.base import table
from orchestrator.store.incidents import Incident, OutboxMessage
from orchestrator.store.instances import (
    EventSubscription,
    HistoryEntry,
    ProcessInstance,
)
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

Row = dict[str, Any]
"""Columns of a row that is added, parameters of one that is changed."""
Several = list[Row]
Rows = tuple[str, Several]
"""A kind of row, and its rows."""

INSTANCE = table(ProcessInstance)
TASK = table(UserTask)
CANDIDATE = table(UserTaskCandidate)
TIMER = table(TimerJob)
SUBSCRIPTION = table(EventSubscription)

INSERTED: Mapping[str, sa.Table] = {
    "task": TASK,
    "candidate": CANDIDATE,
    "deadline": table(Deadline),
    "timer": TIMER,
    "subscription": SUBSCRIPTION,
    "incident": table(Incident),
    "message": table(OutboxMessage),
    "history": table(HistoryEntry),
    "found-by": table(search.SearchEntry),
}
"""Kind → where its rows are added, in an order that foreign keys allow."""


def _set(target: sa.Table, *names: str) -> dict[str, Any]:
    return {
        name: bindparam(f"new_{name}", type_=target.c[name].type)
        for name in names
    }


_MOVED = ("title", "engine_state", "variables", "asks_for")
INSTANCES: Mapping[str, tuple[str, ...]] = {
    "noted": (),
    "moved": _MOVED,
    "ended": (*_MOVED, "state", "ended_at", "end_element_id"),
}
"""Kind of change of an instance → the columns that it sets beside the revision and the history's head."""


def update_instance(kind: str) -> sa.Update:
    """The instance's own row, as long as it stands at the revision that was read."""
    always = ("revision", "history_seq", "history_hash")
    return (
        sa.update(INSTANCE)
        .where(
            INSTANCE.c.id == bindparam("row_id"),
            INSTANCE.c.revision == bindparam("old_revision"),
        )
        .values(_set(INSTANCE, *always, *INSTANCES[kind]))
    )


CHANGED: Mapping[str, Any] = {
    "close-task": sa.update(TASK)
    .where(TASK.c.id == bindparam("row_id"), TASK.c.state == "open")
    .values(
        **_set(TASK, "state", "closed_at", "closed_by"),
        revision=TASK.c.revision + 1,
    ),
    "close-offers": sa.update(CANDIDATE)
    .where(CANDIDATE.c.task_id == bindparam("row_id"), CANDIDATE.c.offered)
    .values(offered=sa.false()),
    # What had been planned stands in the diagram and in the step's deadline; what fired, in the history.
    "cancel-timer": sa.delete(TIMER).where(
        TIMER.c.id == bindparam("row_id"), TIMER.c.state == "planned"
    ),
    "close-subscription": sa.delete(SUBSCRIPTION).where(
        SUBSCRIPTION.c.id == bindparam("row_id")
    ),
}
"""Kind → the statement that changes the row of the parameter `row_id`."""

STATEMENTS: Mapping[str, Any] = {
    **{kind: update_instance(kind) for kind in INSTANCES},
    **CHANGED,
    **{
        kind: sa.insert(target)
        for kind, target in INSERTED.items()
        if kind != "found-by"
    },
}
"""Kind → its statement for many rows; `found-by` differs by database, see `search.add`."""
