"""Instances that stand at an automatic step whose incident was marked as resolved: nobody has them, so the
incident is noted again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.engine import UnknownTask
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance


def note_again(session: Session, tenant_id: str, now: datetime) -> int:
    """Opens an incident for each such instance of the jurisdiction; how many. Marking one as resolved is
    refused today, but was not always."""
    resolved = session.scalars(
        sa.select(Incident)
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(
            Incident.tenant_id == tenant_id,
            Incident.state == "resolved",
            Incident.details["topic"].as_string().is_not(None),
            ProcessInstance.state == "active",
        )
        .order_by(Incident.created_at),
    ).all()
    last = {
        (incident.instance_id, incident.details["task"]): incident
        for incident in resolved
    }
    return sum(_note(session, incident, now) for incident in last.values())


def _note(session: Session, incident: Incident, now: datetime) -> bool:
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS)
        .where(ProcessInstance.id == incident.instance_id)
        .with_for_update(of=ProcessInstance),
    ).one()
    instance = locked_instance.from_row(
        session,
        bundles.bundle_of(session, row.definition_id),
        row,
        CLOCK,
        now,
    )
    noted = sa.select(Incident.id).where(
        Incident.instance_id == incident.instance_id,
        Incident.element_id == incident.element_id,
        Incident.state == "open",
    )
    try:
        engine.external_task(
            instance.bundle.definition,
            instance.engine_state or b"",
            incident.details["task"],
            instance.now,
            instance.environment,
        )
    except UnknownTask:
        return False
    if session.scalar(noted) is not None:
        return False
    details = {
        "task": incident.details["task"],
        "topic": incident.details["topic"],
    }
    persistence.note_failure(
        instance,
        incident.element_id,
        incident.kind,
        incident.message,
        details,
    )
    return True
