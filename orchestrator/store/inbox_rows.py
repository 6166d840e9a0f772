"""What a row of the inbox tells beside its task: where it comes from, how often its step was done before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import Attachment, UserTask


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a matter comes from."""

    person: str | None
    """None: a timer or a message began it."""
    body: str | None
    attachments: int


@dataclass(frozen=True, slots=True)
class Round:
    """A step that was done before in the same matter."""

    times: int
    supplied: bool
    """Whether the applicant did the task before this one: he supplied what was asked for."""


def origins(session: Session, instance_ids: Collection[str]) -> dict[str, Origin]:
    """By instance: who began it, in whose name, with how many files."""
    files = (
        sa.select(sa.func.count())
        .where(Attachment.instance_id == ProcessInstance.id)
        .correlate(ProcessInstance)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(ProcessInstance.id, Person.display_name, Body.name, files.label("files"))
        .outerjoin(Person, Person.id == ProcessInstance.started_by)
        .outerjoin(Body, Body.id == ProcessInstance.started_by_body)
        .where(ProcessInstance.id.in_(instance_ids))
    )
    return {row.id: Origin(row.display_name, row.name, row.files) for row in rows}


def rounds(session: Session, task_ids: Collection[str]) -> dict[str, Round]:
    """By task, of those whose step had been done before they opened."""
    task, earlier, before = aliased(UserTask), aliased(UserTask), aliased(UserTask)
    last = (
        sa.select(before.closed_by)
        .where(
            before.instance_id == task.instance_id,
            before.state == "completed",
            before.closed_at <= task.opened_at,
        )
        .order_by(before.closed_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            task.id, sa.func.count().label("times"), (last == ProcessInstance.started_by).label("supplied")
        )
        .join(ProcessInstance, ProcessInstance.id == task.instance_id)
        .join(
            earlier,
            sa.and_(
                earlier.instance_id == task.instance_id,
                earlier.element_id == task.element_id,
                earlier.state == "completed",
                earlier.closed_at <= task.opened_at,
            ),
        )
        .where(task.id.in_(task_ids))
        .group_by(task.id, ProcessInstance.started_by)
    )
    return {row.id: Round(row.times, bool(row.supplied)) for row in rows}


def times_urged(session: Session, instance_ids: Collection[str]) -> dict[str, int]:
    """By instance, how often it was urged (催办)."""
    if not instance_ids:
        return {}
    rows = session.execute(
        sa.select(HistoryEntry.instance_id, sa.func.count().label("times"))
        .where(HistoryEntry.instance_id.in_(instance_ids), HistoryEntry.kind == "urged")
        .group_by(HistoryEntry.instance_id)
    )
    return {row.instance_id: row.times for row in rows}
