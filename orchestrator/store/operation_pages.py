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

# Built once: the administrator's page asks them all, and looks at each anew every time it is drawn.
_TENANT = sa.bindparam("tenant", type_=sa.String())
_OPEN_INCIDENTS = (
    sa.select(
        Incident,
        ProcessInstance.business_key,
        ProcessInstance.definition_id,
    )
    .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
    .where(Incident.tenant_id == _TENANT, Incident.state == "open")
    .order_by(Incident.created_at)
    .limit(100)
)
_WAITING_FOR_TRIGGER = (
    sa.select(
        EventSubscription,
        ProcessInstance.business_key,
        ProcessInstance.definition_id,
    )
    .join(ProcessInstance, ProcessInstance.id == EventSubscription.instance_id)
    .where(
        EventSubscription.tenant_id == _TENANT,
        EventSubscription.kind == "trigger",
        EventSubscription.name == "",
        ProcessInstance.state == "active",
    )
    .order_by(EventSubscription.id)
    .limit(100)
)
_START_TIMERS = (
    sa.select(StartEvent, ProcessDefinition.name, ProcessDefinition.version)
    .join(ProcessDefinition, ProcessDefinition.id == StartEvent.definition_id)
    .where(
        StartEvent.tenant_id == _TENANT,
        StartEvent.kind == "timer",
        sa.or_(
            StartEvent.state == "planned",
            StartEvent.last_error.is_not(None),
        ),
    )
    .order_by(StartEvent.last_error.is_(None), StartEvent.due_at)
    .limit(50)
)
_TIMERS = (
    sa.select(
        TimerJob,
        ProcessInstance.business_key,
        ProcessInstance.definition_id,
    )
    .join(ProcessInstance, ProcessInstance.id == TimerJob.instance_id)
    .where(TimerJob.tenant_id == _TENANT)
)
_NEXT_TIMERS = _TIMERS.where(IS_PLANNED).order_by(TimerJob.due_at).limit(50)
_FIRED_TIMERS = (
    _TIMERS.where(HAS_FIRED).order_by(TimerJob.fired_at.desc()).limit(20)
)
_ELEMENTS = sa.select(ProcessDefinition.id, ProcessDefinition.elements).where(
    ProcessDefinition.id.in_(sa.bindparam("definitions", expanding=True))
)


def open_incidents(session: Session, tenant_id: str) -> Sequence[Any]:
    """(incident, business key, elements of its definition), the 100 oldest first; nothing of what the
    instance says."""
    return _with_elements(session, _OPEN_INCIDENTS, tenant_id)


def business_key(session: Session, instance_id: str) -> str:
    """The instance's number."""
    return str(
        session.scalar(
            sa.select(ProcessInstance.business_key).where(
                ProcessInstance.id == instance_id,
            ),
        ),
    )


def waiting_for_trigger(session: Session, tenant_id: str) -> Sequence[Any]:
    """(subscription, business key, elements of its definition) of at most 100 receive tasks that somebody has
    to trigger."""
    return _with_elements(session, _WAITING_FOR_TRIGGER, tenant_id)


def start_timers(session: Session, tenant_id: str) -> Sequence[Any]:
    """(start event, name of its procedure, its version) of at most 50 timers that start procedures, those
    that failed first."""
    return session.execute(_START_TIMERS, {"tenant": tenant_id}).all()


def _with_elements(
    session: Session, query: sa.Select[Any, str, str], tenant_id: str
) -> list[tuple[Any, str, dict[str, Any]]]:
    """The rows of (row, business key, id of a definition), each with the definition's elements. They are the
    greatest part of a definition, and are read once for all rows of it."""
    rows = session.execute(query, {"tenant": tenant_id}).all()
    if not rows:
        return []
    drawn = session.execute(
        _ELEMENTS, {"definitions": sorted({row[2] for row in rows})}
    )
    elements = {row.id: row.elements for row in drawn}
    return [(row, number, elements[key]) for row, number, key in rows]


def next_timers(session: Session, tenant_id: str) -> Sequence[Any]:
    """(timer, business key, elements of its definition) of the 50 timers that fall due next."""
    return _with_elements(session, _NEXT_TIMERS, tenant_id)


def fired_timers(session: Session, tenant_id: str) -> Sequence[Any]:
    """(timer, business key, elements of its definition) of the 20 timers that fired last, with how late."""
    return _with_elements(session, _FIRED_TIMERS, tenant_id)


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


_DEFINITIONS = (
    sa.select(ProcessDefinition, Deployment.deployed_at, _running("active"))
    .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
    .where(ProcessDefinition.tenant_id == _TENANT)
    .order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
    .options(defer(ProcessDefinition.elements))
)


def definitions(session: Session, tenant_id: str) -> Sequence[Any]:
    """(definition, deployed at, running instances), the newest first."""
    return session.execute(_DEFINITIONS, {"tenant": tenant_id}).all()


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
