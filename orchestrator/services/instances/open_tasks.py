"""The open tasks of an instance as its page shows them: who is asked, until when and on what ground."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.access import Viewer
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.instances.inbox_rows import working_days_left
from orchestrator.services.user_tasks import deadline_approvers, own_rows
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.once import keep, once
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


@dataclass(frozen=True)
class OpenTask:
    id: str
    name: str
    element_id: str
    bodies: Sequence[str]
    assignee: str | None
    due_at: datetime | None
    lines: Sequence[str]
    citation: str
    provisional: bool
    deadline_id: str | None = None
    suspended: bool = False
    review_at: datetime | None = None
    """When a suspended task comes up again."""
    left: int | None = None
    """Working days until it is due, as the inbox counts them."""
    may_move: bool = False
    """Whether the viewer serves a body that may extend or suspend it."""
    about: str = ""
    """For which of several bodies or grids the step is done; empty where it is done once."""


@dataclass(frozen=True, slots=True)
class OpenTaskRow:
    """An open task as the database has it."""

    task: UserTask
    deadline: Deadline | None
    asked: Sequence[tuple[str, Body | None]]
    """(candidate, the body that it names, if it names one)."""
    holder: str | None = None
    """Name of who holds it."""


def rows_of(session: Session, instance_id: str) -> list[OpenTaskRow]:
    """The instance's open tasks, the one that is due first before the others."""
    rows = session.execute(_OPEN, {"instance": instance_id}).all()
    asked = _asked(
        session,
        instance_id,
        [task.id for task, _deadline, _holder in rows],
    )
    return [
        OpenTaskRow(task, deadline, asked[task.id], holder)
        for task, deadline, holder in rows
    ]


_INSTANCE = sa.bindparam("instance", type_=sa.String())
_OPEN = (
    sa.select(UserTask, Deadline, Person.display_name)
    .join(Deadline, Deadline.id == UserTask.id, isouter=True)
    .join(Person, Person.id == UserTask.assignee_id, isouter=True)
    .where(UserTask.instance_id == _INSTANCE, UserTask.state == "open")
    .order_by(UserTask.due_sort, UserTask.id)
)
_TASKS = sa.case(
    (
        UserTaskCandidate.task_id.in_(sa.bindparam("tasks", expanding=True)),
        UserTaskCandidate.task_id,
    ),
)
_ASKED = (
    sa.select(
        UserTaskCandidate.candidate,
        Body,
        sa.func.aggregate_strings(_TASKS, " ").label("tasks"),
    )
    .join(Body, Body.id == UserTaskCandidate.candidate, isouter=True)
    .where(UserTaskCandidate.instance_id == _INSTANCE)
    .group_by(UserTaskCandidate.candidate, Body.id)
    .order_by(UserTaskCandidate.candidate)
)


def _asked(
    session: Session,
    instance_id: str,
    task_ids: Sequence[str],
) -> dict[str, list[tuple[str, Body | None]]]:
    """By task, whom it asks. Who was ever asked in the instance comes along and is kept for `asked_in`."""
    rows = session.execute(
        _ASKED,
        {"instance": instance_id, "tasks": task_ids},
    ).all()
    result: dict[str, list[tuple[str, Body | None]]] = {
        task_id: [] for task_id in task_ids
    }
    for row in rows:
        for task_id in (row.tasks or "").split():
            result[task_id].append((row.candidate, row.Body))
    for task_id, asked in result.items():
        keep(
            session,
            ("asked", task_id),
            frozenset(candidate for candidate, _body in asked),
        )
    keep(session, ("asked in", instance_id), {row.candidate for row in rows})
    return result


def asked_in(session: Session, instance_id: str) -> set[str]:
    """Everybody who was ever asked in the instance."""

    def ask() -> set[str]:
        query = sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.instance_id == instance_id,
        )
        return set(session.scalars(query.distinct()))

    return once(session, ("asked in", instance_id), ask)


def shown(
    session: Session,
    bundle: Bundle,
    rows: Sequence[OpenTaskRow],
    movable: Collection[str],
    now: datetime | None,
) -> list[OpenTask]:
    """The tasks for the page. `movable`: ids of the tasks whose time the viewer may move. Without an instant
    nothing says how long is left."""
    office = None
    if now and any(row.task.due_at for row in rows):
        office = locked_instance.calendar(session, bundle)
    open_tasks = []
    for row in rows:
        task = row.task
        deadline = row.deadline
        ledger = None
        if deadline:
            ledger = deadline_rows.ledger_of(deadline)
        days = None
        present = None
        if deadline:
            present = locked_instance.calendar(
                session,
                bundle,
                deadline.counted_for,
            )
            days = locked_instance.calendar(
                session,
                bundle,
                deadline.counted_for,
                deadline.calendar_version,
            )
        open_tasks.append(
            OpenTask(
                task.id,
                task.name,
                task.element_id,
                [
                    body.name if body else candidate
                    for candidate, body in row.asked
                ],
                row.holder,
                task.due_at,
                ledger.lines(days) if ledger and days else (),
                bundle.jurisdiction.cite(ledger.citation) if ledger else "",
                task.due_provisional,
                deadline.id if deadline else None,
                ledger.suspended if ledger else False,
                task.follow_up_at,
                working_days_left(present or office, task.due_at, now)
                if office and now
                else None,
                task.id in movable,
                own_rows.in_a_line(session, bundle, task.variables),
            ),
        )
    return open_tasks


def movable(
    session: Session,
    bundle: Bundle,
    instance: ProcessInstance,
    rows: Sequence[OpenTaskRow],
    who: Viewer,
    concerned: Collection[str],
) -> set[str]:
    """Ids of the tasks whose time one of the viewer's bodies may move. `concerned`: everybody who was asked
    in the instance."""
    if not serves_an_office(bundle, who):
        return set()
    results = set()
    for row in rows:
        if row.deadline is None:
            continue
        bodies = [body for _candidate, body in row.asked if body is not None]
        if not bodies and instance.started_by_body:
            bodies = [
                body
                for body in [session.get(Body, instance.started_by_body)]
                if body is not None
            ]
        subject = deadline_approvers.ApprovalSubject(
            bodies,
            concerned,
            instance.territory_path,
        )
        if (
            deadline_approvers.approver(
                bundle.jurisdiction,
                subject,
                who.bodies,
            )
            is not None
        ):
            results.add(row.task.id)
    return results


def serves_an_office(bundle: Bundle, who: Viewer) -> bool:
    """Whether one of the viewer's bodies stands at a level that has offices."""
    return any(
        body.level in bundle.jurisdiction.levels.offices for body in who.bodies
    )
