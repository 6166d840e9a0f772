"""Tasks that nobody can do: an incident when they open or come to that, and its end when somebody is
there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import RuleViolated
from orchestrator.services import user_tasks
from orchestrator.services.clocks import timers
from orchestrator.services.instances import incidents, stranded_tasks
from orchestrator.services.records import history
from orchestrator.store.incidents import Incident
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTaskCandidate
from tests.engine.diagrams import END, START, boundary, flow, timer
from tests.services.user_tasks.test_taking_over import (
    COUNTY,
    POLICE,
    administrator,
)
from tests.services.world import World

assert administrator


def _leave(
    world: World, *usernames: str, on: date | None = date(2026, 3, 1)
) -> None:
    """Their memberships end; with None they are back."""
    ids = [world.person(each) for each in usernames]
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id.in_(ids))
            .values(until_on=on)
        )


def _switch(world: World, active: bool, *usernames: str) -> None:
    with transaction() as session:
        session.execute(
            sa.update(Person)
            .where(Person.username.in_(usernames))
            .values(active=active)
        )


def _incidents(world: World, state: str = "open") -> list[Incident]:
    return world.rows(
        sa.select(Incident)
        .where(Incident.state == state)
        .order_by(Incident.created_at)
    )


def test_a_task_that_opens_for_a_body_without_people_is_an_incident_at_once(
    world,
):
    _leave(world, "wang", "li")
    errand = world.start()
    (noted,) = _incidents(world)
    assert (noted.kind, noted.element_id) == ("body-empty", "review")
    assert (
        "试验县网格中心没有在岗人员" in noted.message
        and "改派" in noted.message
    )
    assert stranded_tasks.sweep(world.now) == 0
    assert len(_incidents(world)) == 1
    with pytest.raises(RuleViolated, match="仍然没有人员"):
        incidents.retry(noted.id, world.person("zhou"), world.now)
    _leave(world, "li", on=None)
    world.later(minutes=1)
    assert stranded_tasks.sweep(world.now) == 1
    assert _incidents(world) == []
    (ended,) = _incidents(world, "resolved")
    assert ended.resolved_at == world.now
    assert world.history(errand)[-1] == "incident-resolved"
    world.review(errand, "li")
    assert history.verify(errand) == []


@pytest.mark.parametrize("gone", [(), ("wang",)])
def test_a_body_where_somebody_is_at_work_is_no_incident(world, gone):
    _leave(world, *gone)
    world.start()
    assert (_incidents(world), stranded_tasks.sweep(world.now)) == ([], 0)


def test_a_body_whose_accounts_are_all_off_is_empty_too(world):
    _switch(world, False, "wang", "li")
    world.start()
    assert [each.kind for each in _incidents(world)] == ["body-empty"]


def test_one_of_several_candidate_bodies_with_people_is_enough(world):
    task = world.task(world.start(), "review")
    with transaction() as session:
        offer = UserTaskCandidate(
            task_id=task.id,
            candidate=POLICE,
            instance_id=task.instance_id,
            offered=True,
        )
        offer.due_sort = task.due_sort
        session.add(offer)
    _leave(world, "wang", "li")
    assert (stranded_tasks.sweep(world.now), _incidents(world)) == (0, [])
    _leave(world, "sun")
    assert stranded_tasks.sweep(world.now) == 1
    assert [each.kind for each in _incidents(world)] == ["body-empty"]


def test_a_task_whose_body_empties_later_is_noted_once_and_the_holder_who_left_gives_it_back(
    world,
):
    task = world.task(world.start(), "review")
    user_tasks.claim(task.id, world.person("li"), world.now)
    _switch(world, False, "wang", "li")
    assert stranded_tasks.sweep(world.now) == 1
    assert world.task(task.instance_id, "review").assignee_id is None
    assert stranded_tasks.sweep(world.now + timedelta(minutes=1)) == 1
    assert stranded_tasks.sweep(world.now + timedelta(minutes=2)) == 0
    (noted,) = _incidents(world)
    assert (noted.kind, noted.details["task"]) == (
        "body-empty",
        task.id.rpartition(".")[2],
    )
    assert "returned" in world.history(task.instance_id)


def test_the_administrator_sends_it_to_another_body_and_the_incident_ends(
    world, administrator
):
    _leave(world, "wang", "li")
    errand = world.start()
    task = world.task(errand, "review")
    user_tasks.redirect(task.id, POLICE, administrator, world.now, "暂无人员")
    assert (_incidents(world), stranded_tasks.sweep(world.now)) == ([], 0)
    world.review(errand, "sun")
    offered = world.rows(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.candidate == COUNTY
        )
    )
    assert offered == []


def test_a_task_done_or_withdrawn_meanwhile_ends_its_incident(world):
    _leave(world, "wang", "li")
    errand = world.start()
    _leave(world, "li", on=None)
    world.review(errand, "li")
    assert stranded_tasks.sweep(world.now) == 1
    assert _incidents(world) == []


def test_who_leaves_a_body_and_keeps_his_account_keeps_none_of_its_tasks(
    world,
):
    errand, own = world.start(), world.start()
    for each, who in ((errand, "wang"), (own, "li")):
        user_tasks.claim(
            world.task(each, "review").id, world.person(who), world.now
        )
    with transaction() as session:
        wang = world.person("wang")
        session.add(
            Membership(
                person_id=wang, body_id=POLICE, from_on=date(2026, 3, 1)
            )
        )
        left = sa.update(Membership).where(
            Membership.person_id == wang, Membership.body_id == COUNTY
        )
        session.execute(left.values(until_on=date(2026, 3, 1)))
    assert stranded_tasks.sweep(world.now) == 1
    assert world.task(errand, "review").assignee_id is None
    assert world.task(own, "review").assignee_id == world.person("li")
    assert world.history(errand)[-1] == "returned"
    assert stranded_tasks.sweep(world.now) == 0
    world.review(errand, "li")
    assert history.verify(errand) == []


OTHERS = (
    '<userTask id="asked" name="核实" camunda:candidateGroups="police@county"/>'
    '<userTask id="empty" name="复核" camunda:candidateGroups="office@county"/>'
)
CALLED = (
    '<process id="called_here" isExecutable="true"><startEvent id="s"/>'
    '<userTask id="empty" name="复核" camunda:candidateGroups="grid-office@county"/><endEvent id="e"/>'
    + flow("s", "empty", "e")
    + "</process>"
)
HOUR = "<documentation>依据：默认</documentation>" + timer("PT1H")
OPENED = {
    "a timer that does not interrupt": boundary("b", "asked", HOUR, False)
    + flow("b", "empty"),
    "a timer that interrupts": boundary("b", "asked", HOUR)
    + flow("b", "empty"),
    "a timer on the way": "",
}


def _opened_by_a_timer(world: World, way: str) -> None:
    """The office's task is opened by the clock an hour later."""
    catch = f'<intermediateCatchEvent id="c">{HOUR}</intermediateCatchEvent>'
    steps = (
        OTHERS
        + OPENED[way]
        + flow("start", "asked", "end")
        + flow("empty", "end")
        if OPENED[way]
        else OTHERS.partition("/>")[2]
        + catch
        + flow("start", "c", "empty", "end")
    )
    world.draw("own", START + END + steps)
    world.start("own")
    world.later(hours=1)
    timers.fire_due(world.now)


def _opened_by_a_call(world: World, _way: str) -> None:
    """The office's task stands in a process that is called."""
    call = '<callActivity id="call" calledElement="called_here"/>'
    world.draw(
        "own", START + END + call + flow("start", "call", "end"), CALLED
    )
    world.start("own")


@pytest.mark.parametrize(
    ("open_it", "way"),
    [
        *((_opened_by_a_timer, way) for way in OPENED),
        (_opened_by_a_call, "a process that is called"),
    ],
)
def test_however_a_task_opens_for_a_body_without_people_it_is_an_incident_at_once(
    world, open_it, way
):
    _leave(world, "wang", "li")
    open_it(world, way)
    (noted,) = _incidents(world)
    assert (noted.kind, noted.element_id) == ("body-empty", "empty")
    assert "试验县网格中心没有在岗人员" in noted.message
    assert stranded_tasks.sweep(world.now) == 0
    _leave(world, "wang", on=None)
    assert stranded_tasks.sweep(world.now) == 1
    assert _incidents(world) == []
    assert history.verify(noted.instance_id) == []
