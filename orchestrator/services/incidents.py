"""Incidents: retried when the cause is gone, or resolved by an administrator with a remark."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from orchestrator.engine import commands as c
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services import deployments, outcome, running
from orchestrator.services.running import Actor
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def retry(incident_id: str, by: int, now: datetime) -> None:
    """Tries again what failed: the handler, the timer, or the look-up of a body. A new failure leaves a new incident.

    Raises NotFound when there is no such open incident, RuleViolated when there is nothing to retry.
    """
    with transaction() as session:
        incident = session.get(Incident, incident_id, with_for_update=True)
        if incident is None or incident.state != "open":
            raise NotFound(incident_id)
        row = session.execute(
            sa.select(*running.INSTANCE_COLUMNS).where(ProcessInstance.id == incident.instance_id).with_for_update()
        ).one()
        person = session.get_one(Person, by)
        instance = running.from_row(
            session, deployments.bundle(session, row.definition_id), row, Actor(by, person.username, person.display_name), now
        )
        instance.remember("incident-retried", incident.element_id, incident=incident.kind)
        incident.state, incident.resolved_at, incident.resolved_by, incident.attempts = (
            "resolved",
            now,
            by,
            incident.attempts + 1,
        )
        session.flush()
        _retry(instance, incident, now)


def resolve(incident_id: str, remark: str, by: int, now: datetime) -> None:
    """Closes the incident without a retry, with the reason on the record."""
    with transaction() as session:
        incident = session.get(Incident, incident_id, with_for_update=True)
        if incident is None or incident.state != "open":
            raise NotFound(incident_id)
        row = session.execute(
            sa.select(*running.INSTANCE_COLUMNS).where(ProcessInstance.id == incident.instance_id).with_for_update()
        ).one()
        person = session.get_one(Person, by)
        instance = running.from_row(
            session, deployments.bundle(session, row.definition_id), row, Actor(by, person.username, person.display_name), now
        )
        instance.remember("incident-resolved", incident.element_id, incident=incident.kind, remark=remark)
        outcome.write_entries(instance)
        incident.state, incident.resolved_at, incident.resolved_by = "resolved", now, by


def _retry(instance: running.Running, incident: Incident, now: datetime) -> None:
    session, details = instance.session, incident.details
    if "topic" in details:
        outcome.retry_external_task(instance, c.EngineTaskId(details["task"]))
    elif incident.kind == "body-missing":
        task_id = f"{instance.id}.{details['task']}"
        candidates = outcome.resolve_group(instance, details["group"])
        if not candidates:
            raise RuleViolated(["办理机构仍未设置，请先补上机构再重试"])
        task = session.get_one(UserTask, task_id)
        session.add_all(
            UserTaskCandidate(task_id=task_id, candidate=each, instance_id=instance.id, offered=True, due_sort=task.due_sort)
            for each in candidates
        )
        outcome.write_entries(instance)
    elif details.get("command") == "fire-timer":
        session.execute(sa.update(TimerJob).where(TimerJob.id == details["timer"]).values(state="planned", due_at=now))
        outcome.write_entries(instance)
    else:
        raise RuleViolated(["这类异常不能重试，请处理原因后标记为已解决"])
