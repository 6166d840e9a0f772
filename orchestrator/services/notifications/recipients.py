"""Who is notified of a task: who holds it, else everybody to whom it is offered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.absences import find_deputies
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def of_tasks(
    session: Session,
    task_ids: Collection[str],
    now: datetime,
    state: str = "open",
) -> Mapping[str, set[int]]:
    """Task id → ids of the people and of the deputies of those who are absent, for those of the tasks that
    are in the state."""
    tasks: dict[str, set[int]] = {}
    if not task_ids:
        return tasks
    mine = (UserTask.id.in_(task_ids), UserTask.state == state)
    held = sa.select(UserTask.id, UserTask.assignee_id).where(
        *mine,
        UserTask.assignee_id.is_not(None),
    )
    offered = (
        sa.select(UserTask.id, UserTaskCandidate.candidate)
        .join(UserTaskCandidate, UserTaskCandidate.task_id == UserTask.id)
        .where(*mine, UserTask.assignee_id.is_(None))
    )
    asked: dict[str, set[str]] = {}
    for task_id, candidate in session.execute(offered):
        asked.setdefault(candidate, set()).add(task_id)
    serving = (
        sa.select(Person.id, Membership.body_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.active,
            Membership.until_on.is_(None),
            Membership.body_id.in_(asked),
        )
    )
    named = sa.select(Person.id, sa.literal("user:") + Person.username).where(
        Person.active,
        Person.username.in_(
            [
                value.removeprefix("user:")
                for value in asked
                if value.startswith("user:")
            ],
        ),
    )
    for task_id, holder in session.execute(held):
        if holder is not None:
            tasks.setdefault(task_id, set()).add(holder)
    for query in (serving, named):
        for person_id, candidate in session.execute(query):
            for task_id in asked[candidate]:
                tasks.setdefault(task_id, set()).add(person_id)
    _add_deputies(session, tasks, now)
    return tasks


def _add_deputies(
    session: Session,
    result: dict[str, set[int]],
    now: datetime,
) -> None:
    if result:
        deputies = find_deputies(session, set().union(*result.values()), now)
    else:
        deputies = ()
    if not deputies:
        return
    tasks = session.execute(
        sa.select(
            UserTask.id, UserTask.process_key, ProcessInstance.started_by
        )
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.id.in_(result))
    ).all()
    for row in deputies:
        for task in tasks:
            covers = (
                not row.process_keys or task.process_key in row.process_keys
            )
            # A deputy does not decide on what he applied for himself.
            if covers and task.started_by != row.deputy_id:
                people = result[task.id]
                if row.person_id in people:
                    people.add(row.deputy_id)


def addressed(session: Session, addresses: Sequence[str]) -> set[int]:
    """Ids of the people who serve these bodies, or are named as `user:NAME`."""
    serving = sa.select(Membership.person_id).where(
        Membership.until_on.is_(None),
        Membership.body_id.in_(addresses),
    )
    names = [
        address.removeprefix("user:")
        for address in addresses
        if address.startswith("user:")
    ]
    query = sa.select(Person.id).where(
        Person.active,
        sa.or_(Person.id.in_(serving), Person.username.in_(names)),
    )
    return set(session.scalars(query))


def asked_to_sign(
    session: Session,
    addresses: Sequence[str],
    process_key: str,
    now: datetime,
) -> set[int]:
    """The same, and the deputies of those who are absent."""
    people = addressed(session, addresses)
    deputies = [
        row.deputy_id
        for row in find_deputies(session, people, now)
        if not row.process_keys or process_key in row.process_keys
    ]
    return people | set(deputies)
