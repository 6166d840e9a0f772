"""Leaving on a planned day: who goes on with the tasks is said beforehand, and the clock does the rest after
the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.access import Viewer
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
    if wanted.on < settings().day_of(now):
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
                [say("“{username}”已经停用", username=person.username)],
            )
        administering.successor_for(
            session,
            viewer,
            person,
            wanted.successor_id,
        )
        result = session.get(PlannedLeaving, person_id)
        if result is None:
            result = PlannedLeaving(person_id=person_id)
            session.add(result)
        result.last_on = wanted.on
        result.successor_id = wanted.successor_id
        result.planned_by = by
        details = {"on": wanted.on.isoformat()}
        account_rows.note(
            session,
            person,
            "leaving-planned",
            now,
            by,
            details,
        )


def cancel(by: int, person_id: int, now: datetime) -> None:
    """The person stays. Raises NotFound, Forbidden."""
    with transaction() as session:
        viewer = administering.administrator(session, by)
        person = administering.locked_person(session, viewer, person_id)
        result = session.get(PlannedLeaving, person_id)
        if result is None:
            return
        session.delete(result)
        account_rows.note(session, person, "leaving-cancelled", now, by)


def settle(now: datetime) -> int:
    """Closes the accounts of those whose last day is over, and hands over what they held; how many.
    Who serves a body now that the planner does not administer stays: his plan is dropped, on the record.
    May be interrupted and run twice."""
    with transaction(writing=False) as session:
        due = session.scalars(
            sa.select(PlannedLeaving.person_id)
            .where(PlannedLeaving.last_on < settings().day_of(now))
            .order_by(PlannedLeaving.person_id),
        ).all()
    return sum(_leave(value, now) for value in due)


def _leave(person_id: int, now: datetime) -> bool:
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        result = session.get(PlannedLeaving, person_id)
        if (
            result is None
            or result.last_on >= settings().day_of(now)
            or not person.active
        ):
            return False
        planner = access.viewer(session, result.planned_by, now)
        if planner and not _may_still_close(session, planner, person):
            account_rows.note(
                session,
                person,
                "leaving-dropped",
                now,
                result.planned_by,
            )
            session.delete(result)
            return False
        successor = _successor(session, result, planner)
        account_rows.close(session, person, now, result.planned_by)
    if successor is None:
        leaving.release_tasks_of(person_id, now)
    else:
        leaving.hand_over_tasks_of(person_id, successor, now)
    return True


def _may_still_close(
    session: Session, planner: Viewer, person: Person
) -> bool:
    """Whether a planner who still administers people administers this one; the plan of one who no longer
    does was in order and holds."""
    return not planner.administered_paths or administering.is_whole(
        session, planner, person
    )


def _successor(
    session: Session,
    planned: PlannedLeaving,
    planner: Viewer | None,
) -> Successor | None:
    """Who was to have the tasks, where he and the administrator who said so are still at work."""
    to = planned.successor_id
    if planner is None or to is None:
        return None
    if not people_pages.is_at_work(session, to):
        return None
    return Successor(to, planner)
