"""Events between instances: messages with correlation keys, and signals. The outbox carries them, each in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from orchestrator.engine import EngineError, UnknownTask
from orchestrator.engine import commands as c
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services import deployments, outcome, running
from orchestrator.services.ids import new_id
from orchestrator.services.running import CLOCK, Actor
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

MAX_ATTEMPTS = 20
"""Deliveries tried before a message that nobody waits for is given up: some fourteen hours."""


def deliver_message(tenant_id: str, name: str, correlation: str | None, variables: Mapping[str, Any], now: datetime) -> int:
    """Gives the message to the one instance that waits for it under that correlation key; returns how many got it (0 or 1)."""
    with transaction() as session:
        return _message(session, tenant_id, name, correlation, variables, now)


def deliver_signal(tenant_id: str, name: str, variables: Mapping[str, Any], now: datetime) -> int:
    """Sends the signal to every instance of the tenant that waits for it; returns how many that are. The outbox carries it."""
    with transaction() as session:
        return _fan_out(session, tenant_id, name, variables, now)


def trigger(subscription_id: str, remark: str, by: int, now: datetime, variables: Mapping[str, Any] | None = None) -> None:
    """Lets a receive task without a message go on, with who said so and why on the record.

    Raises NotFound when nothing waits there, RuleViolated when the diagram cannot go on.
    """
    with transaction() as session:
        row = session.execute(
            sa.select(*running.INSTANCE_COLUMNS, EventSubscription.element_id, EventSubscription.kind.label("waits_for"))
            .join(EventSubscription, EventSubscription.instance_id == ProcessInstance.id)
            .where(EventSubscription.id == subscription_id, ProcessInstance.state == "active")
            .with_for_update(of=ProcessInstance)
        ).first()
        if row is None or row.waits_for != c.TRIGGER:
            raise NotFound(subscription_id)
        person = session.get_one(Person, by)
        actor = Actor(by, person.username, person.display_name)
        instance = running.from_row(session, deployments.bundle(session, row.definition_id), row, actor, now)
        instance.remember("triggered", row.element_id, reason=remark, values=dict(variables or {}))
        engine_id = c.EngineTaskId(subscription_id.rpartition(".")[2])
        try:
            outcome.carry_out(instance, c.DeliverMessage("", engine_id, variables or {}))
        except UnknownTask as gone:
            raise NotFound(subscription_id) from gone
        except EngineError as failure:
            raise RuleViolated([failure.message]) from failure


def relay(now: datetime, limit: int = 500) -> int:
    """Delivers what waits in the outbox, each message in its own transaction; returns how many arrived.

    What finds nobody, or fails, is tried again, ever later. A relay that dies leaves its message in the outbox.
    """
    arrived = 0
    for message_id in _waiting(now, limit):
        try:
            arrived += _hand_over(message_id, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as failure:
            _postpone_failed(message_id, now, f"{type(failure).__name__}: {failure}")
    return arrived


def _waiting(now: datetime, limit: int) -> Sequence[str]:
    with transaction(writing=False) as session:
        return session.scalars(
            sa.select(OutboxMessage.id)
            .where(OutboxMessage.sent_at.is_(None), OutboxMessage.available_at <= now)
            .order_by(OutboxMessage.available_at, OutboxMessage.id)
            .limit(limit)
        ).all()


def _hand_over(message_id: str, now: datetime) -> bool:
    with transaction() as session:
        message = _claim(session, message_id)
        if message is None:
            return False
        payload = message.payload
        match message.kind:
            case "message":
                name, correlation = payload["name"], payload.get("correlation")
                got = _message(session, message.tenant_id, name, correlation, payload["variables"], now) > 0
            case "signal":
                _fan_out(session, message.tenant_id, payload["name"], payload["variables"], now, payload.get("heard_by"))
                got = True
            case _:
                _deliver(session, payload["instance_id"], c.DeliverSignal(payload["name"], payload["variables"]), now)
                got = True
        if got:
            message.sent_at = now
        else:
            _postpone(message, now, "没有流程在等待这条消息")
        return got


def _claim(session: Session, message_id: str) -> OutboxMessage | None:
    query = sa.select(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.sent_at.is_(None))
    return session.scalars(query.with_for_update(skip_locked=True)).first()


def _postpone_failed(message_id: str, now: datetime, reason: str) -> None:
    with transaction() as session:
        message = _claim(session, message_id)
        if message is not None:
            _postpone(message, now, reason)


def _postpone(message: OutboxMessage, now: datetime, reason: str) -> None:
    message.last_error = reason
    message.available_at = now + min(timedelta(seconds=10 * 2**message.attempts), timedelta(hours=1))
    message.attempts += 1
    if message.attempts >= MAX_ATTEMPTS:
        message.sent_at = now


def _message(
    session: Session, tenant_id: str, name: str, correlation: str | None, variables: Mapping[str, Any], now: datetime
) -> int:
    found = session.execute(
        sa.select(EventSubscription.id, EventSubscription.instance_id)
        .join(ProcessInstance, ProcessInstance.id == EventSubscription.instance_id)
        .where(
            EventSubscription.tenant_id == tenant_id,
            EventSubscription.kind == "message",
            EventSubscription.name == name,
            EventSubscription.correlation.is_not_distinct_from(correlation),
            ProcessInstance.state == "active",
        )
        .order_by(EventSubscription.id)
        .limit(1)
    ).first()
    if found is None:
        return 0
    engine_id = c.EngineTaskId(found.id.rpartition(".")[2])
    return int(_deliver(session, found.instance_id, c.DeliverMessage(name, engine_id, variables), now))


def _fan_out(
    session: Session,
    tenant_id: str,
    name: str,
    variables: Mapping[str, Any],
    now: datetime,
    heard_by: str | None = None,
) -> int:
    """A signal becomes one message to each instance that waits for it at this moment, except to the one that has heard it: its thrower."""
    query = sa.select(EventSubscription.instance_id).where(
        EventSubscription.tenant_id == tenant_id, EventSubscription.kind == "signal", EventSubscription.name == name
    )
    ids = [each for each in session.scalars(query.distinct()) if each != heard_by]
    session.add_all(
        OutboxMessage(
            id=new_id(now),
            tenant_id=tenant_id,
            instance_id=instance_id,
            kind="signal-delivery",
            payload={"instance_id": instance_id, "name": name, "variables": dict(variables)},
            created_at=now,
            available_at=now,
        )
        for instance_id in ids
    )
    return len(ids)


def _deliver(session: Session, instance_id: str, command: c.DeliverMessage | c.DeliverSignal, now: datetime) -> bool:
    """True when the instance took it; what then fails in its diagram is its own incident."""
    row = session.execute(
        sa.select(*running.INSTANCE_COLUMNS)
        .where(ProcessInstance.id == instance_id, ProcessInstance.state == "active")
        .with_for_update()
    ).first()
    if row is None:
        return False
    instance = running.from_row(session, deployments.bundle(session, row.definition_id), row, CLOCK, now)
    kept = instance.bookmark()
    instance.remember("event-delivered", None, name=command.name)
    try:
        outcome.carry_out(instance, command)
    except EngineError as failure:
        instance.forget_since(kept)
        if failure.kind == "unknown-task":
            return False
        details: dict[str, Any] = {"command": "deliver-event", "name": command.name, "variables": dict(command.variables)}
        if isinstance(command, c.DeliverMessage):
            details["subscription"] = command.subscription_id
        outcome.note_failure(instance, failure.element_id, failure.kind, failure.message, details)
    return True
