"""The rows of one or many commands, gathered so that each table is written once, with statements that are
compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from orchestrator.engine import commands as c
from orchestrator.errors import InstanceChanged
from orchestrator.sentences import say
from orchestrator.services.bundles import readable
from orchestrator.services.execution import event_chains
from orchestrator.services.execution.changes import Changes, RaisedIncident
from orchestrator.services.execution.due_dates import FAR_FUTURE
from orchestrator.services.execution.instance import Statement
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import search_words
from orchestrator.services.records import happened
from orchestrator.services.records.ids import new_id
from orchestrator.services.registers import list_changes
from orchestrator.store import search
from orchestrator.store.base import table
from orchestrator.store.incidents import Incident, OutboxMessage
from orchestrator.store.instances import (
    EventSubscription,
    HistoryEntry,
    ProcessInstance,
)
from orchestrator.store.session import pipelined
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


@dataclass
class RowChanges(Changes[LockedInstance]):
    """The changes of one instance and the rows that come of them; nothing of it is written yet."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    deadlines: list[dict[str, Any]] = field(default_factory=list)
    timer_rows: list[dict[str, Any]] = field(default_factory=list)
    sealed: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the history."""
    together: list[Statement] = field(default_factory=list)
    """What is written together with them."""


__all__ = ["FAR_FUTURE", "RowChanges", "write_rows"]

_INSTANCE = table(ProcessInstance)
_TASK = table(UserTask)
_CANDIDATE = table(UserTaskCandidate)
_TIMER = table(TimerJob)
_SUBSCRIPTION = table(EventSubscription)


def _set(target: sa.Table, *names: str) -> dict[str, Any]:
    return {
        name: bindparam(f"new_{name}", type_=target.c[name].type)
        for name in names
    }


def _at_revision(*names: str) -> sa.Update:
    mine = (
        _INSTANCE.c.id == bindparam("row_id"),
        _INSTANCE.c.revision == bindparam("old_revision"),
    )
    return (
        sa.update(_INSTANCE)
        .where(*mine)
        .values(
            _set(_INSTANCE, "revision", "history_seq", "history_hash", *names)
        )
    )


_NOTED = _at_revision()
_MOVED = _at_revision("title", "engine_state", "variables", "asks_for")
_ENDED = _at_revision(
    "title",
    "engine_state",
    "variables",
    "asks_for",
    "state",
    "ended_at",
    "end_element_id",
)
_CLOSE_TASK = (
    sa.update(_TASK)
    .where(_TASK.c.id == bindparam("row_id"), _TASK.c.state == "open")
    .values(
        **_set(_TASK, "state", "closed_at", "closed_by"),
        revision=_TASK.c.revision + 1,
    )
)
_CLOSE_OFFERS = (
    sa.update(_CANDIDATE)
    .where(_CANDIDATE.c.task_id == bindparam("row_id"), _CANDIDATE.c.offered)
    .values(offered=sa.false())
)
# What had been planned stands in the diagram and in the step's deadline; what fired, in the history.
_CANCEL_TIMER = sa.delete(_TIMER).where(
    _TIMER.c.id == bindparam("row_id"), _TIMER.c.state == "planned"
)
_CLOSE_SUBSCRIPTION = sa.delete(_SUBSCRIPTION).where(
    _SUBSCRIPTION.c.id == bindparam("row_id")
)


def _subscription(
    instance: LockedInstance, effect: c.SubscriptionOpened
) -> dict[str, Any]:
    return {
        "id": instance.row_id(effect.subscription_id),
        "tenant_id": instance.tenant_id,
        "instance_id": instance.id,
        "element_id": effect.element_id,
        "kind": effect.kind,
        "name": effect.name,
        "correlation": effect.correlation,
    }


def _incident(
    instance: LockedInstance, trouble: RaisedIncident
) -> dict[str, Any]:
    return {
        "id": new_id(instance.now),
        "tenant_id": instance.tenant_id,
        "instance_id": instance.id,
        "element_id": trouble.element_id,
        "kind": trouble.kind,
        "message": trouble.message,
        "details": trouble.details,
        "state": "open",
        "attempts": 1,
        "created_at": instance.now,
        "resolved_at": None,
        "resolved_by": None,
    }


def _messages(step: RowChanges) -> list[dict[str, Any]]:
    chain = event_chains.thrown(step.instance.session, len(step.thrown))
    return [
        _message(step.instance, effect, chain.payload())
        for effect in step.thrown
    ]


def _message(
    instance: LockedInstance,
    effect: c.MessageThrown | c.SignalThrown,
    chain: Mapping[str, int],
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "name": effect.name,
        "variables": dict(effect.variables),
        **chain,
    }
    if isinstance(effect, c.MessageThrown):
        kind = "message"
        payload["correlation"] = effect.correlation
    else:
        # The thrower's own events have heard the signal already.
        kind = "signal"
        payload["heard_by"] = instance.id
    return {
        "id": new_id(instance.now),
        "tenant_id": instance.tenant_id,
        "instance_id": instance.id,
        "kind": kind,
        "payload": payload,
        "created_at": instance.now,
        "available_at": instance.now,
        "sent_at": None,
        "attempts": 0,
        "last_error": None,
    }


_INSERTS: Sequence[
    tuple[sa.Insert, Callable[[RowChanges], Iterable[dict[str, Any]]]]
] = (
    (sa.insert(_TASK), lambda step: step.tasks),
    (sa.insert(_CANDIDATE), lambda step: step.candidates),
    (sa.insert(table(Deadline)), lambda step: step.deadlines),
    (sa.insert(_TIMER), lambda step: step.timer_rows),
    (
        sa.insert(_SUBSCRIPTION),
        lambda step: [
            _subscription(step.instance, subscription)
            for subscription in step.subscriptions.values()
        ],
    ),
    (
        sa.insert(table(Incident)),
        lambda step: [
            _incident(step.instance, trouble) for trouble in step.troubles
        ],
    ),
    (
        sa.insert(table(OutboxMessage)),
        _messages,
    ),
    (sa.insert(table(HistoryEntry)), lambda step: step.sealed),
)


def write_rows(session: Session, steps: Sequence[RowChanges]) -> None:
    """Writes the steps; each instance's revision rises by one. Raises InstanceChanged when one moved on
    meanwhile."""
    run = session.connection().execute
    for step in steps:
        step.together = [
            entry.written
            for entry in step.instance.entries
            if entry.written is not None
        ]
        step.sealed = step.instance.seal()
    for update, instances in _instance_rows(steps):
        if instances and run(update, instances).rowcount != len(instances):
            raise InstanceChanged(say("该事项刚刚有了新进展，请刷新后重试"))
    found_by = [
        entry
        for step in steps
        if (entry := _found_by(session, step)) is not None
    ]
    with pipelined(session):
        _write_effects(run, steps)
        if found_by:
            run(search.add(session.get_bind().dialect.name), found_by)
    happened.note(
        session,
        [row["kind"] for step in steps for row in step.sealed],
    )


def _found_by(session: Session, step: RowChanges) -> dict[str, Any] | None:
    instance = step.instance
    if any(row["data"].get("submitted") for row in step.sealed):
        bundle = readable(session, instance.bundle, instance.now)
    else:
        bundle = instance.bundle
    return search_words.entry(instance, bundle, step.sealed, step.tasks)


def _write_effects(
    run: Callable[..., Any], steps: Sequence[RowChanges]
) -> None:
    for statement, values in _together(steps):
        run(statement, values)
    closed = [
        {
            "row_id": step.instance.row_id(task_id),
            "new_state": how.value,
            "new_closed_at": step.instance.now,
            "new_closed_by": step.instance.actor.person_id
            if how == c.UserTaskClosing.COMPLETED
            else None,
        }
        for step in steps
        for task_id, how in step.closed.items()
    ]
    if closed:
        run(_CLOSE_TASK, closed)
        run(_CLOSE_OFFERS, [{"row_id": row["row_id"]} for row in closed])
    if cancelled := [
        _row_id(step, timer)
        for step in steps
        for timer in step.cancelled_timers
    ]:
        run(_CANCEL_TIMER, cancelled)
    if unsubscribed := [
        _row_id(step, subscription)
        for step in steps
        for subscription in step.closed_subscriptions
    ]:
        run(_CLOSE_SUBSCRIPTION, unsubscribed)
    for insert, rows_of in _INSERTS:
        rows = [row for step in steps for row in rows_of(step)]
        if rows:
            run(insert, rows)


def _together(
    steps: Sequence[RowChanges],
) -> list[tuple[Any, list[Mapping[str, Any]]]]:
    """Each statement that goes with an entry, once for all of its values."""
    result: dict[int, tuple[Any, list[Mapping[str, Any]]]] = {}
    for step in steps:
        for statement, values in step.together:
            result.setdefault(id(statement), (statement, []))[1].append(values)
    return list(result.values())


def _row_id(step: RowChanges, task_id: str) -> dict[str, str]:
    return {"row_id": step.instance.row_id(task_id)}


def _instance_rows(
    steps: Sequence[RowChanges],
) -> list[tuple[sa.Update, list[dict[str, Any]]]]:
    noted: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    for step in steps:
        instance = step.instance
        row = {
            "row_id": instance.id,
            "old_revision": instance.revision,
            "new_revision": instance.revision + 1,
            "new_history_seq": instance.history_seq,
            "new_history_hash": instance.history_hash,
        }
        instance.revision += 1
        if not step.moved:
            noted.append(row)
            continue
        row |= {
            "new_title": instance.title,
            "new_engine_state": instance.engine_state,
            "new_variables": instance.variables,
        }
        row["new_asks_for"] = list_changes.asks_for(
            instance.bundle, instance.variables, instance.territory_path
        )
        if step.ended is None:
            moved.append(row)
            continue
        # The story of an ended instance is its history; the engine needs nothing of it any more.
        row |= {
            "new_engine_state": None,
            "new_variables": {},
            "new_asks_for": None,
            "new_state": "completed",
            "new_ended_at": instance.now,
            "new_end_element_id": step.ended.end_element_id,
        }
        ended.append(row)
    return [(_NOTED, noted), (_MOVED, moved), (_ENDED, ended)]
