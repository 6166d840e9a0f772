"""A user task under its instance's lock, with the person who wants to act on it: one statement, and what may
not go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    TaskAlreadyClosed,
    TaskClaimedByAnother,
)
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.store.absences import StandIn
from orchestrator.store.added_signers import AddedSigner, HeldSubmission
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.suspensions import is_suspended
from orchestrator.store.user_tasks import (
    IdempotencyKey,
    UserTask,
    UserTaskCandidate,
)

_TASK_ID = sa.bindparam("task_id", type_=sa.String())
_PERSON_ID = sa.bindparam("person_id", type_=sa.Integer())
_KEY = sa.bindparam("key", type_=sa.String())

_ACTING_BODY = (
    sa.select(sa.func.min(UserTaskCandidate.candidate))
    .join(Membership, Membership.body_id == UserTaskCandidate.candidate)
    .where(
        UserTaskCandidate.task_id == _TASK_ID,
        Membership.person_id == _PERSON_ID,
        Membership.until_on.is_(None),
    )
    .scalar_subquery()
)
_NAMED = sa.exists().where(
    UserTaskCandidate.task_id == _TASK_ID,
    UserTaskCandidate.candidate == "user:" + Person.username,
)
_SIGNERS = (
    sa.exists()
    .where(AddedSigner.task_id == _TASK_ID, AddedSigner.state != "removed")
    .label("signers")
)
_HELD = sa.exists().where(HeldSubmission.task_id == _TASK_ID).label("held")
_ITS_KEY = (IdempotencyKey.person_id == _PERSON_ID, IdempotencyKey.key == _KEY)
_ANSWERED = sa.select(IdempotencyKey.result).where(*_ITS_KEY).scalar_subquery()
_ANSWERED_FOR = (
    sa.select(IdempotencyKey.purpose).where(*_ITS_KEY).scalar_subquery()
)

# Both rows are locked: PostgreSQL then reads both anew once it has waited, so that the second of two people
# sees what the first one wrote. SQLite took the writer's lock at BEGIN.
_TASK: tuple[Any, ...] = (
    *locked_instance.INSTANCE_COLUMNS,
    ProcessInstance.state.label("instance_state"),
    UserTask.id.label("task_id"),
    UserTask.element_id,
    UserTask.name.label("task_name"),
    UserTask.variables.label("task_variables"),
    UserTask.form_key,
    UserTask.state.label("task_state"),
    UserTask.revision.label("task_revision"),
    UserTask.assignee_id,
    UserTask.owner_id,
    UserTask.delegation,
    UserTask.closed_by,
    UserTask.closed_at,
    is_suspended(UserTask.id).label("suspended"),
)
_LOCK = (
    sa.select(
        *_TASK,
        Person.id.label("person_id"),
        Person.username,
        Person.display_name,
        _ACTING_BODY.label("acting_body"),
        _NAMED.label("named"),
        _ANSWERED.label("answer"),
        _ANSWERED_FOR.label("answered_for"),
        _SIGNERS,
        _HELD,
    )
    .select_from(UserTask)
    .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    .join(Person, sa.and_(Person.id == _PERSON_ID, Person.active))
    .where(UserTask.id == _TASK_ID)
    .with_for_update(of=(ProcessInstance, UserTask))
)


def lock(
    session: Session,
    task_id: str,
    by: int,
    key: str | None = None,
    now: datetime | None = None,
) -> Any:
    """INSTANCE_COLUMNS, the task, the person, and the answer once given under `key` with its purpose.

    With an instant, the deputy of an absent person gets the row as that person would: `assignee_id` then is
    the deputy's own where the absent one holds the task. Raises NotFound, also for a stranger.
    """
    row = (
        session.connection()
        .execute(_LOCK, {"task_id": task_id, "person_id": by, "key": key})
        .first()
    )
    if row is None:
        raise NotFound(task_id)
    his = (
        row.acting_body
        or row.named
        or by in (row.assignee_id, row.owner_id, row.closed_by)
    )
    if now is not None and (not his or row.assignee_id not in (None, by)):
        absent = _absent_owner(session, row, by, now)
        if absent is not None:
            _require_anothers(row, by, absent)
            return _ForAnother(session, row, absent)
    if not his:
        raise NotFound(task_id)
    return row


def _require_anothers(row: Any, by: int, absent: StandIn) -> None:
    """Raises Forbidden for a deputy who applied himself: nobody decides for another what he applied for."""
    if row.started_by == by:
        raise Forbidden(
            say(
                "这件事项由您提出，您不能代{name}办理，请由{name}本人或者同一机构的其他人办理",
                name=absent.name,
            )
        )


def _absent_owner(
    session: Session,
    row: Any,
    by: int,
    now: datetime,
) -> StandIn | None:
    who = access.viewer(session, by, now)
    task = session.get(UserTask, row.task_id)
    if who is not None and task is not None:
        return access.absent_owner(session, who, task)
    return None


class _ForAnother:
    """The locked row as the absent person would get it, for his deputy."""

    def __init__(self, session: Session, row: Any, absent: StandIn) -> None:
        asked = session.scalars(
            sa.select(UserTaskCandidate.candidate).where(
                UserTaskCandidate.task_id == row.task_id,
            ),
        ).all()
        self._row = row
        self.holder = absent.person_id
        self.stands_for = absent.name
        self.acting_body = min(set(asked) & set(absent.body_ids), default=None)
        self.named = f"user:{absent.username}" in asked
        if row.assignee_id == absent.person_id:
            self.assignee_id = row.person_id
        else:
            self.assignee_id = row.assignee_id

    def __iter__(self) -> Iterator[Any]:
        return iter(self._row)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def holder(row: Any) -> int:
    """Id of who holds the task when the locked person takes it: himself, or whom he stands in for."""
    return int(row.holder if isinstance(row, _ForAnother) else row.person_id)


_LOCK_ALONE = (
    sa.select(*_TASK)
    .select_from(UserTask)
    .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    .where(UserTask.id == _TASK_ID)
    .with_for_update(of=(ProcessInstance, UserTask))
)


def lock_alone(session: Session, task_id: str) -> Any:
    """INSTANCE_COLUMNS and the task, for what nobody of its bodies does: the clock, the administrator. Raises
    NotFound."""
    row = (
        session.connection().execute(_LOCK_ALONE, {"task_id": task_id}).first()
    )
    if row is None:
        raise NotFound(task_id)
    return row


def require_open(session: Session, row: Any) -> None:
    """Raises TaskAlreadyClosed with who and when, InstanceChanged when the whole instance rests."""
    if row.task_state != "open":
        name = None
        if row.closed_by:
            name = session.scalar(
                sa.select(Person.display_name).where(
                    Person.id == row.closed_by,
                ),
            )
        raise TaskAlreadyClosed(
            row.task_name,
            name,
            row.closed_at,
            row.task_state,
        )
    if row.instance_state != "active":
        raise InstanceChanged(say("该事项已挂起或已结束，暂不能办理"))


def require_running(session: Session, row: Any) -> None:
    """Raises as `require_open`, and InstanceChanged while the task's time stands still (挂账)."""
    require_open(session, row)
    if row.suspended:
        raise InstanceChanged(
            say(
                "这项任务已挂账，恢复办理之前不能办结；请由批准挂账的机构先恢复办理"
            )
        )


def stop_offering(session: Session, task_id: str) -> None:
    """The task is somebody's: its bodies are not offered it any more."""
    session.execute(
        sa.update(UserTaskCandidate)
        .where(UserTaskCandidate.task_id == task_id)
        .values(offered=False),
    )


def require_hold(session: Session, row: Any) -> None:
    """Raises TaskClaimedByAnother while somebody else holds the task."""
    if row.assignee_id is not None and row.assignee_id != row.person_id:
        name = session.scalar(
            sa.select(Person.display_name).where(Person.id == row.assignee_id),
        )
        raise TaskClaimedByAnother(row.task_name, name or say("他人"))


def actor(row: Any) -> Actor:
    """The person in the capacity of the body that makes him a candidate."""
    if isinstance(row, _ForAnother):
        absent = row.stands_for
    else:
        absent = ""
    return Actor(
        row.person_id,
        row.username,
        row.display_name,
        row.acting_body,
        absent,
    )
