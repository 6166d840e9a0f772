"""What the administrator's page lists: incidents, timers, deployments, locked accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, defer

from orchestrator.store.definitions import Deployment, ProcessDefinition
from orchestrator.store.incidents import Incident, OutboxMessage
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.start_events import StartEvent
from orchestrator.store.timers import HAS_FIRED, IS_PLANNED, TimerJob


def open_incidents(
    session: Session,
    tenant_id: str,
    limit: int = 100,
) -> Sequence[Any]:
    """(incident, business key, elements of its definition), the oldest first; nothing of what the instance
    says."""
    query = (
        sa.select(
            Incident,
            ProcessInstance.business_key,
            ProcessInstance.definition_id,
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.tenant_id == tenant_id, Incident.state == "open")
        .order_by(Incident.created_at)
        .limit(limit)
    )
    return _with_elements(session, query)


def business_key(session: Session, instance_id: str) -> str:
    """The instance's number."""
    return str(
        session.scalar(
            sa.select(ProcessInstance.business_key).where(
                ProcessInstance.id == instance_id,
            ),
        ),
    )


def waiting_for_trigger(
    session: Session,
    tenant_id: str,
    limit: int = 100,
) -> Sequence[Any]:
    """(subscription, business key, elements of its definition) of the receive tasks that somebody has to
    trigger."""
    query = (
        sa.select(
            EventSubscription,
            ProcessInstance.business_key,
            ProcessInstance.definition_id,
        )
        .join(
            ProcessInstance,
            ProcessInstance.id == EventSubscription.instance_id,
        )
        .where(
            EventSubscription.tenant_id == tenant_id,
            EventSubscription.kind == "trigger",
            EventSubscription.name == "",
        )
        .where(ProcessInstance.state == "active")
        .order_by(EventSubscription.id)
        .limit(limit)
    )
    return _with_elements(session, query)


def start_timers(
    session: Session,
    tenant_id: str,
    limit: int = 50,
) -> Sequence[Any]:
    """(start event, name of its procedure, its version) of the timers that start procedures, those that
    failed first."""
    return session.execute(
        sa.select(
            StartEvent,
            ProcessDefinition.name,
            ProcessDefinition.version,
        )
        .join(
            ProcessDefinition,
            ProcessDefinition.id == StartEvent.definition_id,
        )
        .where(StartEvent.tenant_id == tenant_id, StartEvent.kind == "timer")
        .where(
            sa.or_(
                StartEvent.state == "planned",
                StartEvent.last_error.is_not(None),
            ),
        )
        .order_by(StartEvent.last_error.is_(None), StartEvent.due_at)
        .limit(limit),
    ).all()


def _timers(tenant_id: str) -> sa.Select[Any, str, str]:
    """Timers, each with the number and the definition of its instance."""
    return (
        sa.select(
            TimerJob,
            ProcessInstance.business_key,
            ProcessInstance.definition_id,
        )
        .join(ProcessInstance, ProcessInstance.id == TimerJob.instance_id)
        .where(TimerJob.tenant_id == tenant_id)
    )


def _with_elements(
    session: Session, query: sa.Select[Any, str, str]
) -> list[tuple[Any, str, dict[str, Any]]]:
    """The rows of (row, business key, id of a definition), each with the definition's elements. They are the
    greatest part of a definition, and are read once for all rows of it."""
    rows = session.execute(query).all()
    if not rows:
        return []
    drawn = session.execute(
        sa.select(ProcessDefinition.id, ProcessDefinition.elements).where(
            ProcessDefinition.id.in_({row[2] for row in rows})
        )
    )
    elements = {row.id: row.elements for row in drawn}
    return [(row, number, elements[key]) for row, number, key in rows]


def next_timers(
    session: Session,
    tenant_id: str,
    limit: int = 50,
) -> Sequence[Any]:
    """(timer, business key, elements of its definition) of the timers that fall due next."""
    return _with_elements(
        session,
        _timers(tenant_id)
        .where(IS_PLANNED)
        .order_by(TimerJob.due_at)
        .limit(limit),
    )


def fired_timers(
    session: Session,
    tenant_id: str,
    limit: int = 20,
) -> Sequence[Any]:
    """(timer, business key, elements of its definition) of the timers that fired last, with how late."""
    return _with_elements(
        session,
        _timers(tenant_id)
        .where(HAS_FIRED)
        .order_by(TimerJob.fired_at.desc())
        .limit(limit),
    )


MOST_COUNTED = 10_000
"""Instances counted for a version; of more than these a page says only that there are more."""


def _running(*states: str) -> sa.ScalarSelect[int]:
    """How many instances of the definition are in one of the states: at most one more than MOST_COUNTED.

    The look-up ends there, so that a page costs the same in a large city.
    """
    rows = (
        sa.select(ProcessInstance.id)
        .where(
            ProcessInstance.definition_id == ProcessDefinition.id,
            ProcessInstance.state.in_(states),
        )
        .limit(MOST_COUNTED + 1)
        .correlate(ProcessDefinition)
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(rows).scalar_subquery()


def definitions(session: Session, tenant_id: str) -> Sequence[Any]:
    """(definition, deployed at, running instances), the newest first."""
    running = _running("active")
    return session.execute(
        sa.select(ProcessDefinition, Deployment.deployed_at, running)
        .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
        .where(ProcessDefinition.tenant_id == tenant_id)
        .order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
        .options(defer(ProcessDefinition.elements)),
    ).all()


def publications(
    session: Session,
    tenant_id: str,
    process_key: str,
) -> Sequence[Any]:
    """(definition, deployment, author, second designer, who withdrew it, running instances) of a procedure's
    versions, the newest first."""
    author = aliased(Person)
    second = aliased(Person)
    withdrawer = aliased(Person)
    running = _running("active", "suspended")
    return session.execute(
        sa.select(
            ProcessDefinition,
            Deployment,
            author.display_name,
            second.display_name,
            withdrawer.display_name,
            running,
        )
        .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
        .join(author, author.id == Deployment.deployed_by, isouter=True)
        .join(second, second.id == Deployment.confirmed_by, isouter=True)
        .join(
            withdrawer,
            withdrawer.id == Deployment.withdrawn_by,
            isouter=True,
        )
        .where(
            ProcessDefinition.tenant_id == tenant_id,
            ProcessDefinition.key == process_key,
        )
        .order_by(ProcessDefinition.version.desc()),
    ).all()


def late_timers(
    connection: sa.Connection,
    now: datetime,
) -> tuple[int, datetime | None]:
    """How many planned timers of all jurisdictions are due, and since when the first is."""
    timers = connection.execute(
        sa.select(sa.func.count(), sa.func.min(TimerJob.due_at)).where(
            IS_PLANNED,
            TimerJob.due_at <= now,
        ),
    ).one()
    return timers[0], timers[1]


def unsent_messages(
    connection: sa.Connection,
    now: datetime,
) -> tuple[int, datetime | None]:
    """How many messages of all jurisdictions should have been sent by now, and since when the first."""
    first = sa.func.min(OutboxMessage.available_at)
    messages = connection.execute(
        sa.select(sa.func.count(), first).where(
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.available_at <= now,
        ),
    ).one()
    return messages[0], messages[1]


def stuck_messages(
    session: Session,
    tenant_id: str,
    now: datetime,
    limit: int,
) -> Sequence[Any]:
    """(message, business key or None) of a jurisdiction's messages that should have been sent by `now`, the
    oldest first."""
    return session.execute(
        sa.select(OutboxMessage, ProcessInstance.business_key)
        .join(
            ProcessInstance,
            ProcessInstance.id == OutboxMessage.instance_id,
            isouter=True,
        )
        .where(
            OutboxMessage.tenant_id == tenant_id,
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.available_at <= now,
        )
        .order_by(OutboxMessage.available_at)
        .limit(limit),
    ).all()


def open_incident_count(connection: sa.Connection) -> int:
    """How many incidents of all jurisdictions wait for somebody."""
    query = (
        sa.select(sa.func.count())
        .select_from(Incident)
        .where(Incident.state == "open")
    )
    return connection.execute(query).scalar_one()
