"""The open tasks of a matter as its page shows them: who is asked, until when and on what ground."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.access import Viewer
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.instances.inbox_rows import working_days_left
from orchestrator.services.user_tasks import deadline_approvers
from orchestrator.store.instances import ProcessInstance
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


@dataclass(frozen=True, slots=True)
class OpenTaskRow:
    """An open task as the database has it."""

    task: UserTask
    deadline: Deadline | None
    asked: Sequence[tuple[str, Body | None]]
    """(candidate, the body that it names, if it names one)."""


def rows_of(session: Session, instance_id: str) -> list[OpenTaskRow]:
    """The instance's open tasks, the one that is due first before the others."""
    found = session.execute(
        sa.select(UserTask, Deadline)
        .join(Deadline, Deadline.id == UserTask.id, isouter=True)
        .where(UserTask.instance_id == instance_id, UserTask.state == "open")
        .order_by(UserTask.due_sort, UserTask.id)
    ).all()
    if not found:
        return []
    candidates = session.execute(
        sa.select(UserTaskCandidate.task_id, UserTaskCandidate.candidate, Body)
        .join(Body, Body.id == UserTaskCandidate.candidate, isouter=True)
        .where(UserTaskCandidate.task_id.in_([task.id for task, _deadline in found]))
        .order_by(UserTaskCandidate.candidate)
    ).all()
    asked: dict[str, list[tuple[str, Body | None]]] = {}
    for task_id, candidate, body in candidates:
        asked.setdefault(task_id, []).append((candidate, body))
    return [OpenTaskRow(task, deadline, asked.get(task.id, ())) for task, deadline in found]


def asked_in(session: Session, instance_id: str) -> set[str]:
    """Everybody who was ever asked in the instance."""
    query = sa.select(UserTaskCandidate.candidate).where(UserTaskCandidate.instance_id == instance_id)
    return set(session.scalars(query.distinct()))


def shown(
    session: Session,
    bundle: Bundle,
    rows: Sequence[OpenTaskRow],
    assignees: Mapping[int, str],
    movable: Collection[str],
    now: datetime | None,
) -> list[OpenTask]:
    """The tasks for the page. `assignees`: names by id. `movable`: ids of the tasks whose time the viewer may
    move. Without an instant nothing says how long is left."""
    office = (
        locked_instance.calendar(session, bundle) if now and any(row.task.due_at for row in rows) else None
    )
    found = []
    for row in rows:
        task, deadline = row.task, row.deadline
        ledger = deadline_rows.ledger_of(deadline) if deadline else None
        days = (
            locked_instance.calendar(session, bundle, deadline.hours_of, deadline.calendar_version)
            if deadline
            else None
        )
        found.append(
            OpenTask(
                task.id,
                task.name,
                task.element_id,
                [body.name if body else candidate for candidate, body in row.asked],
                assignees.get(task.assignee_id or 0),
                task.due_at,
                ledger.lines(days) if ledger and days else (),
                bundle.jurisdiction.cite(ledger.citation) if ledger else "",
                task.due_provisional,
                deadline.id if deadline else None,
                ledger.suspended if ledger else False,
                task.follow_up_at,
                working_days_left(office, task.due_at, now) if office and now else None,
                task.id in movable,
            )
        )
    return found


def movable(
    session: Session,
    bundle: Bundle,
    instance: ProcessInstance,
    rows: Sequence[OpenTaskRow],
    who: Viewer,
    concerned: Collection[str],
) -> set[str]:
    """Ids of the tasks whose time one of the viewer's bodies may move. `concerned`: everybody who was asked
    in the matter."""
    if not serves_an_office(bundle, who):
        return set()
    found = set()
    for row in rows:
        if row.deadline is None:
            continue
        bodies = [body for _candidate, body in row.asked if body is not None]
        if not bodies and instance.started_by_body:
            bodies = [body for body in [session.get(Body, instance.started_by_body)] if body is not None]
        subject = deadline_approvers.ApprovalSubject(bodies, concerned, instance.territory_path)
        if deadline_approvers.approver(bundle.jurisdiction, subject, who.bodies) is not None:
            found.add(row.task.id)
    return found


def serves_an_office(bundle: Bundle, who: Viewer) -> bool:
    """Whether one of the viewer's bodies stands at a level that has offices."""
    return any(body.level in bundle.jurisdiction.levels.offices for body in who.bodies)
