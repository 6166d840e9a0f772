"""While a step's deadline is suspended, every timer of the step stands still; then each goes on with what it
had left."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import InstanceChanged
from orchestrator.services.clocks import deadlines, timers
from orchestrator.services.records import history
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask
from tests.services.world import MONDAY

HOUR = timedelta(hours=1)
REVIEW = date(2026, 4, 1)


def _suspend(world, task: UserTask) -> None:
    deadlines.suspend(
        task.id,
        "等待鉴定",
        by=world.person("zhou"),
        now=world.now,
        review_on=REVIEW,
    )


def _resume(world, task: UserTask) -> None:
    deadlines.resume(task.id, by=world.person("zhou"), now=world.now)


def _due(world, matter: str) -> dict[str, timedelta]:
    """How long after Monday 9:00 each planned timer falls due; those that stand still are left out."""
    planned = sa.select(TimerJob).where(
        TimerJob.instance_id == matter, TimerJob.state == "planned"
    )
    return {
        timer.element_id: timer.due_at - MONDAY
        for timer in world.rows(planned)
        if not timer.suspended
    }


def _tasks(world, matter: str, element_id: str) -> list[UserTask]:
    return [
        each for each in world.tasks(matter) if each.element_id == element_id
    ]


@pytest.fixture
def work(world) -> str:
    return world.start("reminding")


def test_no_timer_of_a_suspended_step_fires(world, work):
    world.later(hours=1)
    _suspend(world, world.task(work, "work"))
    assert _due(world, work) == {}
    assert timers.fire_due(world.now + timedelta(days=20)).fired == 0
    assert world.elements(work) == ["work"]


@pytest.mark.one_database
def test_each_goes_on_with_what_it_had_left(world, work):
    world.later(hours=1)
    _suspend(world, world.task(work, "work"))
    world.later(hours=120)
    _resume(world, world.task(work, "work"))
    assert _due(world, work) == {
        "daily": 144 * HOUR,
        "day": 144 * HOUR,
        "gone": 168 * HOUR,
    }
    assert timers.fire_due(MONDAY + 143 * HOUR).fired == 0
    assert timers.fire_due(MONDAY + 144 * HOUR).fired == 2
    assert timers.fire_due(MONDAY + 168 * HOUR).fired >= 1
    assert world.elements(work) == ["taken_back"]
    assert history.verify(work) == []


def test_the_later_rounds_of_a_repeating_timer_are_put_off_as_long(
    world, work
):
    world.later(hours=1)
    _suspend(world, world.task(work, "work"))
    world.later(hours=30)  # not a whole number of rounds
    _resume(world, world.task(work, "work"))
    timers.fire_due(MONDAY + 54 * HOUR)
    assert _due(world, work)["daily"] == 78 * HOUR


@pytest.mark.one_database
def test_two_suspensions_add_up(world, work):
    for _ in range(2):
        world.later(hours=1)
        _suspend(world, world.task(work, "work"))
        world.later(hours=10)
        _resume(world, world.task(work, "work"))
    assert _due(world, work) == {
        "daily": 44 * HOUR,
        "day": 44 * HOUR,
        "gone": 68 * HOUR,
    }


def test_what_was_overdue_already_fires_when_it_goes_on(world, work):
    world.later(hours=49)
    _suspend(world, world.task(work, "work"))
    world.later(hours=1)
    _resume(world, world.task(work, "work"))
    assert _due(world, work)["gone"] == 50 * HOUR


def test_after_the_clock_stood_one_round_is_caught_up_and_the_next_lies_ahead(
    world, work
):
    with transaction() as session:
        session.execute(
            sa.update(TimerJob)
            .where(TimerJob.element_id == "gone")
            .values(due_at=MONDAY + timedelta(days=900))
        )
    now = MONDAY + timedelta(hours=72, minutes=20)
    assert timers.fire_due(now).fired == 2
    assert timers.fire_due(now).fired == 0
    assert _due(world, work)["daily"] == 96 * HOUR
    assert [kind for kind in world.history(work) if kind == "timer-fired"] == [
        "timer-fired"
    ] * 2


def test_a_suspended_task_is_done_after_it_goes_on_and_leaves_no_timer(
    world, work
):
    _suspend(world, world.task(work, "work"))
    with pytest.raises(InstanceChanged, match="已挂账"):
        world.complete(world.task(work, "work").id, "wang")
    _resume(world, world.task(work, "work"))
    world.complete(world.task(work, "work").id, "wang")
    assert set(_due(world, work)) == {"late"}


@pytest.mark.one_database
def test_the_common_timer_of_a_sequence_goes_on_with_the_next_in_turn(
    world, work
):
    world.complete(world.task(work, "work").id, "wang")
    _suspend(world, world.task(work, "in_turn"))
    assert _due(world, work) == {}
    world.later(hours=10)
    _resume(world, world.task(work, "in_turn"))
    world.complete(world.task(work, "in_turn").id, "wang")
    assert _due(world, work) == {"late": 58 * HOUR}


@pytest.mark.one_database
def test_the_common_timer_of_several_stops_when_all_of_them_are_suspended(
    world, work
):
    world.complete(world.task(work, "work").id, "wang")
    for _ in range(2):
        world.complete(world.task(work, "in_turn").id, "wang")
    first, second = _tasks(world, work, "together")
    _suspend(world, first)
    assert _due(world, work) == {"too_late": 48 * HOUR}
    _suspend(world, second)
    assert _due(world, work) == {}
    world.later(hours=5)
    _resume(world, first)
    assert _due(world, work) == {"too_late": 53 * HOUR}
    _resume(world, second)
    assert _due(world, work) == {"too_late": 53 * HOUR}


def test_the_milliseconds_that_a_timer_has_left_may_be_years(world, work):
    with transaction() as session:
        session.execute(
            sa.update(TimerJob)
            .where(TimerJob.element_id == "gone")
            .values(due_at=MONDAY + timedelta(days=900))
        )
    _suspend(world, world.task(work, "work"))
    world.later(hours=1)
    _resume(world, world.task(work, "work"))
    assert _due(world, work)["gone"] == timedelta(days=900) + HOUR
