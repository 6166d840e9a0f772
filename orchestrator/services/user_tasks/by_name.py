"""Who is to have a task, said by a user name: the act that the task's page offers for it, by the same
rules."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.access import Viewer
from orchestrator.services.user_tasks import (
    administration,
    assignment,
    taking_over,
)
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask


def set_assignee(
    task_id: str,
    username: str | None,
    by: int,
    now: datetime,
    reason: str,
    revision: int | None = None,
) -> None:
    """The person has the task from now on; None offers it to its bodies again.

    One's own name is 领取, 接办 or 收回; another's is 转办, or 转交 by the head or the administrator; None is
    放回. Raises what these raise: NotFound, TaskAlreadyClosed, InstanceChanged, Forbidden, and RuleViolated
    where the page asks for a reason and none is given.
    """
    taking_over.bounded(reason)
    with transaction(writing=False) as session:
        viewer = access.viewer(session, by)
        task = session.get(UserTask, task_id)
        if (
            viewer is None
            or task is None
            or task.tenant_id != viewer.tenant_id
        ):
            raise NotFound(task_id)
        if username is None:
            to = None
        else:
            to = _person(session, viewer, username)
        holder = task.assignee_id
        owner = task.owner_id
        pending = task.delegation == "pending"
    if viewer.operates:
        if to is None:
            administration.give_back(task_id, by, now, reason, revision)
        else:
            administration.give_to(
                task_id,
                to,
                by,
                now,
                reason,
                revision,
            )
    elif to is None and holder in (None, by):
        assignment.unclaim(task_id, by, now)
    elif to is None:
        taking_over.release(task_id, by, now, reason, revision)
    elif to == by and pending and owner == by:
        taking_over.take_back(task_id, by, now, reason)
    elif to == by and holder not in (None, by):
        taking_over.take_over(task_id, by, now, reason, revision)
    elif to == by:
        assignment.claim(task_id, by, now)
    elif holder in (None, by):
        assignment.assign(task_id, to, by, now, reason)
    else:
        taking_over.hand_over(
            task_id,
            to,
            by,
            now,
            reason,
            revision,
        )


def _person(session: Session, viewer: Viewer, username: str) -> int:
    """Raises Forbidden for a name that the jurisdiction does not have, as for anybody who may not have it."""
    number = session.scalar(
        sa.select(Person.id).where(
            Person.tenant_id == viewer.tenant_id,
            Person.username == username,
        ),
    )
    if number is None:
        raise Forbidden(say("只能转给同一办理机构的人员"))
    return number
