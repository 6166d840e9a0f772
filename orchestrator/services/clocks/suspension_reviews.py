"""挂账到期: on the day of review the body that decided a suspension gets it as a task, by the procedure that
begins with the message REVIEW.

A suspension that was applied for is reviewed by its own procedure, which waits for the day. A city that has
no such procedure is told alone (`notifications.due`).
"""

from __future__ import annotations

import logging
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.deadlines import Ledger
from orchestrator.engine import EngineError
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.instances import opened_for
from orchestrator.services.instances.opened_for import Opening
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import tenants
from orchestrator.store.session import transaction
from orchestrator.store.suspensions import (
    REVIEW,
    Suspension,
    awaited_ends,
    untold,
)
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask

MOST = 100
"""Reviews that one round opens in a city; the rest wait for the next."""
log = logging.getLogger("gridflow.clock")


def open_due(now: datetime) -> int:
    """Opens the reviews whose day has come; returns how many. May run twice."""
    with transaction(writing=False) as session:
        known = tenants(session)
    return sum(_open_due(tenant_id, now) for tenant_id in known)


def _open_due(tenant_id: str, now: datetime) -> int:
    with transaction() as session:
        if not opened_for.is_drawn(session, tenant_id, REVIEW, now):
            return 0
        waiting = [
            row.deadline_id
            for row, _task in untold(
                session,
                tenant_id,
                now,
                MOST,
                of_a_body=True,
            )
        ]
    return sum(_open(deadline_id, now) for deadline_id in waiting)


def _open(deadline_id: str, now: datetime) -> int:
    try:
        with transaction() as session:
            row = _locked(session, deadline_id)
            if row is None or row.told_at is not None or row.body_id is None:
                return 0
            if awaited_ends(session, row.tenant_id, [deadline_id]):
                row.told_at = now
                return 0
            opening = _opening(session, row, row.body_id, now)
            if opened_for.begin(session, opening) is None:
                # Its last procedure ended meanwhile: the body is told instead, in the next round.
                return 0
            row.told_at = now
            return 1
    except EngineError:
        log.exception("the review of %s could not be opened", deadline_id)
        return 0


def _locked(session: Session, deadline_id: str) -> Suspension | None:
    """The suspension, after the instance that it is of: whoever resumes locks them in this order."""
    instance_id = session.scalar(
        sa.select(Suspension.instance_id).where(
            Suspension.deadline_id == deadline_id,
        ),
    )
    if instance_id is None:
        return None
    session.get_one(ProcessInstance, instance_id, with_for_update=True)
    return session.get(Suspension, deadline_id, with_for_update=True)


def _opening(
    session: Session,
    row: Suspension,
    body_id: str,
    now: datetime,
) -> Opening:
    task = session.get_one(UserTask, row.deadline_id)
    deadline = session.get_one(Deadline, row.deadline_id)
    variables = {
        "task": task.id,
        "suspended_step": task.name,
        "suspension_reason": _reason(deadline_rows.ledger_of(deadline)),
        "reviewing_body": body_id,
    }
    return Opening(
        REVIEW,
        session.get_one(Body, body_id),
        CLOCK,
        variables,
        now,
        session.get_one(ProcessInstance, row.instance_id),
    )


def _reason(ledger: Ledger) -> str:
    reasons = [
        entry.reason
        for entry in ledger.entries
        if entry.kind == "suspension" and entry.until is None
    ]
    return reasons[-1] if reasons else ""
