"""Open tasks by who holds them: those of colleagues for the inbox, those that may be stuck for the
administrator."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.territory import paths_to
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person, at_work
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import IS_OPEN, UserTask, UserTaskCandidate


@dataclass(frozen=True, slots=True)
class Held:
    """A task as the administrator sees it: nothing of what it is about."""

    id: str
    business_key: str
    name: str
    """Of the step."""
    bodies: tuple[str, ...]
    holder: str | None
    holder_id: int | None
    since: datetime | None
    absent: bool
    """Whether the holder cannot work on it any more: his account is off, or he has left its bodies."""
    revision: int


def without_people() -> sa.Select[Any]:
    """Ids of the open tasks of running instances that nobody holds and for which nobody is at work."""
    person = sa.exists().where(
        Person.active,
        UserTaskCandidate.candidate == "user:" + Person.username,
    )
    somebody = sa.exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        sa.or_(at_work(UserTaskCandidate.candidate), person),
    )
    return (
        sa.select(UserTask.id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(
            IS_OPEN,
            UserTask.assignee_id.is_(None),
            ~somebody,
            ProcessInstance.state == "active",
        )
        .order_by(UserTask.id)
    )


def of_former_members() -> sa.Select[str, int, str]:
    """(task id, person id, name) of the open tasks whose holder served a candidate body of theirs, has left
    it, and serves no other one of them."""
    served = sa.exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        Membership.body_id == UserTaskCandidate.candidate,
        Membership.person_id == UserTask.assignee_id,
    )
    himself = sa.exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        UserTaskCandidate.candidate == "user:" + Person.username,
    )
    return (
        sa.select(
            UserTask.id,
            Person.id.label("person_id"),
            Person.display_name,
        )
        .join(Person, Person.id == UserTask.assignee_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(
            IS_OPEN,
            Person.active,
            ProcessInstance.state == "active",
            served.where(Membership.until_on.is_not(None)),
            ~served.where(Membership.until_on.is_(None)),
            ~himself,
        )
        .order_by(UserTask.id)
    )


def of_colleagues(
    session: Session,
    person_id: int,
    bodies: Sequence[str],
) -> Any:
    """(task id, due_sort) of open tasks of these bodies that another person holds: who serves them, or has
    served them."""
    colleagues = sa.select(Membership.person_id).where(
        Membership.body_id.in_(bodies),
        Membership.person_id != person_id,
    )
    offered = sa.exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        UserTaskCandidate.candidate.in_(bodies),
    )
    return sa.select(UserTask.id.label("task_id"), UserTask.due_sort).where(
        IS_OPEN,
        UserTask.assignee_id.in_(colleagues),
        offered,
    )


def names(session: Session, ids: Collection[int | None]) -> dict[int, str]:
    """Names of the people of these ids."""
    if not ids:
        return {}
    return dict(
        session.execute(
            sa.select(Person.id, Person.display_name).where(
                Person.id.in_(ids)
            ),
        ).all(),
    )


MOST_STUCK = 100


def stuck(session: Session, tenant_id: str, before: datetime) -> list[Held]:
    """Tasks held since before that instant, and those whose holder is absent, the longest held first: at most
    MOST_STUCK."""
    old = session.scalars(_HELD_LONG, {"tenant": tenant_id, "before": before})
    absent = session.scalars(_HELD_BY_ABSENT, {"tenant": tenant_id})
    return sorted(
        _held(session, {*old, *absent}),
        key=lambda value: (not value.absent, value.since or before, value.id),
    )[:MOST_STUCK]


def one(session: Session, tenant_id: str, task_id: str) -> Held | None:
    """The open task of that jurisdiction."""
    known = sa.select(UserTask.id).where(
        UserTask.id == task_id,
        UserTask.tenant_id == tenant_id,
        IS_OPEN,
    )
    return next(iter(_held(session, set(session.scalars(known)))), None)


def people_for(
    session: Session,
    task_id: str,
    holder: int | None,
) -> list[tuple[int, str]]:
    """(id, name) of those at work who may hold the task: of its bodies; where it has none, of the bodies that
    its holder served."""
    bodies = list(
        session.scalars(
            sa.select(UserTaskCandidate.candidate).where(
                UserTaskCandidate.task_id == task_id,
            ),
        ),
    )
    names = [
        body.removeprefix("user:")
        for body in bodies
        if body.startswith("user:")
    ]
    if not bodies and holder is not None:
        bodies = list(
            session.scalars(
                sa.select(Membership.body_id).where(
                    Membership.person_id == holder,
                ),
            ),
        )
    serving = sa.exists().where(
        Membership.person_id == Person.id,
        Membership.body_id.in_(bodies),
        Membership.until_on.is_(None),
    )
    query = sa.select(Person.id, Person.display_name).where(
        Person.active,
        Person.id != (holder or 0),
        sa.or_(serving, Person.username.in_(names)),
    )
    return [
        (row.id, row.display_name)
        for row in session.execute(
            query.order_by(Person.display_name).limit(500),
        )
    ]


def bodies_for(
    session: Session,
    tenant_id: str,
    territory_path: str,
) -> list[tuple[str, str]]:
    """(id, name) of the bodies at that place and above it where somebody is at work, the nearest first; not
    those of the product's own roles."""
    query = sa.select(
        Body.id,
        Body.name,
        Body.territory_path,
        Body.role,
    ).where(
        Body.tenant_id == tenant_id,
        Body.territory_path.in_(paths_to(territory_path)),
        at_work(Body.id),
        Body.platform == "",
    )
    rows = sorted(
        session.execute(query),
        key=lambda row: (-len(row.territory_path), row.name),
    )
    return [(row.id, row.name) for row in rows]


def place_of(session: Session, task_id: str) -> str:
    """Path of the territory that the task is in."""
    return (
        session.scalar(
            sa.select(UserTask.territory_path).where(UserTask.id == task_id),
        )
        or ""
    )


def _serves() -> sa.Exists:
    return sa.exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        Membership.body_id == UserTaskCandidate.candidate,
        Membership.person_id == UserTask.assignee_id,
        Membership.until_on.is_(None),
    )


# Built once: the administrator's page asks them each time it is drawn.
_TENANT = sa.bindparam("tenant", type_=sa.String())
_HELD = sa.select(UserTask.id).where(
    IS_OPEN,
    UserTask.assignee_id.is_not(None),
    UserTask.tenant_id == _TENANT,
)
_HELD_LONG = (
    _HELD.where(
        UserTask.assigned_at
        < sa.bindparam("before", type_=UserTask.assigned_at.type)
    )
    .order_by(UserTask.assigned_at)
    .limit(MOST_STUCK)
)
_AWAY = sa.select(Person.id).where(
    Person.tenant_id == _TENANT, sa.not_(Person.active)
)
_LEFT = sa.select(Membership.person_id).where(Membership.until_on.is_not(None))
_HELD_BY_ABSENT = _HELD.where(
    sa.or_(
        UserTask.assignee_id.in_(_AWAY),
        sa.and_(UserTask.assignee_id.in_(_LEFT), ~_serves()),
    ),
).limit(MOST_STUCK)


def _held(session: Session, ids: set[str]) -> list[Held]:
    if not ids:
        return []
    rows = session.execute(
        sa.select(
            UserTask,
            Person.display_name,
            Person.active,
            _serves().label("serves"),
        )
        .join(Person, Person.id == UserTask.assignee_id, isouter=True)
        .where(UserTask.id.in_(ids)),
    ).all()
    asked = session.execute(
        sa.select(
            UserTaskCandidate.task_id,
            UserTaskCandidate.candidate,
            Body.name,
        )
        .join(Body, Body.id == UserTaskCandidate.candidate, isouter=True)
        .where(UserTaskCandidate.task_id.in_(ids))
        .order_by(UserTaskCandidate.candidate),
    ).all()
    names: dict[str, list[str]] = {}
    for pair in asked:
        names.setdefault(pair.task_id, []).append(
            pair.name or pair.candidate.removeprefix("user:"),
        )
    return [
        Held(
            task.id,
            task.business_key,
            task.name,
            tuple(names.get(task.id, ())),
            holder,
            task.assignee_id,
            task.assigned_at,
            holder is not None
            and not (active and (serves or task.id not in names)),
            task.revision,
        )
        for task, holder, active, serves in rows
    ]
