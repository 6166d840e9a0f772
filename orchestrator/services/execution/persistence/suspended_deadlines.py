"""挂账 of a task's deadline, its next day of review, and its end: the ledger, the timers of the step, the row
that says who reviews it, and what the history tells."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.deadlines import Ledger
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.execution import event_chains
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import (
    deadline_rows,
    suspended_timers,
)
from orchestrator.services.execution.persistence.rows import RowChanges
from orchestrator.services.records.ids import new_id
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.suspensions import ENDED, Suspension, awaited_ends
from orchestrator.store.timers import Deadline


@dataclass(frozen=True, slots=True)
class SuspensionRequest:
    """What was decided of a deadline that stands still."""

    reason: str
    review_on: date
    because: str = ""
    """Number of the instance in which it was decided; empty where an office did it on the page."""
    reviewer: str = ""
    """The body that looks at it again; empty for the acting one."""


def suspend(
    instance: LockedInstance, row: Deadline, request: SuspensionRequest
) -> None:
    """The deadline stands still, and every timer of the step with it, until `resume`; the reviewer looks at
    it again on the day of review.

    Raises RuleViolated when that day is not after today, LedgerRefused where it stands still already.
    """
    review_at = _day_of_review(instance, request.review_on)
    ledger = deadline_rows.ledger_of(row).suspend(
        instance.now, instance.actor.name, request.reason
    )
    _keep(
        instance,
        row,
        ledger,
        review_at,
        _details(request),
    )
    if row.task_id is not None:
        suspended_timers.stop(instance, row.task_id, request.reason)
    reviewer = request.reviewer or instance.actor.body_id
    _keep_review(instance, row, review_at, reviewer)


def review_again(
    instance: LockedInstance, row: Deadline, request: SuspensionRequest
) -> None:
    """What stands still goes on standing still, and the body that decided it looks at it again on another
    day. Raises RuleViolated when that day is not after today."""
    review_at = _day_of_review(instance, request.review_on)
    details = _details(request)
    details["reason"] = say("继续挂账：{reason}", reason=details["reason"])
    _keep(
        instance,
        row,
        deadline_rows.ledger_of(row),
        review_at,
        details,
    )
    known = instance.session.get(Suspension, row.id)
    reviewer = request.reviewer or instance.actor.body_id
    if known is not None and known.body_id:
        reviewer = known.body_id
    _keep_review(instance, row, review_at, reviewer)


def _day_of_review(instance: LockedInstance, review_on: date) -> datetime:
    zone = ZoneInfo(instance.bundle.jurisdiction.timezone)
    if review_on <= instance.now.astimezone(zone).date():
        raise RuleViolated([say("复查日期应在今天之后，请改选")])
    return datetime.combine(review_on, time(0), zone)


def _keep(
    instance: LockedInstance,
    row: Deadline,
    ledger: Ledger,
    review_at: datetime,
    details: dict[str, str],
) -> None:
    deadline_rows.keep(
        RowChanges(instance),
        row,
        ledger,
        "deadline-suspended",
        details,
        review_at,
    )


def _details(request: SuspensionRequest) -> dict[str, str]:
    details = {
        "reason": say(
            "{reason}；{review_on} 复查",
            reason=request.reason,
            review_on=request.review_on.isoformat(),
        )
    }
    if request.because:
        details["because"] = request.because
    return details


def _keep_review(
    instance: LockedInstance,
    row: Deadline,
    review_at: datetime,
    reviewer: str | None,
) -> None:
    instance.session.merge(
        Suspension(
            deadline_id=row.id,
            tenant_id=row.tenant_id,
            instance_id=row.instance_id,
            body_id=reviewer,
            review_at=review_at,
            told_at=None,
        )
    )


def resume(
    instance: LockedInstance,
    row: Deadline,
    because: str = "",
    decided_by: str = "",
) -> datetime:
    """The time that it took is added, the step's other timers go on with what they had left; the new due
    instant. A review of it that still waits ends, but for the instance `decided_by`, whose number is
    `because`. Raises LedgerRefused where it does not stand still."""
    session = instance.session
    ledger = deadline_rows.ledger_of(row).resume(instance.now)
    session.execute(
        sa.delete(Suspension).where(Suspension.deadline_id == row.id)
    )
    details = {"before": row.due_at.isoformat()}
    if because:
        details["because"] = because
    moved = row.task_id is not None and suspended_timers.go_on(
        instance, row.task_id
    )
    due_at = deadline_rows.keep(
        RowChanges(instance, moved=moved),
        row,
        ledger,
        "deadline-resumed",
        details,
    )
    end_reviews(
        session,
        row.tenant_id,
        [row.id],
        instance.now,
        decided_by,
    )
    return due_at


def end_reviews(
    session: Session,
    tenant_id: str,
    deadline_ids: Collection[str],
    now: datetime,
    but: str = "",
) -> None:
    """Whoever waits to review one of these deadlines need not any more: the outbox tells the procedures, not
    the instance `but`."""
    session.add_all(
        OutboxMessage(
            id=new_id(now),
            tenant_id=tenant_id,
            instance_id=None,
            kind="message",
            payload={
                "name": ENDED,
                "variables": {},
                "correlation": deadline_id,
                **event_chains.begun().payload(),
            },
            created_at=now,
            available_at=now,
        )
        for deadline_id in awaited_ends(session, tenant_id, deadline_ids, but)
    )
