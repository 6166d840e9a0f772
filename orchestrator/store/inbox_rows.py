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
    """Where an instance comes from."""

    person: str | None
    """None: a timer or a message began it."""
    body: str | None
    attachments: int


@dataclass(frozen=True, slots=True)
class Round:
    """A step that was done before in the same instance."""

    times: int
    supplied: bool
    """Whether the applicant did the task before this one: he supplied what was asked for."""


_INSTANCES: sa.BindParameter[list[str]] = sa.bindparam(
    "instances",
    expanding=True,
)
_TASKS: sa.BindParameter[list[str]] = sa.bindparam("tasks", expanding=True)
_ORIGINS = (
    sa.select(
        ProcessInstance.id,
        Person.display_name,
        Body.name,
        sa.select(sa.func.count())
        .where(Attachment.instance_id == ProcessInstance.id)
        .correlate(ProcessInstance)
        .scalar_subquery()
        .label("files"),
    )
    .outerjoin(Person, Person.id == ProcessInstance.started_by)
    .outerjoin(Body, Body.id == ProcessInstance.started_by_body)
    .where(ProcessInstance.id.in_(_INSTANCES))
)


def origins(
    session: Session,
    instance_ids: Collection[str],
) -> dict[str, Origin]:
    """By instance: who began it, in whose name, with how many files."""
    rows = session.execute(_ORIGINS, {"instances": list(instance_ids)})
    return {
        row.id: Origin(row.display_name, row.name, row.files) for row in rows
    }


_TASK = aliased(UserTask)
_EARLIER = aliased(UserTask)
_BEFORE = aliased(UserTask)
_LAST = (
    sa.select(_BEFORE.closed_by)
    .where(
        _BEFORE.instance_id == _TASK.instance_id,
        _BEFORE.state == "completed",
        _BEFORE.closed_at <= _TASK.opened_at,
    )
    .order_by(_BEFORE.closed_at.desc())
    .limit(1)
    .scalar_subquery()
)
_ROUNDS = (
    sa.select(
        _TASK.id,
        sa.func.count().label("times"),
        (ProcessInstance.started_by == _LAST).label("supplied"),
    )
    .join(ProcessInstance, ProcessInstance.id == _TASK.instance_id)
    .join(
        _EARLIER,
        sa.and_(
            _EARLIER.instance_id == _TASK.instance_id,
            _EARLIER.element_id == _TASK.element_id,
            _EARLIER.state == "completed",
            _EARLIER.closed_at <= _TASK.opened_at,
        ),
    )
    .where(_TASK.id.in_(_TASKS))
    .group_by(_TASK.id, ProcessInstance.started_by)
)


def rounds(session: Session, task_ids: Collection[str]) -> dict[str, Round]:
    """By task, of those whose step had been done before they opened."""
    rows = session.execute(_ROUNDS, {"tasks": list(task_ids)})
    return {row.id: Round(row.times, bool(row.supplied)) for row in rows}


def times_urged(
    session: Session,
    instance_ids: Collection[str],
) -> dict[str, int]:
    """By instance, how often it was urged (催办)."""
    if not instance_ids:
        return {}
    rows = session.execute(
        sa.select(HistoryEntry.instance_id, sa.func.count().label("times"))
        .where(
            HistoryEntry.instance_id.in_(instance_ids),
            HistoryEntry.kind == "urged",
        )
        .group_by(HistoryEntry.instance_id),
    )
    return {row.instance_id: row.times for row in rows}
