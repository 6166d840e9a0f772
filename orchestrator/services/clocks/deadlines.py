"""Statutory deadlines while an instance runs: 延期, 挂账 and its end. A new calendar counts them anew in
recalculation.py.

The ledger is the truth; the task's due date and every timer that follows the ledger move with it, in the same
transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.deadlines import UNIT_NAMES, UNITS, LedgerRefused
from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import joined, say, sentence_of
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.locked_instance import (
    Actor,
    LockedInstance,
)
from orchestrator.services.execution.persistence import (
    RowChanges,
    deadline_rows,
    suspended_deadlines,
)
from orchestrator.services.execution.persistence.suspended_deadlines import (
    SuspensionRequest,
)
from orchestrator.services.records import submission_keys
from orchestrator.services.user_tasks import deadline_approvers
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask


@dataclass(frozen=True, slots=True)
class Extension:
    """What is granted, and why."""

    amount: int
    unit: str
    """One of UNITS."""
    reason: str


def extend(
    deadline_id: str,
    granted: Extension,
    by: int,
    now: datetime,
    key: str | None = None,
) -> datetime:
    """延期, approved by `by`; returns the new due instant. The same key does it once.

    Raises NotFound, Forbidden unless the person serves a body that the profile lets approve it,
    InstanceChanged when it is over, RuleViolated for a nonsensical amount, or more than the jurisdiction
    allows.
    """
    amount = granted.amount
    unit = granted.unit
    if unit not in UNITS or not 0 < amount <= 365:
        raise RuleViolated(
            [
                say(
                    "延期应为 1 至 365 的整数，单位为{listed}之一",
                    listed=joined("、", UNIT_NAMES.values()),
                )
            ]
        )
    with transaction() as session:
        row, instance = _locked(session, deadline_id, by, now)
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"extending {deadline_id}",
            now,
        ):
            return row.due_at
        ledger = deadline_rows.ledger_of(row)
        rule = instance.bundle.jurisdiction.extension
        objection = None
        if rule is not None:
            objection = rule.objection(ledger, amount, unit)
        if objection is not None:
            raise RuleViolated([objection])
        ledger = ledger.extend(
            amount,
            unit,
            now,
            instance.actor.name,
            granted.reason,
        )
        details = {
            "amount": amount,
            "unit": unit,
            "reason": granted.reason,
            "before": row.due_at.isoformat(),
        }
        return deadline_rows.keep(
            RowChanges(instance),
            row,
            ledger,
            "deadline-extended",
            details,
        )


def suspend(
    deadline_id: str,
    reason: str,
    by: int,
    now: datetime,
    review_on: date,
    key: str | None = None,
) -> None:
    """挂账: the clock stands still from `now`; no timer of the step fires until `resume`. On the day of
    review the task comes up again. The same key does it once.

    Raises as `extend`; RuleViolated when the day of review is not after today.
    """
    with transaction() as session:
        row, instance = _locked(session, deadline_id, by, now)
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"suspending {deadline_id}",
            now,
        ):
            return
        try:
            suspended_deadlines.suspend(
                instance, row, SuspensionRequest(reason, review_on)
            )
        except LedgerRefused as refused:
            raise InstanceChanged(sentence_of(refused)) from refused


def resume(
    deadline_id: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> datetime:
    """The end of 挂账: the time it took is added, the step's other timers go on with what they had left. The
    new due instant. The same key does it once. Raises as `extend`."""
    with transaction() as session:
        row, instance = _locked(session, deadline_id, by, now)
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"resuming {deadline_id}",
            now,
        ):
            return row.due_at
        try:
            return suspended_deadlines.resume(instance, row)
        except LedgerRefused as refused:
            raise InstanceChanged(sentence_of(refused)) from refused


def _locked(
    session: Session,
    deadline_id: str,
    by: int,
    now: datetime,
) -> tuple[Deadline, LockedInstance]:
    person = session.get(Person, by)
    if person is None:
        raise NotFound(deadline_id)
    row, instance = _instance_of(
        session,
        deadline_id,
        Actor(by, person.username, person.display_name),
        now,
    )
    instance.actor = Actor(
        by,
        person.username,
        person.display_name,
        _approver(session, instance, by, row.task_id),
    )
    if (
        row.task_id is not None
        and session.scalar(
            sa.select(UserTask.state).where(UserTask.id == row.task_id)
        )
        != "open"
    ):
        raise InstanceChanged(say("这项任务已经办结，时限不再变动"))
    return row, instance


def _instance_of(
    session: Session,
    deadline_id: str,
    actor: Actor,
    now: datetime,
) -> tuple[Deadline, LockedInstance]:
    result = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS, ProcessInstance.state)
        .join(Deadline, Deadline.instance_id == ProcessInstance.id)
        .where(Deadline.id == deadline_id)
        .with_for_update(of=ProcessInstance)
    ).first()
    if result is None:
        raise NotFound(deadline_id)
    if result.state != "active":
        raise InstanceChanged(say("该事项已经办结，时限不再变动"))
    bundle = bundles.bundle_of(session, result.definition_id)
    row = session.get_one(Deadline, deadline_id, with_for_update=True)
    return row, locked_instance.from_row(
        session,
        bundle,
        result,
        actor,
        now,
    )


def _approver(
    session: Session,
    instance: LockedInstance,
    by: int,
    task_id: str | None,
) -> str:
    """The body in whose name the person may move this deadline."""
    mine = session.scalars(
        sa.select(Body)
        .join(Membership, Membership.body_id == Body.id)
        .where(
            Membership.person_id == by,
            Membership.until_on.is_(None),
            Body.tenant_id == instance.tenant_id,
        )
    ).all()
    whose = deadline_approvers.asked(session, instance.id, task_id)
    body = deadline_approvers.approver(
        instance.bundle.jurisdiction, whose, mine
    )
    if body is None:
        raise deadline_approvers.refusal(
            instance.bundle.jurisdiction, whose, mine
        )
    return body.id
