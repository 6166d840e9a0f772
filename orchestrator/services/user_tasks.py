"""A user task's life: claim, unclaim, assign (转办), delegate (委派), resolve, complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

import forms
from orchestrator.engine import UnknownTask
from orchestrator.engine import commands as c
from orchestrator.engine.errors import EngineError
from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    InstanceChanged,
    NotFound,
    RuleViolated,
    TaskAlreadyClosed,
    TaskClaimedByAnother,
)
from orchestrator.services import deployments, form_checks, form_options, outcome, running
from orchestrator.services.instances import adopt_attachments
from orchestrator.services.running import Actor, Running
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import IdempotencyKey, UserTask, UserTaskCandidate


@dataclass(frozen=True, slots=True)
class Completed:
    instance_id: str
    next_task_ids: tuple[str, ...] = ()
    replayed: bool = False
    """The same key had completed it before."""


def complete(
    task_id: str, data: Mapping[str, Any], by: int, now: datetime, key: str | None = None, revision: int | None = None
) -> Completed:
    """Completes the task with its form's values and moves the instance on, in one transaction.

    Raises NotFound, Forbidden, TaskAlreadyClosed (who was first, and when), TaskClaimedByAnother, InstanceChanged for a stale revision,
    FormInvalid with every field's reason. In each case nothing is changed.
    """
    with transaction() as session:
        row = _lock(session, task_id, by)
        if key is not None and not _first_time(session, by, key, row.instance_id, now):
            return Completed(row.instance_id, replayed=True)
        _require_open(session, row)
        _require_mine(session, row, by)
        if revision is not None and revision != row.task_revision:
            raise InstanceChanged("这项任务刚刚有变动，请核对后重新提交")
        bundle = deployments.bundle(session, row.definition_id)
        form = bundle.forms.get(row.form_key or "")
        values: dict[str, Any] = {}
        if form is not None:
            options = form_options.for_form(session, bundle, form, row.territory_path, by) if form.sources else {}
            try:
                values = forms.validate(form, data, options)
            except forms.Invalid as invalid:
                raise FormInvalid(invalid.errors) from invalid
        derived = form_checks.derive(session, bundle, row.form_key, values, row.territory_path)
        instance = running.from_row(session, bundle, row, _actor(row, by), now)
        engine_id = c.EngineTaskId(task_id.rpartition(".")[2])
        instance.remember("user-task-completed", row.element_id, task=engine_id, form=row.form_key, submitted=values)
        told = {
            f"{row.element_id}_by": row.display_name,
            f"{row.element_id}_on": now.astimezone(form_options.zone(bundle)).date().isoformat(),
        }
        try:
            opened = outcome.carry_out(instance, c.CompleteUserTask(engine_id, {**values, **derived, **told}))
        except UnknownTask as stale:
            raise InstanceChanged("该事项刚刚有了新进展，请刷新后重试") from stale
        except EngineError as failure:
            raise RuleViolated([failure.message]) from failure
        if form is not None and any(each.type == "filepicker" for each in form.inputs()):
            adopt_attachments(session, values, row.id, task_id, by)
        return Completed(row.id, tuple(opened))


def claim(task_id: str, by: int, now: datetime) -> None:
    """签收: the task becomes this person's. Raises as complete does; claiming one's own again changes nothing."""
    with transaction() as session:
        row = _lock(session, task_id, by)
        _require_open(session, row)
        _require_mine(session, row, by)
        if row.assignee_id == by:
            return
        _assign(session, row, by, now, "claimed", offered=False, assignee=by)


def unclaim(task_id: str, by: int, now: datetime) -> None:
    """退回待签收: the task is offered to its bodies again. Only its assignee may, and only when bodies can take it."""
    with transaction() as session:
        row = _lock(session, task_id, by)
        _require_open(session, row)
        if row.assignee_id != by:
            raise Forbidden("只有签收人可以退回待签收")
        if row.acting_body is None:
            raise Forbidden("这项任务直接指定给您，不能退回待签收，可以转办")
        _assign(session, row, by, now, "unclaimed", offered=True, assignee=None)


def assign(task_id: str, to: int, by: int, now: datetime, reason: str = "") -> None:
    """转办: another person of the same bodies takes the task over."""
    with transaction() as session:
        row = _lock(session, task_id, by)
        _require_open(session, row)
        _require_mine(session, row, by)
        name = _colleague(session, row, to)
        _assign(session, row, by, now, "assigned", offered=False, assignee=to, to=name, reason=reason)


def delegate(task_id: str, to: int, by: int, now: datetime, reason: str = "") -> None:
    """委派: another person prepares the task and gives it back (resolve); the one who delegates stays its owner."""
    with transaction() as session:
        row = _lock(session, task_id, by)
        _require_open(session, row)
        _require_mine(session, row, by)
        name = _colleague(session, row, to)
        _assign(
            session,
            row,
            by,
            now,
            "delegated",
            offered=False,
            assignee=to,
            owner=by,
            delegation="pending",
            to=name,
            reason=reason,
        )


def resolve(task_id: str, by: int, now: datetime, remark: str = "") -> None:
    """A delegated task goes back to its owner."""
    with transaction() as session:
        row = _lock(session, task_id, by)
        _require_open(session, row)
        if row.delegation != "pending" or row.assignee_id != by:
            raise Forbidden("这项任务没有委派给您")
        _assign(session, row, by, now, "resolved", offered=False, assignee=row.owner_id, delegation="resolved", reason=remark)


# ---------------------------------------------------------------------------------------------------------------------


def _lock(session: Session, task_id: str, by: int) -> Any:
    """The instance, the task and the person in one row, the instance locked. Raises NotFound."""
    acting = (
        sa.select(UserTaskCandidate.candidate)
        .join(Membership, Membership.body_id == UserTaskCandidate.candidate)
        .where(UserTaskCandidate.task_id == task_id, Membership.person_id == by, Membership.until_on.is_(None))
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            *running.INSTANCE_COLUMNS,
            ProcessInstance.state.label("instance_state"),
            UserTask.id.label("task_id"),
            UserTask.instance_id,
            UserTask.element_id,
            UserTask.name.label("task_name"),
            UserTask.form_key,
            UserTask.state.label("task_state"),
            UserTask.revision.label("task_revision"),
            UserTask.assignee_id,
            UserTask.owner_id,
            UserTask.delegation,
            UserTask.closed_by,
            UserTask.closed_at,
            Person.username,
            Person.display_name,
            acting.label("acting_body"),
        )
        .join(UserTask, UserTask.instance_id == ProcessInstance.id)
        .join(Person, Person.id == by)
        .where(UserTask.id == task_id)
    )
    if db.engine.dialect.name == "postgresql":
        # Lock first, read after: a second officer must see what the first one wrote.
        session.execute(sa.select(ProcessInstance.id).where(ProcessInstance.id == task_id.rpartition(".")[0]).with_for_update())
    row = session.execute(query).first()
    if row is None:
        raise NotFound(task_id)
    return row


def _require_open(session: Session, row: Any) -> None:
    if row.task_state != "open":
        name = session.scalar(sa.select(Person.display_name).where(Person.id == row.closed_by)) if row.closed_by else None
        raise TaskAlreadyClosed(row.task_name, name, row.closed_at, row.task_state)
    if row.instance_state != "active":
        raise InstanceChanged("该事项已挂起或已结束，暂不能办理")


def _require_mine(session: Session, row: Any, by: int) -> None:
    if row.assignee_id == by:
        return
    own = row.acting_body is not None
    if not own:
        own = (
            session.scalar(
                sa.select(UserTaskCandidate.task_id).where(
                    UserTaskCandidate.task_id == row.task_id, UserTaskCandidate.candidate == f"user:{row.username}"
                )
            )
            is not None
        )
    if not own and row.owner_id != by:
        raise NotFound(row.id)
    if row.assignee_id is not None:
        name = session.scalar(sa.select(Person.display_name).where(Person.id == row.assignee_id))
        raise TaskClaimedByAnother(row.task_name, name or "他人")


def _first_time(session: Session, by: int, key: str, instance_id: str, now: datetime) -> bool:
    table = IdempotencyKey.__table__
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    done = session.connection().execute(
        insert(table).values(person_id=by, key=key, at=now, result={"instance_id": instance_id}).on_conflict_do_nothing()
    )
    return bool(done.rowcount == 1)


def _actor(row: Any, by: int) -> Actor:
    return Actor(by, row.username, row.display_name, row.acting_body)


def _colleague(session: Session, row: Any, to: int) -> str:
    name = session.scalar(
        sa.select(Person.display_name)
        .join(Membership, Membership.person_id == Person.id)
        .join(UserTaskCandidate, UserTaskCandidate.candidate == Membership.body_id)
        .where(UserTaskCandidate.task_id == row.task_id, Person.id == to, Membership.until_on.is_(None))
    )
    if name is None:
        raise Forbidden("只能转给同一办理机构的人员")
    return name


def _assign(session: Session, row: Any, by: int, now: datetime, kind: str, offered: bool, **change: Any) -> None:
    instance: Running = running.from_row(session, deployments.bundle(session, row.definition_id), row, _actor(row, by), now)
    told = {name: change.pop(name) for name in ("to", "reason") if name in change}
    instance.remember(kind, row.element_id, **told)
    columns = {"assignee_id": change.pop("assignee"), "revision": row.task_revision + 1}
    if "owner" in change:
        columns["owner_id"] = change["owner"]
    if "delegation" in change:
        columns["delegation"] = change["delegation"]
    session.execute(sa.update(UserTask).where(UserTask.id == row.task_id).values(columns))
    session.execute(sa.update(UserTaskCandidate).where(UserTaskCandidate.task_id == row.task_id).values(offered=offered))
    outcome.write_entries(instance)
