"""What the administrator does with an open task, without seeing what it is about: give it back, to a person,
or to another body."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.sentences import joined, say
from orchestrator.services import access
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.user_tasks import locked_task
from orchestrator.services.user_tasks.assignment import (
    REDIRECTED,
    Holding,
    hold,
)
from orchestrator.services.user_tasks.taking_over import (
    NOBODYS,
    needed,
    require_revision,
)
from orchestrator.store import held_tasks
from orchestrator.store.incidents import NOBODY, Incident
from orchestrator.store.people import name_of
from orchestrator.store.session import transaction
from orchestrator.store.territories import OPERATES, Body
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def give_back(
    task_id: str,
    by: int,
    now: datetime,
    reason: str,
    revision: int | None = None,
) -> None:
    """The task is offered to its bodies again.

    Raises NotFound, also for who administrates another jurisdiction or none, TaskAlreadyClosed,
    InstanceChanged when it has come into other hands since `revision`, RuleViolated without a reason, or
    where the diagram named a person and no body.
    """
    with transaction() as session:
        row, actor = _locked(session, task_id, by, revision)
        if row.assignee_id is None:
            raise InstanceChanged(say("这项任务没有人领取，不需要放回"))
        if not _candidates(session, task_id):
            raise RuleViolated(
                [say("这项任务直接指定给个人，没有可以放回的机构，请改派")],
            )
        details = {
            "from": name_of(session, row.assignee_id),
            "reason": needed(reason),
        }
        hold(
            session,
            row,
            now,
            Holding(
                "administrator-released",
                None,
                columns=NOBODYS,
                details=details,
            ),
            actor,
        )


def give_to(
    task_id: str,
    to: int,
    by: int,
    now: datetime,
    reason: str,
    revision: int | None = None,
) -> None:
    """A person of the task's bodies holds it from now on. Raises as `give_back`, Forbidden for anybody
    else."""
    with transaction() as session:
        row, actor = _locked(session, task_id, by, revision)
        people = dict(held_tasks.people_for(session, task_id, row.assignee_id))
        if to not in people:
            raise Forbidden(say("只能转给这项任务办理机构的在岗人员"))
        details = {
            "from": name_of(session, row.assignee_id),
            "to": people[to],
            "reason": needed(reason),
        }
        hold(
            session,
            row,
            now,
            Holding(
                "administrator-assigned", to, columns=NOBODYS, details=details
            ),
            actor,
        )
        _settle(session, row, now)


def redirect(
    task_id: str,
    body_id: str,
    by: int,
    now: datetime,
    reason: str,
    revision: int | None = None,
) -> None:
    """改派: the task waits for that body in the place of those it waited for. Raises as `give_back`,
    Forbidden for a body that cannot take it."""
    with transaction() as session:
        row, actor = _locked(session, task_id, by, revision)
        bodies = dict(
            held_tasks.bodies_for(session, row.tenant_id, row.territory_path),
        )
        if body_id not in bodies:
            raise Forbidden(say("只能改派给事项所在地或上级有在岗人员的机构"))
        before = _candidates(session, task_id)
        names = dict(
            session.execute(
                sa.select(Body.id, Body.name).where(Body.id.in_(before)),
            ).all(),
        )
        details = {
            "from": joined(
                "、", (names.get(value, value) for value in before)
            ),
            "to": bodies[body_id],
            "body": body_id,
            "reason": needed(reason),
        }
        due_sort = session.scalar(
            sa.select(UserTask.due_sort).where(UserTask.id == task_id),
        )
        session.execute(
            sa.delete(UserTaskCandidate).where(
                UserTaskCandidate.task_id == task_id,
            ),
        )
        session.add(
            UserTaskCandidate(
                task_id=task_id,
                candidate=body_id,
                instance_id=row.id,
                offered=True,
                due_sort=due_sort,
            ),
        )
        session.flush()
        hold(
            session,
            row,
            now,
            Holding(REDIRECTED, None, columns=NOBODYS, details=details),
            actor,
        )
        _settle(session, row, now)


def _locked(
    session: Session,
    task_id: str,
    by: int,
    revision: int | None,
) -> tuple[Any, Actor]:
    viewer = access.viewer(session, by)
    row = locked_task.lock_alone(session, task_id)
    if (
        viewer is None
        or not viewer.operates
        or row.tenant_id != viewer.tenant_id
    ):
        raise NotFound(task_id)
    locked_task.require_open(session, row)
    require_revision(row, revision)
    return row, administrator(viewer)


def administrator(viewer: access.Viewer) -> Actor:
    """The viewer in the capacity of a body that runs the platform."""
    body = next(body.id for body in viewer.bodies if body.platform == OPERATES)
    return Actor(viewer.person_id, viewer.username, viewer.display_name, body)


def _settle(session: Session, row: Any, now: datetime) -> None:
    """Ends what was noted of the task: somebody can do it now."""
    noted = sa.select(Incident).where(
        Incident.instance_id == row.id,
        Incident.state == "open",
        Incident.kind.in_(NOBODY),
    )
    for incident in session.scalars(noted):
        if incident.details.get("task") == row.task_id.rpartition(".")[2]:
            incident.state = "resolved"
            incident.resolved_at = now


def _candidates(session: Session, task_id: str) -> list[str]:
    query = sa.select(UserTaskCandidate.candidate).where(
        UserTaskCandidate.task_id == task_id,
    )
    return list(session.scalars(query.order_by(UserTaskCandidate.candidate)))
