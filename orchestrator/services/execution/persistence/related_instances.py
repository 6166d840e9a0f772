"""What an instance does to the one it is about: an entry in its record, an extension or suspension of a
task's deadline; in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from orchestrator.errors import RuleViolated
from orchestrator.handlers.context import HandlerRefused
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.execution.locked_instance import (
    INSTANCE_COLUMNS,
    LockedInstance,
    from_row,
)
from orchestrator.services.execution.persistence import (
    deadline_rows,
    suspended_deadlines,
)
from orchestrator.services.execution.persistence.rows import (
    RowChanges,
    write_rows,
)
from orchestrator.services.execution.persistence.suspended_deadlines import (
    SuspensionRequest,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask


def write_entry(
    running: LockedInstance,
    kind: str,
    data: Mapping[str, Any],
) -> bool:
    """Adds the entry to the record of the instance this one is about; False when that has ended: its record
    is closed."""
    subject = _subject(running)
    if subject is None:
        return False
    subject.remember(kind, None, **{"because": running.business_key, **data})
    write_rows(running.session, [RowChanges(subject)])
    return True


def extend(
    running: LockedInstance,
    task_id: str,
    amount: int,
    unit: str,
    reason: str,
) -> bool:
    """Extends the deadline of that task of the instance this one is about; False when the task is done
    already.

    Raises HandlerRefused when the jurisdiction allows no such extension.
    """
    running_step = _step(running, task_id)
    if running_step is None:
        return False
    subject, row = running_step
    ledger = deadline_rows.ledger_of(row)
    rule = subject.bundle.jurisdiction.extension
    objection = None
    if rule is not None:
        objection = rule.objection(ledger, amount, unit)
    if objection is not None:
        raise HandlerRefused(say("不能延期：{objection}", objection=objection))
    longer = ledger.extend(
        amount,
        unit,
        running.now,
        running.actor.name,
        reason,
    )
    details = {
        "amount": amount,
        "unit": unit,
        "reason": reason,
        "before": row.due_at.isoformat(),
        "because": running.business_key,
    }
    deadline_rows.keep(
        RowChanges(subject),
        row,
        longer,
        "deadline-extended",
        details,
    )
    return True


def suspend(
    running: LockedInstance,
    task_id: str,
    reason: str,
    review_on: date,
    reviewer: str,
) -> bool:
    """挂账 of the deadline of that task of the instance this one is about, or another day of review where it
    stands still already; False when the task is done already. The body `reviewer` looks at it again.

    Raises HandlerRefused when the day of review is not after today.
    """
    running_step = _step(running, task_id)
    if running_step is None:
        return False
    subject, row = running_step
    request = SuspensionRequest(
        reason,
        review_on,
        running.business_key,
        reviewer,
    )
    try:
        if deadline_rows.ledger_of(row).suspended:
            suspended_deadlines.review_again(subject, row, request)
        else:
            suspended_deadlines.suspend(subject, row, request)
    except RuleViolated as refused:
        raise HandlerRefused("；".join(refused.reasons)) from refused
    return True


def resume(running: LockedInstance, task_id: str) -> bool:
    """The end of 挂账 of that task of the instance this one is about; False where it does not stand still any
    more, or the task is done."""
    running_step = _step(running, task_id)
    if running_step is None:
        return False
    subject, row = running_step
    if not deadline_rows.ledger_of(row).suspended:
        return False
    suspended_deadlines.resume(subject, row, running.business_key, running.id)
    return True


def _step(
    running: LockedInstance, task_id: str
) -> tuple[LockedInstance, Deadline] | None:
    """The instance this one is about, under its lock, and the deadline of that open task of it."""
    subject = _subject(running)
    row = running.session.scalar(
        sa.select(Deadline).where(
            Deadline.id == task_id,
            Deadline.instance_id == _about(running),
        ),
    )
    state = running.session.scalar(
        sa.select(UserTask.state).where(UserTask.id == task_id),
    )
    if subject is None or row is None or state != "open":
        return None
    return subject, row


def _about(running: LockedInstance) -> str | None:
    return running.session.scalar(
        sa.select(ProcessInstance.about_id).where(
            ProcessInstance.id == running.id,
        ),
    )


def _subject(running: LockedInstance) -> LockedInstance | None:
    """The instance this one is about, under its lock; None when there is none or it has ended."""
    row = running.session.execute(
        sa.select(*INSTANCE_COLUMNS, ProcessInstance.state)
        .where(ProcessInstance.id == _about(running))
        .with_for_update(of=ProcessInstance),
    ).first()
    if row is None or row.state != "active":
        return None
    return from_row(
        running.session,
        bundles.bundle_of(running.session, row.definition_id),
        row,
        running.actor,
        running.now,
    )
