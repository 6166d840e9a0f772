"""Events between instances: messages with correlation keys and signals, carried by the outbox, each in a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator.engine import commands as c
from orchestrator.engine.errors import EngineError
from orchestrator.services import deployments, outcome, running
from orchestrator.services.running import CLOCK
from orchestrator.store.base import table
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.session import db, transaction


def deliver_message(tenant_id: str, name: str, correlation: str | None, variables: Mapping[str, Any], now: datetime) -> int:
    """Gives the message to the one instance that waits for it under that correlation key; returns how many got it (0 or 1)."""
    with transaction() as session:
        found = session.execute(
            sa.select(EventSubscription.id, EventSubscription.instance_id)
            .where(
                EventSubscription.tenant_id == tenant_id,
                EventSubscription.kind == "message",
                EventSubscription.name == name,
                EventSubscription.correlation.is_not_distinct_from(correlation),
            )
            .order_by(EventSubscription.id)
            .limit(1)
        ).first()
    if found is None:
        return 0
    engine_id = c.EngineTaskId(found.id.rpartition(".")[2])
    return int(_deliver(found.instance_id, c.DeliverMessage(name, engine_id, variables), now))


def deliver_signal(tenant_id: str, name: str, variables: Mapping[str, Any], now: datetime) -> int:
    """Broadcasts the signal to every instance of the tenant that waits for it; returns how many got it."""
    with transaction() as session:
        ids = session.scalars(
            sa.select(EventSubscription.instance_id)
            .where(EventSubscription.tenant_id == tenant_id, EventSubscription.kind == "signal", EventSubscription.name == name)
            .distinct()
        ).all()
    return sum(_deliver(instance_id, c.DeliverSignal(name, variables), now) for instance_id in ids)


def relay(now: datetime, limit: int = 200) -> int:
    """Delivers what waits in the outbox; returns how many were sent. What fails is tried again, ever later."""
    with transaction() as session:
        rows = session.execute(
            sa.select(
                OutboxMessage.id, OutboxMessage.tenant_id, OutboxMessage.kind, OutboxMessage.payload, OutboxMessage.attempts
            )
            .where(OutboxMessage.sent_at.is_(None), OutboxMessage.available_at <= now)
            .order_by(OutboxMessage.available_at, OutboxMessage.id)
            .limit(limit)
        ).all()
    sent = 0
    for row in rows:
        if not _take(row.id, now):
            continue
        if row.kind == "message":
            got = deliver_message(
                row.tenant_id, row.payload["name"], row.payload.get("correlation"), row.payload["variables"], now
            )
        else:
            got = deliver_signal(row.tenant_id, row.payload["name"], row.payload["variables"], now)
        _settle(row.id, row.kind == "signal" or got > 0, row.attempts, now)
        sent += 1
    return sent


def _take(message_id: str, now: datetime) -> bool:
    """Marks the message as sent before it is delivered: it is given at most once; one that nobody waits for is kept."""
    with transaction() as session:
        done = session.connection().execute(
            sa.update(table(OutboxMessage))
            .where(table(OutboxMessage).c.id == message_id, table(OutboxMessage).c.sent_at.is_(None))
            .values(sent_at=now)
        )
        return bool(done.rowcount == 1)


def _settle(message_id: str, got: bool, attempts: int, now: datetime) -> None:
    if got:
        return
    with transaction() as session:
        expired = attempts >= 20
        session.execute(
            sa.update(OutboxMessage)
            .where(OutboxMessage.id == message_id)
            .values(
                sent_at=now if expired else None,
                attempts=attempts + 1,
                available_at=_later(now, attempts),
                last_error="没有流程在等待这条消息",
            )
        )


def _deliver(instance_id: str, command: c.Command, now: datetime) -> bool:
    with transaction() as session:
        query = sa.select(*running.INSTANCE_COLUMNS).where(ProcessInstance.id == instance_id, ProcessInstance.state == "active")
        if db.engine.dialect.name == "postgresql":
            query = query.with_for_update()
        row = session.execute(query).first()
        if row is None:
            return False
        instance = running.from_row(session, deployments.bundle(session, row.definition_id), row, CLOCK, now)
        instance.remember("event-delivered", None, name=getattr(command, "name", ""))
        try:
            outcome.carry_out(instance, command)
        except EngineError:
            session.rollback()
            return False
        return True


def _later(now: datetime, attempts: int) -> datetime:
    """When a failed delivery is tried again: 10 s, 20 s, 40 s … at most an hour."""
    return now + min(timedelta(seconds=10 * 2**attempts), timedelta(hours=1))
