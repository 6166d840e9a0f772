"""Ending an instance from outside the diagram: its tasks, timers and subscriptions close, its record
stays."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.execution import persistence
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import suspended_deadlines
from orchestrator.store import assessments, pay, requests
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.suspensions import Suspension
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def close(
    session: Session,
    instance: LockedInstance,
    kind: str,
    **details: Any,
) -> None:
    """Writes the entry `kind` with what is told, and leaves the instance cancelled; the result that it
    appealed against is free again, and the pay sheet that it was of a draft. The caller holds its lock."""
    instance.remember(kind, None, **details)
    # Its record closes with it: what the clock ends a moment later is told now.
    for number in requests.about_a_step_of(session, instance.id):
        instance.remember(requests.REQUEST_LAPSED, None, because=number)
    tasks = sa.and_(
        UserTask.instance_id == instance.id,
        UserTask.state == "open",
    )
    offers = UserTaskCandidate.task_id.in_(sa.select(UserTask.id).where(tasks))
    session.execute(
        sa.update(UserTaskCandidate).where(offers).values(offered=False),
    )
    session.execute(
        sa.update(UserTask)
        .where(tasks)
        .values(state="cancelled", closed_at=instance.now),
    )
    planned = sa.and_(
        TimerJob.instance_id == instance.id,
        TimerJob.state == "planned",
    )
    session.execute(sa.delete(TimerJob).where(planned))
    session.execute(
        sa.delete(EventSubscription).where(
            EventSubscription.instance_id == instance.id,
        ),
    )
    persistence.write_entries(instance)
    ended = {
        "state": "cancelled",
        "ended_at": instance.now,
        "engine_state": None,
        "variables": {},
    }
    _end_reviews(session, instance)
    session.execute(
        sa.update(ProcessInstance)
        .where(ProcessInstance.id == instance.id)
        .values(**ended),
    )
    assessments.release_appeals(
        session,
        instance.tenant_id,
        assessments.AssessmentResult.appeal_id == instance.id,
    )
    pay.release(session, instance.id)


def _end_reviews(session: Session, instance: LockedInstance) -> None:
    """Nobody needs to look any more at what stood still in it."""
    stood_still = session.scalars(
        sa.select(Suspension.deadline_id).where(
            Suspension.instance_id == instance.id
        )
    ).all()
    if stood_still:
        suspended_deadlines.end_reviews(
            session, instance.tenant_id, stood_still, instance.now
        )
