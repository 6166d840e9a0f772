"""An instance that was closed from outside goes on where it stood: what is kept for that, and how it is put
back."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.base import Base, table
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def kept_of(session: Session, instance_id: str) -> dict[str, Any]:
    """What closing the instance would lose, as JSON: to be read before it is closed."""
    instance = session.get_one(ProcessInstance, instance_id)
    tasks = session.scalars(
        sa.select(UserTask.id).where(
            UserTask.instance_id == instance_id, UserTask.state == "open"
        )
    ).all()
    offers = session.execute(
        sa.select(
            UserTaskCandidate.task_id, UserTaskCandidate.candidate
        ).where(
            UserTaskCandidate.task_id.in_(tasks),
            UserTaskCandidate.offered.is_(True),
        )
    ).all()
    state = instance.engine_state or b""
    return {
        "engine_state": base64.b64encode(state).decode(),
        "variables": dict(instance.variables),
        "tasks": list(tasks),
        "offers": [list(row) for row in offers],
        "timers": _rows_of(
            session, TimerJob, instance_id, TimerJob.state == "planned"
        ),
        "subscriptions": _rows_of(session, EventSubscription, instance_id),
    }


def put_back(
    session: Session, instance_id: str, kept: Mapping[str, Any]
) -> None:
    """The instance runs again: its state, its open tasks and who was offered them, its timers and what it
    waits for. A time that has passed meanwhile comes at once."""
    session.execute(
        sa.update(ProcessInstance)
        .where(ProcessInstance.id == instance_id)
        .values(
            state="active",
            ended_at=None,
            engine_state=base64.b64decode(kept["engine_state"]),
            variables=kept["variables"],
        )
    )
    session.execute(
        sa.update(UserTask)
        .where(UserTask.id.in_(kept["tasks"]))
        .values(state="open", closed_at=None)
    )
    for task_id, candidate in kept["offers"]:
        session.execute(
            sa.update(UserTaskCandidate)
            .where(
                UserTaskCandidate.task_id == task_id,
                UserTaskCandidate.candidate == candidate,
            )
            .values(offered=True)
        )
    _offer_again(session, kept["tasks"])
    _add(session, TimerJob, kept["timers"])
    _add(session, EventSubscription, kept["subscriptions"])
    session.expire_all()


def _offer_again(session: Session, tasks: Sequence[str]) -> None:
    """Tasks whose holder has left meanwhile are nobody's and offered to all who may take them."""
    served = (
        sa.select(Membership.body_id)
        .join(
            UserTaskCandidate,
            UserTaskCandidate.candidate == Membership.body_id,
        )
        .where(
            UserTaskCandidate.task_id == UserTask.id,
            Membership.person_id == UserTask.assignee_id,
        )
    )
    stays = served.where(Membership.until_on.is_(None))
    works = sa.exists().where(Person.id == UserTask.assignee_id, Person.active)
    left = session.scalars(
        sa.select(UserTask.id).where(
            UserTask.id.in_(tasks),
            UserTask.assignee_id.is_not(None),
            sa.or_(~works, served.exists() & ~stays.exists()),
        )
    ).all()
    session.execute(
        sa.update(UserTask)
        .where(UserTask.id.in_(left))
        .values(
            assignee_id=None,
            assigned_at=None,
            owner_id=None,
            delegation=None,
            revision=UserTask.revision + 1,
        )
    )
    session.execute(
        sa.update(UserTaskCandidate)
        .where(UserTaskCandidate.task_id.in_(left))
        .values(offered=True)
    )


def _rows_of(
    session: Session,
    model: type[Base],
    instance_id: str,
    *conditions: sa.ColumnElement[bool],
) -> list[dict[str, Any]]:
    columns = table(model).c
    rows = session.execute(
        sa.select(*columns).where(
            columns.instance_id == instance_id, *conditions
        )
    ).mappings()
    return [
        {name: _written(value) for name, value in row.items()} for row in rows
    ]


def _written(value: Any) -> Any:
    """The value as JSON holds it: instants are told apart from texts."""
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value


def _read(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"at"}:
        return datetime.fromisoformat(value["at"])
    return value


def _add(
    session: Session, model: type[Base], rows: list[dict[str, Any]]
) -> None:
    for row in rows:
        values = {name: _read(value) for name, value in row.items()}
        session.execute(sa.insert(table(model)).values(values))
