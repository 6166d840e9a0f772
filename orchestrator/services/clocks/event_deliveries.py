"""Who hears a message or a signal: the one instance that waits for the message, every instance that waits for
the signal, the processes that either starts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.engine import EngineError
from orchestrator.engine import commands as c
from orchestrator.services import bundles
from orchestrator.services.execution import (
    event_chains,
    locked_instance,
    persistence,
)
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.instances import event_starts
from orchestrator.services.instances.event_starts import Heard
from orchestrator.services.records.ids import new_id
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.instances import EventSubscription, ProcessInstance


def to_one(
    session: Session,
    tenant_id: str,
    heard: Heard,
    correlation: str | None,
    now: datetime,
) -> int:
    """Gives the message to one instance or starts one; returns how many got it, 0 or 1.

    An instance that waits comes before a new one, as in Camunda 7; a start asks for no correlation key.
    """
    row = session.execute(
        sa.select(EventSubscription.id, EventSubscription.instance_id)
        .join(
            ProcessInstance,
            ProcessInstance.id == EventSubscription.instance_id,
        )
        .where(
            EventSubscription.tenant_id == tenant_id,
            EventSubscription.kind == "message",
            EventSubscription.name == heard.name,
            EventSubscription.correlation.is_not_distinct_from(correlation),
            ProcessInstance.state == "active",
        )
        .order_by(EventSubscription.id)
        .limit(1)
    ).first()
    if row is None:
        begins = event_starts.listening(
            session,
            tenant_id,
            "message",
            heard.name,
            now,
        )[:1]
        for definition_id, start_id in begins:
            event_starts.begin(session, definition_id, start_id, heard, now)
        return len(begins)
    engine_id = c.EngineTaskId(row.id.rpartition(".")[2])
    return int(
        deliver(
            session,
            row.instance_id,
            c.DeliverMessage(heard.name, engine_id, heard.variables),
            now,
        )
    )


def to_every_hearer(
    session: Session,
    tenant_id: str,
    heard: Heard,
    now: datetime,
    heard_by: str | None = None,
) -> int:
    """A signal becomes one message to each instance that waits for it at this moment, and one for each
    process that it starts. Returns to how many.

    `heard_by` has heard it already: its thrower.
    """
    query = sa.select(EventSubscription.instance_id).where(
        EventSubscription.tenant_id == tenant_id,
        EventSubscription.kind == "signal",
        EventSubscription.name == heard.name,
    )
    ids = [
        value
        for value in session.scalars(query.distinct())
        if value != heard_by
    ]
    listening = event_starts.listening(
        session,
        tenant_id,
        "signal",
        heard.name,
        now,
    )
    chain = (heard.chain or event_chains.begun()).divided(
        len(ids) + len(listening)
    )
    details = {
        "name": heard.name,
        "variables": dict(heard.variables),
        **chain.payload(),
    }
    begins = [
        {
            **details,
            "definition_id": definition_id,
            "start_id": start_id,
            "place": heard.place,
        }
        for definition_id, start_id in listening
    ]
    parts: list[tuple[str, str | None, dict[str, Any]]] = [
        ("signal-start", None, begin) for begin in begins
    ]
    parts += [
        ("signal-delivery", value, {**details, "instance_id": value})
        for value in ids
    ]
    session.add_all(
        OutboxMessage(
            id=new_id(now),
            tenant_id=tenant_id,
            instance_id=instance_id,
            kind=kind,
            payload=payload,
            created_at=now,
            available_at=now,
        )
        for kind, instance_id, payload in parts
    )
    return len(parts)


def deliver(
    session: Session,
    instance_id: str,
    command: c.DeliverMessage | c.DeliverSignal,
    now: datetime,
) -> bool:
    """True when the instance took it; what then fails in its diagram is its own incident."""
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS)
        .where(
            ProcessInstance.id == instance_id,
            ProcessInstance.state == "active",
        )
        .with_for_update()
    ).first()
    if row is None:
        return False
    instance = locked_instance.from_row(
        session,
        bundles.bundle_of(session, row.definition_id),
        row,
        CLOCK,
        now,
    )
    kept = instance.bookmark()
    instance.remember(
        "event-delivered",
        None,
        name=command.name,
        values=dict(command.variables),
    )
    try:
        persistence.carry_out(instance, command)
    except EngineError as failure:
        instance.forget_since(kept)
        if failure.kind == "unknown-task":
            return False
        details: dict[str, Any] = {
            "command": "deliver-event",
            "name": command.name,
            "variables": dict(command.variables),
        }
        if isinstance(command, c.DeliverMessage):
            details["subscription"] = command.subscription_id
        persistence.note_failure(
            instance,
            failure.element_id,
            failure.kind,
            failure.message,
            details,
        )
    return True
