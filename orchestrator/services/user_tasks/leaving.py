"""What a person held goes on when he leaves: to a colleague of his who is named, else back to its body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import NotFound
from orchestrator.sentences import say
from orchestrator.services.access import Viewer
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.user_tasks import locked_task
from orchestrator.services.user_tasks.administration import administrator
from orchestrator.services.user_tasks.assignment import (
    REDIRECTED,
    Holding,
    hold,
)
from orchestrator.services.user_tasks.taking_over import NOBODYS
from orchestrator.store import held_tasks
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import IS_OPEN, UserTask, UserTaskCandidate


@dataclass(frozen=True, slots=True)
class Successor:
    """Who is to have the tasks of a person that leaves."""

    person_id: int
    by: Viewer
    """The administrator who says so."""


@dataclass(frozen=True, slots=True)
class TasksLeft:
    """What became of the tasks of a person that left."""

    handed_over: int = 0
    given_back: int = 0


def release_tasks_of(person_id: int, now: datetime) -> int:
    """Gives back every open task that the person holds, and frees what he delegated; how many tasks changed.

    A task that was delegated to him returns to who delegated it; one that he delegated stays with whom has
    it, as his own. Each is a transaction of its own, so that a person with many tasks keeps nobody waiting;
    what is interrupted is taken up by the clock's sweep. Raises NotFound.
    """
    name, tasks = _tasks_of(person_id)
    return sum(_release(task_id, person_id, name, now) for task_id in tasks)


def hand_over_tasks_of(
    person_id: int,
    to: Successor,
    now: datetime,
) -> TasksLeft:
    """The successor holds every open task of the person that one of the successor's bodies may have; the
    others go as in `release_tasks_of`. Raises NotFound."""
    name, tasks = _tasks_of(person_id)
    return _hand_over(tasks, person_id, name, to, now)


def hand_over_after_move(
    person_id: int,
    to: Successor | None,
    now: datetime,
) -> TasksLeft:
    """As `hand_over_tasks_of` for the tasks of bodies that the person serves no more."""
    with transaction(writing=False) as session:
        name = session.get_one(Person, person_id).display_name
        results = [
            row.id
            for row in session.execute(
                held_tasks.of_former_members().where(Person.id == person_id),
            )
        ]
    if to is not None:
        return _hand_over(results, person_id, name, to, now)
    given = [
        release_task_of_former_member(task_id, person_id, name, now)
        for task_id in results
    ]
    return TasksLeft(given_back=sum(given))


def release_task_of_former_member(
    task_id: str,
    person_id: int,
    name: str,
    now: datetime,
) -> bool:
    """Gives the task back to its body, whose member the person is no more; whether it changed."""
    return _release(task_id, person_id, name, now, say("已不在该办理机构"))


def follow_successor(
    task_id: str,
    dissolved: Body,
    successor: Body,
    now: datetime,
) -> None:
    """The open task waits for the successor in the place of the dissolved body; who holds it goes on."""
    with transaction() as session:
        row = locked_task.lock_alone(session, task_id)
        former = session.get(UserTaskCandidate, (task_id, dissolved.id))
        if row.task_state != "open" or former is None:
            return
        if session.get(UserTaskCandidate, (task_id, successor.id)) is None:
            session.add(
                UserTaskCandidate(
                    task_id=task_id,
                    candidate=successor.id,
                    instance_id=former.instance_id,
                    offered=former.offered,
                    due_sort=former.due_sort,
                ),
            )
        session.delete(former)
        session.flush()
        sentences = {
            "from": dissolved.name,
            "to": successor.name,
            "body": successor.id,
            "reason": say("机构撤并"),
        }
        hold(
            session,
            row,
            now,
            Holding(REDIRECTED, row.assignee_id, details=sentences),
            CLOCK,
        )


def _tasks_of(person_id: int) -> tuple[str, list[str]]:
    """The person's name, and ids of the open tasks that he holds or has delegated. Raises NotFound."""
    with transaction(writing=False) as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound(str(person_id))
        his = sa.or_(
            UserTask.assignee_id == person_id,
            UserTask.owner_id == person_id,
        )
        tasks = session.scalars(
            sa.select(UserTask.id).where(IS_OPEN, his).order_by(UserTask.id),
        ).all()
        return person.display_name, list(tasks)


def _hand_over(
    tasks: Iterable[str],
    person_id: int,
    name: str,
    to: Successor,
    now: datetime,
) -> TasksLeft:
    handed_over = given_back = 0
    for task_id in tasks:
        with transaction() as session:
            if _give_to_successor(
                session,
                task_id,
                person_id,
                name,
                to,
                now,
            ):
                handed_over += 1
                continue
        given_back += _release(task_id, person_id, name, now)
    return TasksLeft(handed_over, given_back)


def _give_to_successor(
    session: Session,
    task_id: str,
    person_id: int,
    name: str,
    to: Successor,
    now: datetime,
) -> bool:
    row = locked_task.lock_alone(session, task_id)
    if (
        row.task_state != "open"
        or row.assignee_id != person_id
        or row.delegation == "pending"
    ):
        return False
    people = dict(held_tasks.people_for(session, task_id, person_id))
    if to.person_id not in people:
        return False
    sentences = {
        "from": name,
        "to": people[to.person_id],
        "reason": say("人员离岗移交"),
    }
    hold(
        session,
        row,
        now,
        Holding(
            "administrator-assigned",
            to.person_id,
            columns=NOBODYS,
            details=sentences,
        ),
        administrator(to.by),
    )
    return True


def _release(
    task_id: str,
    person_id: int,
    name: str,
    now: datetime,
    reason: str = say("人员离岗"),
) -> bool:
    with transaction() as session:
        row = locked_task.lock_alone(session, task_id)
        if row.task_state != "open":
            return False
        details = {"from": name, "reason": reason}
        free = {"owner_id": None, "delegation": None}
        if row.assignee_id == person_id:
            owner = None
            if row.delegation == "pending":
                owner = row.owner_id
            hold(
                session,
                row,
                now,
                Holding("returned", owner, columns=free, details=details),
                CLOCK,
            )
        elif row.owner_id == person_id:
            hold(
                session,
                row,
                now,
                Holding(
                    "delegation-ended",
                    row.assignee_id,
                    columns=free,
                    details=details,
                ),
                CLOCK,
            )
        else:
            return False
        return True
