"""Who is told of what happens to a matter: each once, the people concerned alone, and of what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import NotFound
from orchestrator.services import instances, user_tasks
from orchestrator.services.instances import oversight
from orchestrator.services.notifications import collecting, due, reading
from orchestrator.store.notifications import (
    Notification,
    count_unread_notifications,
)
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.services.world import MONDAY, World


def received(world: World, *kinds: str) -> list[tuple[str, str]]:
    """(user name, kind), in order; only of these kinds when some are named."""
    with transaction(writing=False) as session:
        rows = session.execute(
            sa.select(Person.username, Notification.kind)
            .join(Person, Person.id == Notification.person_id)
            .order_by(Person.username, Notification.kind)
        ).all()
    return [(name, kind) for name, kind in rows if not kinds or kind in kinds]


def unread(world: World, username: str) -> int:
    with transaction(writing=False) as session:
        return count_unread_notifications(session, world.person(username))


def test_a_new_task_is_told_to_those_who_may_take_it_once(world) -> None:
    world.start()
    assert collecting.collect(world.now) == 1
    assert received(world) == [("li", "assigned"), ("wang", "assigned")]
    assert collecting.collect(world.now) == 0
    assert len(received(world)) == 2


def test_who_gets_a_task_from_a_colleague_is_told_by_whom_and_why(
    world,
) -> None:
    task = world.task(world.start(), "review")
    collecting.collect(world.now)
    world.later(minutes=5)
    user_tasks.claim(task.id, world.person("li"), world.now)
    user_tasks.assign(
        task.id,
        world.person("wang"),
        world.person("li"),
        world.now,
        "出差三天",
    )
    collecting.collect(world.now)
    assert received(world) == [
        ("li", "assigned"),
        ("wang", "assigned"),
        ("wang", "assigned"),
    ]
    (last,) = world.rows(
        sa.select(Notification).where(Notification.words != "")
    )
    assert (last.by, last.words, last.task_id, last.step) == (
        "李科长",
        "出差三天",
        task.id,
        task.name,
    )


def test_the_badge_falls_when_somebody_has_done_the_task_and_the_applicant_hears_the_result(
    world,
) -> None:
    matter = world.start()
    collecting.collect(world.now)
    assert unread(world, "li") == unread(world, "wang") == 1
    world.later(hours=1)
    world.review(matter, by="wang")
    collecting.collect(world.now)
    assert (
        unread(world, "li") == unread(world, "wang") == 0
        and unread(world, "zhao") == 1
    )
    asked = world.rows(
        sa.select(Notification.words).where(
            Notification.person_id == world.person("zhao")
        )
    )
    assert asked == ["材料齐全"], "the applicant reads what was decided"
    world.complete(world.task(matter, "confirm").id, "zhao")
    collecting.collect(world.now)
    assert world.instance(matter).state == "completed"
    assert received(world, "result") == [("zhao", "result")]
    (result,) = world.rows(
        sa.select(Notification).where(Notification.kind == "result")
    )
    assert (result.step, result.task_id) == ("办结", None)


def test_a_matter_that_comes_back_to_a_step_is_told_as_returned(world) -> None:
    matter = world.start()
    collecting.collect(world.now)
    world.later(hours=1)
    world.review(matter, decision="back")
    collecting.collect(world.now)
    assert received(world, "returned") == [
        ("li", "returned"),
        ("wang", "returned"),
    ]
    returned = world.rows(
        sa.select(Notification.words).where(Notification.kind == "returned")
    )
    assert returned == ["材料齐全"] * 2, "the words that it was returned with"


def test_an_urge_reaches_who_holds_the_task_alone(world) -> None:
    matter = world.start()
    user_tasks.claim(
        world.task(matter, "review").id, world.person("li"), world.now
    )
    oversight.urge(matter, "汛期将至", world.person("zhao"), world.now)
    collecting.collect(world.now)
    assert received(world, "urged") == [("li", "urged")]


def test_who_withdraws_his_own_is_not_told_of_it(world) -> None:
    matter = world.start()
    instances.cancel(matter, "写错了", world.person("zhao"), world.now)
    collecting.collect(world.now)
    assert received(world) == []


def test_a_sweep_counts_all_whom_it_told_of_whichever_task(world) -> None:
    late = [world.task(world.start(), "review").due_at for _task in range(2)]
    assert due.sweep(MONDAY) == 0
    assert due.sweep(max(late) + timedelta(minutes=1)) == 4
    assert len(received(world, "overdue")) == 4


def test_what_is_long_past_floods_nobody(world) -> None:
    world.start()
    collecting.collect(world.now + timedelta(days=8))
    assert received(world) == [] and collecting.collect(world.now) == 0


def test_due_by_the_end_of_the_next_working_day_and_overdue_are_each_told_once(
    world,
) -> None:
    matter = world.start()
    task = world.task(matter, "review")
    assert task.due_at is not None
    due.sweep(MONDAY)
    assert received(world) == []
    kinds: list[tuple[str, str]] = []
    at = MONDAY
    while at < task.due_at:
        due.sweep(at)
        if not kinds and received(world, "due-soon"):
            kinds = received(world, "due-soon")
            assert task.due_at - at < timedelta(days=5)
        at += timedelta(hours=6)
    assert (
        kinds
        == received(world, "due-soon")
        == [("li", "due-soon"), ("wang", "due-soon")]
    )
    assert received(world, "overdue") == []
    due.sweep(task.due_at + timedelta(minutes=1))
    due.sweep(task.due_at + timedelta(minutes=2))
    assert received(world, "overdue") == [
        ("li", "overdue"),
        ("wang", "overdue"),
    ]


@pytest.mark.parametrize(("hour", "told"), [(0, 0), (1, 2)])
def test_the_morning_begins_at_half_past_eight(
    world, hour: int, told: int
) -> None:
    """MONDAY is 2 March; the day is 8:00 or 9:00 in Shanghai."""
    task = world.task(world.start(), "review")
    due.sweep(MONDAY - timedelta(days=4))
    with transaction() as session:
        row = session.get_one(type(task), task.id)
        row.due_at = row.due_sort = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
    due.sweep(datetime(2026, 3, 2, hour, 0, tzinfo=UTC))
    assert len(received(world, "due-soon")) == told


def test_one_reads_ones_own_alone(world) -> None:
    world.start()
    collecting.collect(world.now)
    (mine,) = world.rows(
        sa.select(Notification).where(
            Notification.person_id == world.person("li")
        )
    )
    with pytest.raises(NotFound):
        reading.read(mine.id, world.person("wang"), world.now)
    assert (
        reading.read(mine.id, world.person("li"), world.now).read_at
        == world.now
    )
    assert unread(world, "li") == 0 and unread(world, "wang") == 1
    assert reading.read_all(world.person("wang"), world.now) == 1
    assert unread(world, "wang") == 0
    reading.sweep(world.now + timedelta(days=181))
    assert world.rows(sa.select(Notification)) == []
