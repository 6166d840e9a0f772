"""Tasks that nobody can do: an incident says so, and ends by itself when somebody is there again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import (
    CLOCK,
    LockedInstance,
)
from orchestrator.services.execution.openings import (
    nobody_sentence,
    unstaffed_sentence,
)
from orchestrator.services.user_tasks.leaving import (
    release_task_of_former_member,
    release_tasks_of,
)
from orchestrator.store import held_tasks
from orchestrator.store.incidents import NOBODY, Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import IS_OPEN, UserTask, UserTaskCandidate

log = logging.getLogger("gridflow.clock")

KINDS = ("body-empty", "assignee-missing")
"""Incidents that end by themselves when somebody can do the task."""
MOST = 500
"""Tasks that one sweep looks after; the next one goes on."""


def sweep(now: datetime) -> int:
    """Gives back what absent people hold, notes tasks that nobody can do, ends incidents whose cause is gone;
    how many of all these.

    May run twice or be interrupted: each step is a transaction of its own, and looks again under the
    instance's lock.
    """
    with transaction(writing=False) as session:
        away = sa.select(UserTask.assignee_id).join(
            Person,
            Person.id == UserTask.assignee_id,
        )
        absent = session.scalars(
            away.where(IS_OPEN, sa.not_(Person.active)).distinct().limit(MOST),
        ).all()
        former = session.execute(
            held_tasks.of_former_members().limit(MOST),
        ).all()
        noted = {
            _task_of(value)
            for value in session.scalars(_open_incidents(NOBODY))
        }
        alone = [
            value
            for value in session.scalars(
                held_tasks.without_people().limit(MOST + len(noted)),
            )
            if value not in noted
        ]
        settled = [
            value.id
            for value in session.scalars(_open_incidents(KINDS))
            if not stands(session, value)
        ]
    done = sum(
        release_tasks_of(person_id, now)
        for person_id in absent
        if person_id is not None
    )
    done += sum(
        release_task_of_former_member(task_id, person_id, name, now)
        for task_id, person_id, name in former
    )
    done += sum(_note(task_id, now) for task_id in alone)
    return done + sum(_end(incident_id, now) for incident_id in settled)


def _open_incidents(kinds: Iterable[str]) -> sa.Select[Any]:
    return (
        sa.select(Incident)
        .where(Incident.state == "open", Incident.kind.in_(kinds))
        .order_by(Incident.id)
        .limit(5 * MOST)
    )


def _task_of(incident: Incident) -> str:
    return f"{incident.instance_id}.{incident.details.get('task')}"


def stands(session: Session, incident: Incident) -> bool:
    """Whether the task of the incident is still open and nobody can do it."""
    return (
        session.scalar(
            held_tasks.without_people().where(
                UserTask.id == _task_of(incident),
            ),
        )
        is not None
    )


def _note(task_id: str, now: datetime) -> bool:
    with transaction() as session:
        instance = _locked(session, task_id.rpartition(".")[0], now)
        return instance is not None and note(instance, task_id)


def note(instance: LockedInstance, task_id: str) -> bool:
    """An incident, when nobody can do the open task of the locked instance and none says so yet; whether
    there is a new one."""
    session = instance.session
    number = task_id.rpartition(".")[2]
    if (
        session.scalar(
            held_tasks.without_people().where(UserTask.id == task_id),
        )
        is None
    ):
        return False
    known = _open_incidents(NOBODY).where(Incident.instance_id == instance.id)
    if any(
        value.details.get("task") == number for value in session.scalars(known)
    ):
        return False
    task = session.get_one(UserTask, task_id)
    asked = session.execute(
        sa.select(UserTaskCandidate.candidate, Body.name)
        .join(Body, Body.id == UserTaskCandidate.candidate, isouter=True)
        .where(UserTaskCandidate.task_id == task_id)
        .order_by(UserTaskCandidate.candidate),
    ).all()
    names = [
        row.name or f"“{row.candidate.removeprefix('user:')}”" for row in asked
    ]
    if names:
        kind = "body-empty"
        why = unstaffed_sentence(names)
    else:
        kind = "assignee-missing"
        why = say("原指定的办理人已不在岗")
    message = nobody_sentence(task.name, why)
    persistence.note_failure(
        instance,
        task.element_id,
        kind,
        message,
        {"task": number},
    )
    return True


def _end(incident_id: str, now: datetime) -> bool:
    with transaction() as session:
        known = session.get_one(Incident, incident_id)
        instance = _locked(session, known.instance_id, now)
        incident = session.get_one(
            Incident,
            incident_id,
            with_for_update=True,
            populate_existing=True,
        )
        if incident.state != "open" or stands(session, incident):
            return False
        incident.state = "resolved"
        incident.resolved_at = now
        session.flush()
        if instance is not None:
            instance.remember(
                "incident-resolved",
                incident.element_id,
                incident=incident.kind,
                remark=say("已有人员可以办理"),
            )
            persistence.write_entries(instance)
        return True


def _locked(
    session: Session,
    instance_id: str,
    now: datetime,
) -> LockedInstance | None:
    """The running instance under its lock, in the clock's name; None when it runs no more."""
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS, ProcessInstance.state)
        .where(ProcessInstance.id == instance_id)
        .with_for_update(of=ProcessInstance),
    ).first()
    if row is None or row.state != "active":
        return None
    return locked_instance.from_row(
        session,
        bundles.bundle_of(session, row.definition_id),
        row,
        CLOCK,
        now,
    )
