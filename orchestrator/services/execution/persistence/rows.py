"""The rows of one or many commands, gathered so that each table is written once, with statements that are
compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from orchestrator.services.execution.persistence import (
    one_statement,
    search_words,
)
from orchestrator.services.execution.persistence.row_statements import (
    INSTANCES,
    STATEMENTS,
    Row,
    Rows,
    Several,
)
from orchestrator.services.records import happened
from orchestrator.services.records.ids import new_id
from orchestrator.services.registers import list_changes
from orchestrator.store import search
from orchestrator.store.session import pipelined


@dataclass
class RowChanges(Changes[LockedInstance]):
    """The changes of one instance and the rows that come of them; nothing of it is written yet."""

    tasks: Several = field(default_factory=list)
    candidates: Several = field(default_factory=list)
    deadlines: Several = field(default_factory=list)
    timer_rows: Several = field(default_factory=list)
    sealed: Several = field(default_factory=list)
    """Rows of the history."""
    together: list[Statement] = field(default_factory=list)
    """What is written together with them."""


__all__ = ["FAR_FUTURE", "RowChanges", "write_rows"]


def _subscription(
    instance: LockedInstance, effect: c.SubscriptionOpened
) -> Row:
    return {
        "id": instance.row_id(effect.subscription_id),
        "tenant_id": instance.tenant_id,
        "instance_id": instance.id,
        "element_id": effect.element_id,
        "kind": effect.kind,
        "name": effect.name,
        "correlation": effect.correlation,
    }


def _incident(instance: LockedInstance, trouble: RaisedIncident) -> Row:
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


def _messages(step: RowChanges) -> Several:
    chain = event_chains.thrown(step.instance.session, len(step.thrown))
    return [
        _message(step.instance, effect, chain.payload())
        for effect in step.thrown
    ]


def _message(
    instance: LockedInstance,
    effect: c.MessageThrown | c.SignalThrown,
    chain: Mapping[str, int],
) -> Row:
    payload: Row = {
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


_ADDED: Mapping[str, Callable[[RowChanges], Iterable[Row]]] = {
    "task": lambda step: step.tasks,
    "candidate": lambda step: step.candidates,
    "deadline": lambda step: step.deadlines,
    "timer": lambda step: step.timer_rows,
    "subscription": lambda step: [
        _subscription(step.instance, subscription)
        for subscription in step.subscriptions.values()
    ],
    "incident": lambda step: [
        _incident(step.instance, trouble) for trouble in step.troubles
    ],
    "message": _messages,
    "history": lambda step: step.sealed,
}
"""Kind → the rows that a step adds, in an order that foreign keys allow."""


def write_rows(session: Session, steps: Sequence[RowChanges]) -> None:
    """Writes the steps; each instance's revision rises by one. Raises InstanceChanged when one moved on
    meanwhile."""
    connection = session.connection()
    for step in steps:
        step.together = [
            entry.written
            for entry in step.instance.entries
            if entry.written is not None
        ]
        step.sealed = step.instance.seal()
    rows = [*_instance_rows(steps), *_effect_rows(steps)]
    found_by = [
        entry
        for step in steps
        if (entry := _found_by(session, step)) is not None
    ]
    rows.append(("found-by", found_by))
    at_once = None
    if len(steps) == 1:
        at_once = one_statement.of(connection, rows)
    if at_once is None:
        _write_by_kind(session, steps, rows)
    else:
        for statement, values in _together(steps):
            connection.execute(statement, values)
        if connection.execute(*at_once).scalar_one() != 1:
            raise _moved_on()
    happened.note(
        session,
        [row["kind"] for step in steps for row in step.sealed],
    )


def _moved_on() -> InstanceChanged:
    return InstanceChanged(say("该事项刚刚有了新进展，请刷新后重试"))


def _write_by_kind(
    session: Session, steps: Sequence[RowChanges], rows: Sequence[Rows]
) -> None:
    """The rows of each kind with one statement, those of the instances first."""
    connection = session.connection()
    run = connection.execute
    of_instances = [
        (kind, several) for kind, several in rows if kind in INSTANCES
    ]
    for kind, several in of_instances:
        if several and run(STATEMENTS[kind], several).rowcount != len(several):
            raise _moved_on()
    statements = {
        **STATEMENTS,
        "found-by": search.add(session.get_bind().dialect.name),
    }
    with pipelined(session):
        for statement, values in _together(steps):
            run(statement, values)
        for kind, several in rows:
            if several and kind not in INSTANCES:
                at_once = one_statement.added(connection, kind, several)
                run(*(at_once or (statements[kind], several)))


def _found_by(session: Session, step: RowChanges) -> Row | None:
    instance = step.instance
    if any(row["data"].get("submitted") for row in step.sealed):
        bundle = readable(session, instance.bundle, instance.now)
    else:
        bundle = instance.bundle
    return search_words.entry(instance, bundle, step.sealed, step.tasks)


def _effect_rows(steps: Sequence[RowChanges]) -> list[Rows]:
    """What the steps change and add, by kind."""
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
    cancelled = [
        _row_id(step, timer)
        for step in steps
        for timer in step.cancelled_timers
    ]
    unsubscribed = [
        _row_id(step, subscription)
        for step in steps
        for subscription in step.closed_subscriptions
    ]
    return [
        ("close-task", closed),
        ("close-offers", [{"row_id": row["row_id"]} for row in closed]),
        ("cancel-timer", cancelled),
        ("close-subscription", unsubscribed),
        *(
            (kind, [row for step in steps for row in rows_of(step)])
            for kind, rows_of in _ADDED.items()
        ),
    ]


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
) -> list[Rows]:
    noted: Several = []
    moved: Several = []
    ended: Several = []
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
        barred = list_changes.bars(
            instance.bundle,
            instance.bundle.definition.topics,
            step.ended.end_element_id,
        )
        # The story of an ended instance is its history; the engine needs nothing of it any more.
        row |= {
            "new_engine_state": None,
            "new_variables": {},
            # What was refused is known by it for as long as it may not be asked for again.
            "new_asks_for": row["new_asks_for"] if barred else None,
            "new_state": "completed",
            "new_ended_at": instance.now,
            "new_end_element_id": step.ended.end_element_id,
        }
        ended.append(row)
    return [("noted", noted), ("moved", moved), ("ended", ended)]
