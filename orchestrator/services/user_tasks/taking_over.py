"""A task that somebody holds comes into other hands.

A colleague takes it over, the head of the body gives it to somebody or back, its owner takes back what he
delegated. Each is on the record with its reason, which the former holder reads there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, InstanceChanged, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.access import Viewer
from orchestrator.services.user_tasks import locked_task
from orchestrator.services.user_tasks.assignment import (
    Holding,
    colleague,
    hold,
)
from orchestrator.store.people import Membership, name_of
from orchestrator.store.session import transaction
from orchestrator.store.task_candidates import asked_for
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

NOBODYS = {"owner_id": None, "delegation": None}
"""A task that changes hands is delegated by nobody any more."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person may do about who holds a task."""

    put_back: bool = False
    """He holds it and its body can have it again."""
    take_over: bool = False
    """A colleague holds it."""
    take_back: bool = False
    """He delegated it."""
    lead: bool = False
    """A colleague holds it and he heads the body."""


LONGEST_REASON = 200
"""Characters."""


def choices(session: Session, who: Viewer, task: UserTask) -> Choices:
    """What the task's page offers this person; each act looks again."""
    if task.state != "open" or task.assignee_id is None:
        return Choices()
    asked = asked_for(session, task)
    one_of_them = not asked.isdisjoint(who.addresses)
    if task.assignee_id == who.person_id:
        return Choices(put_back=one_of_them and task.delegation != "pending")
    owner = task.delegation == "pending" and task.owner_id == who.person_id
    return Choices(
        take_over=one_of_them and not owner,
        take_back=owner,
        lead=one_of_them
        and heads(session, task.tenant_id, who.person_id, list(asked)),
    )


def take_over(
    task_id: str,
    by: int,
    now: datetime,
    reason: str,
    revision: int | None = None,
) -> None:
    """接办: who may take the task as one of its body takes it from whom holds it.

    `revision` is the task's as the page showed it. Raises NotFound, TaskAlreadyClosed, InstanceChanged when
    it has come into other hands meanwhile, Forbidden for who is none of its body, RuleViolated without a
    reason.
    """
    with transaction() as session:
        row = _held(session, task_id, by, revision)
        if row.assignee_id == by:
            raise InstanceChanged(say("这项任务已经在您手上，可以直接办理"))
        if row.acting_body is None and not row.named:
            raise Forbidden(say("只有同一办理机构的人员可以接办"))
        details = {
            "from": name_of(session, row.assignee_id),
            "to": row.display_name,
            "reason": needed(reason),
        }
        hold(
            session,
            row,
            now,
            Holding("taken-over", by, columns=NOBODYS, details=details),
        )


def take_back(task_id: str, by: int, now: datetime, reason: str = "") -> None:
    """收回: who delegated the task has it again. Raises Forbidden for anybody else."""
    with transaction() as session:
        row = _held(session, task_id, by, None)
        if row.delegation != "pending" or row.owner_id != by:
            raise Forbidden(say("只有委派人可以收回委派"))
        details = {
            "from": name_of(session, row.assignee_id),
            "to": row.display_name,
            "reason": reason,
        }
        hold(
            session,
            row,
            now,
            Holding("taken-back", by, columns=NOBODYS, details=details),
        )


def release(
    task_id: str,
    by: int,
    now: datetime,
    reason: str,
    revision: int | None = None,
) -> None:
    """The head of the task's body gives it back to the body. Raises as `take_over`, Forbidden for who is not
    the head."""
    with transaction() as session:
        row = _held(session, task_id, by, revision)
        _require_head(session, row)
        details = {
            "from": name_of(session, row.assignee_id),
            "reason": needed(reason),
        }
        hold(
            session,
            row,
            now,
            Holding("released", None, columns=NOBODYS, details=details),
        )


def hand_over(
    task_id: str,
    to: int,
    by: int,
    now: datetime,
    reason: str,
    revision: int | None = None,
) -> None:
    """The head of the task's body gives it to a colleague of its bodies. Raises as `release`."""
    with transaction() as session:
        row = _held(session, task_id, by, revision)
        _require_head(session, row)
        name = colleague(session, row, to)
        details = {
            "from": name_of(session, row.assignee_id),
            "to": name,
            "reason": needed(reason),
        }
        hold(
            session,
            row,
            now,
            Holding("handed-over", to, columns=NOBODYS, details=details),
        )


def heads(
    session: Session,
    tenant_id: str,
    person_id: int,
    candidates: list[str],
) -> bool:
    """Whether the person heads one of these bodies: the profile says which titles do (`head_titles`)."""
    titles = session.scalars(
        sa.select(Membership.title).where(
            Membership.person_id == person_id,
            Membership.until_on.is_(None),
            Membership.body_id.in_(candidates),
        ),
    )
    leading = bundles.profile_in_force(session, tenant_id).head_titles
    return any(title in leading for title in titles)


def needed(reason: str) -> str:
    """The reason, which must be given and is kept whole. Raises RuleViolated."""
    given = reason.strip()
    if not given:
        raise RuleViolated([say("请写明理由，原领取人会在办理经过中看到")])
    return bounded(given)


def bounded(reason: str) -> str:
    """The reason, which is never cut. Raises RuleViolated for one that is too long."""
    if len(reason) > LONGEST_REASON:
        raise RuleViolated(
            [
                say(
                    "理由最多写 {longest_reason} 字，现在有 {count} 字，请删减",
                    longest_reason=LONGEST_REASON,
                    count=len(reason),
                ),
            ],
        )
    return reason


def require_revision(row: Any, revision: int | None) -> None:
    """Raises InstanceChanged when the task is no more as the page showed it."""
    if revision is not None and revision != row.task_revision:
        raise InstanceChanged(
            say("这项任务刚刚有变动，请核对现在由谁领取后再操作"),
        )


def _held(
    session: Session,
    task_id: str,
    by: int,
    revision: int | None,
) -> Any:
    row = locked_task.lock(session, task_id, by)
    locked_task.require_open(session, row)
    require_revision(row, revision)
    if row.assignee_id is None:
        raise InstanceChanged(
            say("这项任务已经放回，没有人领取，可以直接领取"),
        )
    return row


def _require_head(session: Session, row: Any) -> None:
    candidates = session.scalars(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == row.task_id,
        ),
    ).all()
    if not heads(session, row.tenant_id, row.person_id, list(candidates)):
        raise Forbidden(
            say("只有办理机构的负责人可以放回或转交同事领取的任务"),
        )
