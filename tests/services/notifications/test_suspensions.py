"""Who hears of a suspension: the body that reviews it, by a task where the city draws a procedure for it, and
those who have the task that stands still."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services.clocks import deadlines, suspension_reviews
from orchestrator.services.instances import opened_for
from orchestrator.services.notifications import collecting, due
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.suspensions import Suspension
from orchestrator.store.user_tasks import UserTask
from tests.engine.diagrams import END, flow
from tests.web.counting import statements

pytestmark = pytest.mark.both_databases

REVIEW_ON = date(2026, 4, 1)
LOOK_AGAIN = (
    '<startEvent id="start"><messageEventDefinition messageRef="review"/></startEvent>'
    '<userTask id="look" name="复查" camunda:candidateGroups="${reviewing_body}"/>'
    f"{END}{flow('start', 'look', 'end')}"
)
MESSAGE = '<message id="review" name="suspension.review"/>'


def suspend(world, task: UserTask) -> str:
    deadlines.suspend(
        task.id,
        "等待鉴定",
        by=world.person("zhou"),
        now=world.now,
        review_on=REVIEW_ON,
    )
    return task.id


@pytest.fixture
def waiting(world) -> list[str]:
    """Two tasks that stand still, on their day of review, in a city that draws the review."""
    world.draw(
        "look_again",
        LOOK_AGAIN,
        MESSAGE,
        **{"camunda:candidateStarterGroups": ""},
    )
    tasks = [
        suspend(world, world.task(world.start("reminding"), "work"))
        for _number in range(2)
    ]
    world.later(days=40)
    return tasks


def known(world) -> list[bool]:
    """Of each suspension, whether its review is seen to."""
    rows = world.rows(sa.select(Suspension).order_by(Suspension.deadline_id))
    return [row.told_at is not None for row in rows]


def begun(world) -> list[str]:
    """The instances that are reviewed."""
    query = sa.select(ProcessInstance.about_id).where(
        ProcessInstance.about_id.is_not(None)
    )
    return sorted(world.rows(query))


def test_a_review_that_is_drawn_is_begun_for_each_in_its_turn_and_nobody_is_merely_told(
    world, waiting, monkeypatch
) -> None:
    monkeypatch.setattr(suspension_reviews, "MOST", 1)
    due.sweep(world.now)
    assert known(world) == [False, False]
    with monkeypatch.context() as without:
        without.setattr(opened_for, "begin", lambda _session, _opening: None)
        assert suspension_reviews.open_due(world.now) == 0
    assert known(world) == [False, False], "nothing was begun"
    for number in (1, 2):
        assert suspension_reviews.open_due(world.now) == 1
        due.sweep(world.now)
        assert len(begun(world)) == known(world).count(True) == number
    assert suspension_reviews.open_due(world.now) == 0
    assert begun(world) == sorted(task.partition(".")[0] for task in waiting)
    assert (
        world.rows(
            sa.select(Notification.id).where(
                Notification.step.startswith("挂账复查")
            )
        )
        == []
    )


def test_one_that_no_body_decided_is_no_review_and_does_not_wait_for_ever(
    world, waiting
) -> None:
    with transaction() as session:
        session.get_one(Suspension, waiting[0]).body_id = None
    assert suspension_reviews.open_due(world.now) == 1
    due.sweep(world.now)
    assert known(world) == [True, True]
    assert begun(world) == [waiting[1].partition(".")[0]]


def test_the_clock_locks_an_instance_before_its_suspension(
    world, waiting
) -> None:
    """The other way round whoever resumes at that moment and the clock wait for each other."""
    if "postgresql" not in str(world.app.extensions["gridflow"].database_url):
        pytest.skip("SQLite locks the whole database")
    with statements(world.app) as asked:
        suspension_reviews.open_due(world.now)
    locked = [
        statement.partition("FROM ")[2].split()[0]
        for statement in asked
        if statement.rstrip().endswith("FOR UPDATE")
    ]
    assert locked.index("process_instance") < locked.index("suspension")
    (listed,) = {
        statement.rpartition("FOR UPDATE ")[2]
        for statement in asked
        if "SKIP LOCKED" in statement and "suspension" in statement
    }
    assert listed == "OF process_instance, suspension SKIP LOCKED"


@pytest.mark.one_database
@pytest.mark.parametrize("older", [False, True])
def test_of_tasks_beside_each_other_those_hear_whose_own_stands_still(
    world, older: bool
) -> None:
    """An entry of an older version names the step alone: everybody at the step hears."""
    matter = world.start("reminding")
    world.complete(world.task(matter, "work").id, "wang")
    for _signer in range(2):
        world.complete(world.task(matter, "in_turn").id, "wang")
    first, second = world.tasks(matter)
    with transaction() as session:
        for task, holder in ((first, "wang"), (second, "li")):
            row = session.get_one(UserTask, task.id)
            row.assignee_id = world.person(holder)
    collecting.collect(world.now)
    world.later(hours=1)
    suspend(world, first)
    if older:
        with transaction() as session:
            entry = session.scalars(
                sa.select(HistoryEntry).where(
                    HistoryEntry.kind == "deadline-suspended"
                )
            ).one()
            entry.data = {
                key: value
                for key, value in entry.data.items()
                if key != "of_task"
            }
    collecting.collect(world.now + timedelta(minutes=1))
    heard = world.rows(
        sa.select(Person.username)
        .join(Notification, Notification.person_id == Person.id)
        .where(Notification.step.startswith("已挂账"))
        .order_by(Person.username)
    )
    assert heard == (["li", "wang"] if older else ["wang"])
