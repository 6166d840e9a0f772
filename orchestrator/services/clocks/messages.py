"""Events between instances: messages with correlation keys, and signals. The outbox carries them, each in its
own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from orchestrator.engine import EngineError, UnknownTask
from orchestrator.engine import commands as c
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.clocks import event_deliveries
from orchestrator.services.execution import (
    event_chains,
    locked_instance,
    persistence,
)
from orchestrator.services.execution.events import MAX_ATTEMPTS, retry_at
from orchestrator.services.execution.locked_instance import CLOCK, Actor
from orchestrator.services.instances import event_starts
from orchestrator.services.instances.event_starts import Heard
from orchestrator.services.records.submission_keys import (
    Keyed,
    came_before,
)
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.notification_channels import NO_EVENTS
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

ENDLESS = say(
    "消息或信号一个接一个地自动触发，已超过 {most_hops} 次或 {most_events} 条，"
    "不再发送。请检查流程之间是否互相触发，中间没有经过待办",
    most_hops=event_chains.MOST_HOPS,
    most_events=event_chains.MOST_EVENTS,
)


def deliver_message(
    tenant_id: str,
    name: str,
    correlation: str | None,
    variables: Mapping[str, Any],
    now: datetime,
    sent: Keyed | None = None,
) -> int:
    """Gives the message to the one instance that waits for it under that correlation key, or starts the
    process that it starts.

    Returns how many got it (0 or 1), also the second time under a key. Raises RuleViolated where what it
    starts cannot go its first steps.
    """
    with transaction() as session:
        if came_before(session, sent, f"message {name}", now):
            return 1
        try:
            return event_deliveries.to_one(
                session,
                tenant_id,
                Heard(name, variables),
                correlation,
                now,
            )
        except EngineError as failure:
            raise RuleViolated([failure.message]) from failure


def deliver_signal(
    tenant_id: str,
    name: str,
    variables: Mapping[str, Any],
    now: datetime,
    sent: Keyed | None = None,
) -> int:
    """Sends the signal to every instance of the tenant that waits for it and every process that it starts;
    returns how many that are, none the second time under a key. The outbox carries it.
    """
    with transaction() as session:
        if came_before(session, sent, f"signal {name}", now):
            return 0
        return event_deliveries.to_every_hearer(
            session, tenant_id, Heard(name, variables), now
        )


def trigger(
    subscription_id: str,
    remark: str,
    by: int,
    now: datetime,
    variables: Mapping[str, Any] | None = None,
) -> None:
    """Lets a receive task without a message go on, with who said so and why on the record.

    Raises NotFound when nothing waits there, RuleViolated when the diagram cannot go on.
    """
    with transaction() as session:
        row = session.execute(
            sa.select(
                *locked_instance.INSTANCE_COLUMNS,
                EventSubscription.element_id,
                EventSubscription.kind.label("waits_for"),
            )
            .join(
                EventSubscription,
                EventSubscription.instance_id == ProcessInstance.id,
            )
            .where(
                EventSubscription.id == subscription_id,
                ProcessInstance.state == "active",
            )
            .with_for_update(of=ProcessInstance)
        ).first()
        if row is None or row.waits_for != c.TRIGGER:
            raise NotFound(subscription_id)
        person = session.get_one(Person, by)
        actor = Actor(by, person.username, person.display_name)
        instance = locked_instance.from_row(
            session,
            bundles.bundle_of(session, row.definition_id),
            row,
            actor,
            now,
        )
        instance.remember(
            "triggered",
            row.element_id,
            reason=remark,
            values=dict(variables or {}),
        )
        engine_id = c.EngineTaskId(subscription_id.rpartition(".")[2])
        try:
            persistence.carry_out(
                instance, c.DeliverMessage("", engine_id, variables or {})
            )
        except UnknownTask as gone:
            raise NotFound(subscription_id) from gone
        except EngineError as failure:
            raise RuleViolated([failure.message]) from failure


def relay(now: datetime, limit: int = 500) -> int:
    """Delivers what waits in the outbox, each message in its own transaction; returns how many arrived.

    What finds nobody, or fails, is tried again, ever later. A relay that dies leaves its message in the
    outbox.
    """
    arrived = 0
    for message_id in _waiting(now, limit):
        try:
            arrived += _hand_over(message_id, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as failure:
            _postpone_failed(
                message_id, now, f"{type(failure).__name__}: {failure}"
            )
    return arrived


def _waiting(now: datetime, limit: int) -> Sequence[str]:
    with transaction(writing=False) as session:
        return session.scalars(
            sa.select(OutboxMessage.id)
            .where(
                OutboxMessage.sent_at.is_(None),
                OutboxMessage.available_at <= now,
                OutboxMessage.kind.not_in(NO_EVENTS),
            )
            .order_by(OutboxMessage.available_at, OutboxMessage.id)
            .limit(limit)
        ).all()


def _hand_over(message_id: str, now: datetime) -> bool:
    with transaction() as session:
        message = _claim(session, message_id)
        if message is None:
            return False
        chain = event_chains.of(message.payload)
        if chain.is_over:
            _break_off(session, message, now)
            return False
        event_chains.carry(session, chain)
        try:
            got = _carried(session, message, now)
        finally:
            event_chains.carry(session, None)
        if got:
            message.sent_at = now
        else:
            _postpone(message, now, say("没有流程在等待这条消息"))
        return got


def _break_off(
    session: Session, message: OutboxMessage, now: datetime
) -> None:
    """The event is not delivered any more; an incident of the instance where it is says why."""
    message.sent_at = now
    message.last_error = ENDLESS
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS)
        .where(
            ProcessInstance.id
            == (message.payload.get("instance_id") or message.instance_id)
        )
        .with_for_update()
    ).first()
    if row is not None:
        bundle = bundles.bundle_of(session, row.definition_id)
        instance = locked_instance.from_row(session, bundle, row, CLOCK, now)
        sentence = f"“{message.payload['name']}”：{ENDLESS}"
        persistence.note_failure(
            instance,
            None,
            "event-chain",
            sentence,
            {"name": message.payload["name"]},
        )


def _carried(session: Session, message: OutboxMessage, now: datetime) -> bool:
    """False when nobody waits for it yet."""
    payload = message.payload
    heard = Heard(
        payload["name"],
        payload["variables"],
        payload.get("place") or _place_of(session, message.instance_id),
        event_chains.of(payload),
    )
    match message.kind:
        case "message":
            return (
                event_deliveries.to_one(
                    session,
                    message.tenant_id,
                    heard,
                    payload.get("correlation"),
                    now,
                )
                > 0
            )
        case "signal":
            event_deliveries.to_every_hearer(
                session,
                message.tenant_id,
                heard,
                now,
                payload.get("heard_by"),
            )
        case "signal-start":
            event_starts.begin(
                session,
                payload["definition_id"],
                payload["start_id"],
                heard,
                now,
            )
        case _:
            event_deliveries.deliver(
                session,
                payload["instance_id"],
                c.DeliverSignal(heard.name, heard.variables),
                now,
            )
    return True


def _place_of(session: Session, instance_id: str | None) -> str | None:
    """Where whoever threw it belongs: what it starts belongs there too."""
    return session.scalar(
        sa.select(ProcessInstance.territory_code).where(
            ProcessInstance.id == instance_id
        )
    )


def _claim(session: Session, message_id: str) -> OutboxMessage | None:
    query = sa.select(OutboxMessage).where(
        OutboxMessage.id == message_id, OutboxMessage.sent_at.is_(None)
    )
    return session.scalars(query.with_for_update(skip_locked=True)).first()


def _postpone_failed(message_id: str, now: datetime, reason: str) -> None:
    with transaction() as session:
        message = _claim(session, message_id)
        if message is not None:
            _postpone(message, now, reason)


def _postpone(message: OutboxMessage, now: datetime, reason: str) -> None:
    message.last_error = reason
    message.available_at = retry_at(now, message.attempts)
    message.attempts += 1
    if message.attempts >= MAX_ATTEMPTS:
        message.sent_at = now
