"""Who holds a task: claim (领取), unclaim (放回), assign (转办), delegate (委派), resolve. The instance does
not move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.persistence import task_bodies
from orchestrator.services.records import submission_keys
from orchestrator.services.user_tasks import held_submissions, locked_task
from orchestrator.services.user_tasks.delegation import prepared
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

REDIRECTED = "redirected"
"""Kind of the entry about a task that other bodies have from then on."""


def claim(task_id: str, by: int, now: datetime) -> None:
    """领取: the task becomes this person's; claiming one's own again changes nothing. Raises what `complete`
    does."""
    with transaction() as session:
        row = locked_task.lock(session, task_id, by, now=now)
        locked_task.require_open(session, row)
        locked_task.require_hold(session, row)
        if row.assignee_id != by:
            hold(
                session, row, now, Holding("claimed", locked_task.holder(row))
            )


def unclaim(
    task_id: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> None:
    """放回: the task is offered to its bodies again; the same key does it once. Raises Forbidden for anyone
    but its assignee."""
    with transaction() as session:
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"unclaiming {task_id}",
            now,
        ):
            return
        row = locked_task.lock(session, task_id, by, now=now)
        locked_task.require_open(session, row)
        if row.assignee_id != by:
            raise Forbidden(say("只有领取人可以放回；需要接办请写明理由"))
        if row.acting_body is None and not row.named:
            raise Forbidden(say("这项任务直接指定给您，不能放回，可以转办"))
        if row.delegation == "pending":
            raise Forbidden(
                say("这项任务是委派给您的，请填写意见后交回委派人")
            )
        hold(session, row, now, Holding("unclaimed", None))


def assign(
    task_id: str,
    to: int,
    by: int,
    now: datetime,
    reason: str = "",
    key: str | None = None,
) -> None:
    """转办: a colleague of the same bodies takes the task over; the same key does it once. Raises Forbidden
    for anybody else."""
    with transaction() as session:
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"assigning {task_id}",
            now,
        ):
            return
        row = locked_task.lock(session, task_id, by, now=now)
        locked_task.require_open(session, row)
        locked_task.require_hold(session, row)
        name = colleague(session, row, to)
        hold(
            session,
            row,
            now,
            Holding("assigned", to, details={"to": name, "reason": reason}),
        )


def delegate(
    task_id: str,
    to: int,
    by: int,
    now: datetime,
    reason: str = "",
    key: str | None = None,
) -> None:
    """委派: a colleague prepares the task and gives it back (resolve); the one who delegates stays its owner.
    The same key does it once."""
    with transaction() as session:
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"delegating {task_id}",
            now,
        ):
            return
        row = locked_task.lock(session, task_id, by, now=now)
        locked_task.require_open(session, row)
        locked_task.require_hold(session, row)
        if row.delegation == "pending":
            raise Forbidden(
                say("这项任务是委派给您的，不能再次委派，请交回委派人")
            )
        name = colleague(session, row, to)
        change = {"owner_id": locked_task.holder(row), "delegation": "pending"}
        hold(
            session,
            row,
            now,
            Holding(
                "delegated",
                to,
                columns=change,
                details={"to": name, "reason": reason},
            ),
        )


def resolve(
    task_id: str,
    by: int,
    now: datetime,
    remark: str = "",
    data: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """交回: a delegated task goes back to its owner, with the delegate's opinion and what was filled into its
    form. What comes again under the same key changes nothing.

    Raises Forbidden when it was not delegated to this person, FormInvalid for a value that is wrong.
    """
    with transaction() as session:
        row = locked_task.lock(session, task_id, by, now=now)
        purpose = f"resolve {task_id}"
        if not submission_keys.is_new(session, by, key, purpose, now):
            return
        locked_task.require_open(session, row)
        if row.delegation != "pending" or row.assignee_id != by:
            raise Forbidden(say("这项任务没有委派给您"))
        details = {
            "reason": remark,
            "form": row.form_key,
            "submitted": prepared(session, row, data or {}, by, now),
        }
        hold(
            session,
            row,
            now,
            Holding(
                "resolved",
                row.owner_id,
                columns={"delegation": "resolved"},
                details=details,
            ),
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a task from now on, and what the history tells of it."""

    kind: str
    """Of the history entry."""
    assignee: int | None
    """None: it is offered to its bodies."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Other columns of the task's row that change with it."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Of the entry."""


def hold(
    session: Session,
    row: Any,
    now: datetime,
    holding: Holding,
    actor: locked_instance.Actor | None = None,
) -> None:
    """Gives the task to its new holder, with an entry by the locked person, or by `actor`."""
    assignee = holding.assignee
    bundle = bundles.bundle_of(session, row.definition_id)
    instance = locked_instance.from_row(
        session,
        bundle,
        row,
        actor or locked_task.actor(row),
        now,
    )
    if holding.kind not in held_submissions.KEEPS:
        held_submissions.end_with_its_holder(
            session, instance, row.element_id, row.task_id
        )
    task = row.task_id.rpartition(".")[2]
    instance.remember(
        holding.kind, row.element_id, task=task, **holding.details
    )
    columns = {
        "assignee_id": assignee,
        "assigned_at": now if assignee is not None else None,
        "revision": row.task_revision + 1,
        **holding.columns,
    }
    session.execute(
        sa.update(UserTask).where(UserTask.id == row.task_id).values(columns)
    )
    session.execute(
        sa.update(UserTaskCandidate)
        .where(UserTaskCandidate.task_id == row.task_id)
        .values(offered=assignee is None)
    )
    if holding.kind == REDIRECTED:
        task_bodies.recalculate(instance, row.task_id)
    persistence.write_entries(instance)


def colleague(session: Session, row: Any, to: int) -> str:
    """The name of a person who serves one of the task's bodies, or is named himself."""
    serving = (
        sa.select(Membership.person_id)
        .join(
            UserTaskCandidate,
            UserTaskCandidate.candidate == Membership.body_id,
        )
        .where(
            UserTaskCandidate.task_id == row.task_id,
            Membership.person_id == to,
            Membership.until_on.is_(None),
        )
    )
    same_body = (
        sa.select(Membership.person_id)
        .where(Membership.person_id == to, Membership.until_on.is_(None))
        .where(
            Membership.body_id.in_(
                sa.select(Membership.body_id).where(
                    Membership.person_id == row.person_id,
                    Membership.until_on.is_(None),
                )
            )
        )
    )
    if row.acting_body is not None:
        allowed = serving
    else:
        allowed = same_body
    name = session.scalar(
        sa.select(Person.display_name).where(
            Person.id == to, Person.active, allowed.exists()
        )
    )
    if name is None:
        raise Forbidden(say("只能转给同一办理机构的人员"))
    return name
