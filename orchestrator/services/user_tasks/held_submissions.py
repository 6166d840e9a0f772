"""What a holder submitted for those who sign after him: it waits for them, and is kept for him when it waits
no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.store.added_signers import HeldSubmission
from orchestrator.store.people import Person

ENDED = "submission-ended"
"""Kind of the entry about what waits no more."""
KEEPS = frozenset({"claimed", "signers-added", "submission-held"})
"""Kinds of entries by which a task that somebody holds stays in his hands."""


def waiting(session: Session, task_id: str) -> HeldSubmission | None:
    """What was submitted for the task and waits for those who sign after."""
    query = sa.select(HeldSubmission).where(
        HeldSubmission.task_id == task_id, HeldSubmission.ended == ""
    )
    return session.scalars(query).first()


def own(
    session: Session, task_id: str, person_id: int
) -> HeldSubmission | None:
    """What the person submitted for the task last, whether it waits or not."""
    return session.get(HeldSubmission, (task_id, person_id))


def last(session: Session, task_id: str) -> HeldSubmission | None:
    """What was submitted for the task last, whoever wrote it: the opinions given are about it."""
    query = (
        sa.select(HeldSubmission)
        .where(HeldSubmission.task_id == task_id)
        .order_by(HeldSubmission.held_at.desc())
    )
    return session.scalars(query).first()


def of_reader(
    session: Session, task_id: str, person_id: int
) -> HeldSubmission | None:
    """With what the form of somebody who does the task begins: what waits, whoever submitted it, or what he
    submitted himself."""
    return waiting(session, task_id) or own(session, task_id, person_id)


def put(
    session: Session,
    task_id: str,
    person_id: int,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keeps it as what waits. What another person submitted for the task waits no more."""
    before = waiting(session, task_id)
    if before is not None and before.person_id != person_id:
        before.ended = "handed-on"
        session.flush()
    row = own(session, task_id, person_id)
    if row is None:
        row = HeldSubmission(task_id=task_id, person_id=person_id)
        session.add(row)
    row.data = dict(data)
    row.held_at = now
    row.ended = row.reasons = ""
    session.flush()


def end(
    session: Session,
    task_id: str,
    why: str,
    reasons: str = "",
) -> HeldSubmission | None:
    """It waits no more, and its writer keeps it; what waited, None where nothing did. `reasons`: the reasons
    why it could not be completed."""
    row = waiting(session, task_id)
    if row is not None:
        row.ended = why
        row.reasons = reasons
        session.flush()
    return row


def end_with_its_holder(
    session: Session,
    instance: LockedInstance,
    element_id: str,
    task_id: str,
) -> None:
    """The task comes into other hands: what its holder submitted waits no more, and the history says so."""
    row = end(session, task_id, "handed-on")
    if row is None:
        return
    name = session.scalar(
        sa.select(Person.display_name).where(Person.id == row.person_id)
    )
    instance.remember(
        ENDED,
        element_id,
        task=task_id.rpartition(".")[2],
        why="handed-on",
        of=name or "",
        writer=row.person_id,
    )


def forget(session: Session, task_id: str) -> None:
    """Removes all that was submitted for a task that is completed."""
    session.execute(
        sa.delete(HeldSubmission).where(HeldSubmission.task_id == task_id)
    )
