"""Leaving on a planned day: nothing happens on the last day, the clock does all of it after; a plan is
changed and taken back, within the administrator's territory."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.services import user_tasks
from orchestrator.services.clocks import upkeep
from orchestrator.services.people import administering, planned_leaving
from orchestrator.services.people.planned_leaving import LastDay
from orchestrator.store.people import Person
from orchestrator.store.planned_leaving import PlannedLeaving
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.services.people.test_administering import (
    OFFICE,
    POLICE,
    administrators,  # noqa: F401
    details,
    record,
)


def last_day(now) -> date:
    return (now + timedelta(days=3)).date()


def is_active(person_id: int) -> bool:
    with transaction(writing=False) as session:
        return session.get_one(Person, person_id).active


def test_after_the_last_day_the_account_is_closed_and_the_successor_goes_on(
    world, administrators
) -> None:
    by = administrators["county"]
    leaver = world.person("wang")
    heir = world.person("li")
    task = world.task(world.start(), "review").id
    user_tasks.claim(task, leaver, world.now)
    wanted = LastDay(last_day(world.now), heir)
    planned_leaving.plan(by, leaver, wanted, world.now)
    assert planned_leaving.settle(world.now + timedelta(days=3)) == 0
    assert is_active(leaver), "the last day is a day of work"
    upkeep.tidy(world.now + timedelta(days=4))
    assert not is_active(leaver)
    with transaction(writing=False) as session:
        assert session.get_one(UserTask, task).assignee_id == heir
        assert session.get(PlannedLeaving, leaver) is None
    kinds = [kind for kind, _actor in record(leaver)]
    assert kinds[-2:] == ["leaving-planned", "retired"]
    assert planned_leaving.settle(world.now + timedelta(days=5)) == 0


def test_without_a_successor_at_work_the_tasks_go_back_to_the_body(
    world, administrators
) -> None:
    by = administrators["county"]
    leaver = world.person("wang")
    heir = world.person("li")
    task = world.task(world.start(), "review").id
    user_tasks.claim(task, leaver, world.now)
    wanted = LastDay(last_day(world.now), heir)
    planned_leaving.plan(by, leaver, wanted, world.now)
    administering.retire(by, heir, world.now)
    planned_leaving.settle(world.now + timedelta(days=4))
    with transaction(writing=False) as session:
        assert session.get_one(UserTask, task).assignee_id is None


def test_who_was_moved_out_of_the_planners_reach_stays(
    world, administrators
) -> None:
    by = administrators["county"]
    made = administering.add(by, "moved", details(POLICE), world.now)
    wanted = LastDay(last_day(world.now))
    planned_leaving.plan(by, made.person_id, wanted, world.now)
    administering.change(
        administrators["city"], made.person_id, details(OFFICE), world.now
    )
    assert planned_leaving.settle(world.now + timedelta(days=4)) == 0
    assert is_active(made.person_id)
    assert record(made.person_id)[-1] == ("leaving-dropped", by)
    with transaction(writing=False) as session:
        assert session.get(PlannedLeaving, made.person_id) is None


def test_a_plan_is_changed_taken_back_and_goes_with_the_account(
    world, administrators
) -> None:
    by = administrators["county"]
    made = administering.add(by, "stayer", details(POLICE), world.now)
    day = last_day(world.now)
    planned_leaving.plan(by, made.person_id, LastDay(day), world.now)
    later = LastDay(day + timedelta(days=7))
    planned_leaving.plan(by, made.person_id, later, world.now)
    assert planned_leaving.settle(world.now + timedelta(days=5)) == 0
    planned_leaving.cancel(by, made.person_id, world.now)
    planned_leaving.cancel(by, made.person_id, world.now)
    assert planned_leaving.settle(world.now + timedelta(days=30)) == 0
    assert is_active(made.person_id)
    planned_leaving.plan(by, made.person_id, LastDay(day), world.now)
    administering.retire(by, made.person_id, world.now)
    with transaction(writing=False) as session:
        rows = sa.select(PlannedLeaving.person_id)
        assert session.scalars(rows).all() == []


def test_what_cannot_be_planned_is_refused(world, administrators) -> None:
    by = administrators["county"]
    made = administering.add(by, "worker", details(POLICE), world.now)
    day = last_day(world.now)
    wrong = (
        (made.person_id, LastDay(day - timedelta(days=4))),
        (made.person_id, LastDay(day, made.person_id)),
        (by, LastDay(day)),
    )
    for person_id, wanted in wrong:
        with pytest.raises(RuleViolated):
            planned_leaving.plan(by, person_id, wanted, world.now)
    city = administrators["city"]
    with pytest.raises((Forbidden, NotFound)):
        planned_leaving.plan(by, city, LastDay(day), world.now)
    administering.retire(by, made.person_id, world.now)
    with pytest.raises(RuleViolated):
        planned_leaving.plan(by, made.person_id, LastDay(day), world.now)
