"""Leaving on a planned day: who goes on with the tasks is said beforehand, and the clock does the rest after
the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.installation.database import settings
from orchestrator.services.people import account_rows, administering
from orchestrator.services.user_tasks import leaving
from orchestrator.services.user_tasks.leaving import Successor
from orchestrator.store import people_pages
from orchestrator.store.people import Person
from orchestrator.store.planned_leaving import PlannedLeaving
from orchestrator.store.session import transaction


@dataclass(frozen=True, slots=True)
class LastDay:
    """What is planned for somebody who leaves."""

    on: date
    """His last day at work, in the office's zone."""
    successor_id: int | None = None
    """Who has his open tasks then, where he may; None: they go back to their bodies."""


def plan(by: int, person_id: int, wanted: LastDay, now: datetime) -> None:
    """Plans the person's leaving, in the place of an earlier plan. Raises NotFound, Forbidden, RuleViolated
    for a day that is over, for oneself and for who has left."""
    if wanted.on < _today(now):
        raise RuleViolated(
            [say("最后工作日不能早于今天；已经离岗的请直接停用")],
        )
    with transaction() as session:
        viewer = administering.administrator(session, by)
        person = administering.locked_person(session, viewer, person_id)
        if person.id == by:
            raise RuleViolated([say("不能停用自己的账号，请另一位管理员办理")])
        if not person.active:
            raise RuleViolated(
                [say("「{username}」已经停用", username=person.username)],
            )
        administering.successor_for(
            session,
            viewer,
            person,
            wanted.successor_id,
        )
        found = session.get(PlannedLeaving, person_id)
        if found is None:
            found = PlannedLeaving(person_id=person_id)
            session.add(found)
        found.last_on = wanted.on
        found.successor_id = wanted.successor_id
        found.planned_by = by
        told = {"on": wanted.on.isoformat()}
        account_rows.note(session, person, "leaving-planned", now, by, told)


def cancel(by: int, person_id: int, now: datetime) -> None:
    """The person stays. Raises NotFound, Forbidden."""
    with transaction() as session:
        viewer = administering.administrator(session, by)
        person = administering.locked_person(session, viewer, person_id)
        found = session.get(PlannedLeaving, person_id)
        if found is None:
            return
        session.delete(found)
        account_rows.note(session, person, "leaving-cancelled", now, by)


def settle(now: datetime) -> int:
    """Closes the accounts of those whose last day is over, and hands over what they held; how many. May be
    interrupted and run twice."""
    with transaction(writing=False) as session:
        due = session.scalars(
            sa.select(PlannedLeaving.person_id)
            .where(PlannedLeaving.last_on < _today(now))
            .order_by(PlannedLeaving.person_id),
        ).all()
    return sum(_leave(each, now) for each in due)


def _leave(person_id: int, now: datetime) -> bool:
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        found = session.get(PlannedLeaving, person_id)
        if found is None or found.last_on >= _today(now) or not person.active:
            return False
        successor = _successor(session, found, now)
        account_rows.close(session, person, now, found.planned_by)
    if successor is None:
        leaving.release_tasks_of(person_id, now)
    else:
        leaving.hand_over_tasks_of(person_id, successor, now)
    return True


def _successor(
    session: Session,
    planned: PlannedLeaving,
    now: datetime,
) -> Successor | None:
    """Who was to have the tasks, where he and the administrator who said so are still at work."""
    by = access.viewer(session, planned.planned_by, now)
    to = planned.successor_id
    if by is None or to is None or not people_pages.is_at_work(session, to):
        return None
    return Successor(to, by)


def _today(now: datetime) -> date:
    return now.astimezone(ZoneInfo(settings().timezone)).date()
