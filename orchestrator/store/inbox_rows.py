"""What a row of the inbox tells beside its task: where it comes from, how often its step was done before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.kept_statements import rows_of
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import (
    Attachment,
    UserTask,
    UserTaskCandidate,
)


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


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row tells beside its task."""

    origin: Origin | None
    round: Round | None
    """None: the step is done for the first time."""
    candidates: Sequence[str]
    """To whom the task is offered: body ids, and `user:USERNAME`."""


_BETWEEN = "\n"
"""Between the names of candidates, none of which holds it."""
_TASKS: sa.BindParameter[list[str]] = sa.bindparam("tasks", expanding=True)
_TASK = aliased(UserTask)
_EARLIER = aliased(UserTask)
_BEFORE = aliased(UserTask)
_FILES = (
    sa.select(sa.func.count())
    .where(Attachment.instance_id == ProcessInstance.id)
    .correlate(ProcessInstance)
    .scalar_subquery()
)
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
_TIMES = (
    sa.select(sa.func.count())
    .where(
        _EARLIER.instance_id == _TASK.instance_id,
        _EARLIER.element_id == _TASK.element_id,
        _EARLIER.state == "completed",
        _EARLIER.closed_at <= _TASK.opened_at,
    )
    .scalar_subquery()
)
_OFFERED = (
    sa.select(sa.func.aggregate_strings(UserTaskCandidate.candidate, _BETWEEN))
    .where(UserTaskCandidate.task_id == _TASK.id)
    .scalar_subquery()
)
_FACTS = (
    sa.select(
        _TASK.id,
        Person.display_name,
        Body.name,
        _FILES.label("files"),
        _TIMES.label("times"),
        (ProcessInstance.started_by == _LAST).label("supplied"),
        _OFFERED.label("offered"),
    )
    .join(ProcessInstance, ProcessInstance.id == _TASK.instance_id)
    .outerjoin(Person, Person.id == ProcessInstance.started_by)
    .outerjoin(Body, Body.id == ProcessInstance.started_by_body)
    .where(_TASK.id.in_(_TASKS))
)


def facts(session: Session, task_ids: Collection[str]) -> dict[str, RowFacts]:
    """By task: who began its instance, in whose name, with how many files; which round of the step it is; and
    to whom it is offered."""
    rows = rows_of(session, _FACTS, {"tasks": list(task_ids)})
    return {
        row.id: RowFacts(
            Origin(row.display_name, row.name, row.files),
            Round(row.times, bool(row.supplied)) if row.times else None,
            sorted(row.offered.split(_BETWEEN)) if row.offered else (),
        )
        for row in rows
    }


_URGED = (
    sa.select(HistoryEntry.instance_id, sa.func.count().label("times"))
    .where(
        HistoryEntry.instance_id.in_(
            sa.bindparam("instances", expanding=True)
        ),
        HistoryEntry.kind == "urged",
    )
    .group_by(HistoryEntry.instance_id)
)


def times_urged(
    session: Session,
    instance_ids: Collection[str],
) -> dict[str, int]:
    """By instance, how often it was urged (催办)."""
    if not instance_ids:
        return {}
    rows = rows_of(session, _URGED, {"instances": list(instance_ids)})
    return {row.instance_id: row.times for row in rows}
