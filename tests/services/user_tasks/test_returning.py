"""退回 to an earlier step with its dry run, 撤回 of one's own decision, and what stands in their way."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.services import user_tasks
from orchestrator.services.clocks import timers
from orchestrator.services.instances import remarks
from orchestrator.services.records import history
from orchestrator.services.user_tasks import returning
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.engine.diagrams import END, START, flow, gateway
from tests.services.world import World

COUNTY = 'camunda:candidateGroups="office@county"'


def step(name: str, more: str = "") -> str:
    return f'<userTask id="{name}" name="{name}步" {COUNTY} {more}/>'


@pytest.fixture
def matter(world) -> str:
    """One step after the other, then two at once."""
    body = (
        START
        + step("draft", 'camunda:dueDate="deadline:review"')
        + step("review")
        + step("one")
        + step("two")
    )
    body += gateway("parallel", "split", "join") + END
    body += flow(
        "start", "draft", "review", "split", "one", "join", "end"
    ) + flow("split", "two", "join")
    world.draw("stepwise", body)
    return world.start("stepwise")


def do(world: World, matter: str, *steps: str, by: str = "li") -> None:
    for each in steps:
        world.later(minutes=1)
        world.complete(world.task(matter, each).id, by)


def ways(world: World, task: UserTask) -> dict[str, tuple[list[str], bool]]:
    with transaction(writing=False) as session:
        found = returning.earlier_steps(
            session, session.get_one(UserTask, task.id)
        )
    return {
        each.element_id: (sorted(each.closes), each.timed) for each in found
    }


def back(world: World, task: UserTask, to: str, by: str = "wang") -> None:
    returning.send_back(
        task.id, to, "材料不全", world.person(by), world.now, task.revision
    )


def test_a_task_goes_back_to_any_step_before_it_and_the_limit_begins_anew(
    world, matter
) -> None:
    first = world.task(matter, "draft").due_at
    do(world, matter, "draft")
    review = world.task(matter, "review")
    assert ways(world, review) == {"draft": (["review步"], True)}
    world.later(days=1)
    back(world, review, "draft")
    assert world.elements(matter) == ["draft"]
    assert world.task(matter, "draft").due_at > first
    do(world, matter, "draft", "review")
    assert world.elements(matter) == ["one", "two"]
    assert (
        "sent-back" in world.history(matter) and history.verify(matter) == []
    )


def test_out_of_a_parallel_branch_the_other_branch_is_told_and_closed(
    world, matter
) -> None:
    do(world, matter, "draft", "review")
    one = world.task(matter, "one")
    assert ways(world, one) == {
        "review": (["one步", "two步"], False),
        "draft": (["one步", "two步"], True),
    }
    back(world, one, "draft")
    assert world.elements(matter) == ["draft"]
    do(world, matter, "draft", "review", "one", "two")
    assert world.instance(matter).state == "completed"


def test_what_is_no_way_back_and_a_missing_reason_are_told_and_move_nothing(
    world, matter
) -> None:
    do(world, matter, "draft")
    review, before = world.task(matter, "review"), world.snapshot(matter)
    with pytest.raises(RuleViolated, match="现在不能退回到这一步"):
        back(world, review, "one")
    with pytest.raises(RuleViolated, match="写明退回的理由"):
        returning.send_back(
            review.id, "draft", " ", world.person("li"), world.now
        )
    with pytest.raises(NotFound):
        back(world, review, "draft", by="sun")
    with pytest.raises(InstanceChanged):
        returning.send_back(
            review.id,
            "draft",
            "材料不全",
            world.person("li"),
            world.now,
            revision=99,
        )
    assert world.snapshot(matter) == before


def test_behind_what_was_carried_out_automatically_nothing_goes_back(
    world,
) -> None:
    """The errand is recorded after its review."""
    matter = world.start()
    world.review(matter)
    assert ways(world, world.task(matter, "confirm")) == {}
    with pytest.raises(InstanceChanged):
        returning.recall(matter, "看错了", world.person("wang"), world.now)


def test_a_passed_limit_that_only_reminds_stands_in_nobodys_way(world) -> None:
    body = (
        START
        + step("draft")
        + step("review", 'camunda:dueDate="deadline:review"')
        + '<boundaryEvent id="late" name="逾期" attachedToRef="review" cancelActivity="false">'
        "<timerEventDefinition><timeDuration>deadline:review</timeDuration></timerEventDefinition></boundaryEvent>"
        + '<serviceTask id="urge" name="催办" camunda:type="external" camunda:topic="task.urge"/>'
        + '<endEvent id="urged"/>'
        + END
    )
    body += flow("start", "draft", "review", "end") + flow(
        "late", "urge", "urged"
    )
    world.draw("reminding", body)
    matter = world.start("reminding")
    do(world, matter, "draft")
    world.later(days=30)
    timers.fire_due(world.now)
    assert "urged" in world.history(matter)
    assert ways(world, world.task(matter, "review")) == {
        "draft": (["review步"], False)
    }
    returning.recall(matter, "看错了", world.person("li"), world.now)
    assert world.elements(matter) == ["draft"]


def test_ones_own_decision_is_taken_back_while_nobody_has_acted(
    world, matter
) -> None:
    due = world.task(matter, "draft").due_at
    do(world, matter, "draft", by="li")
    world.later(days=1)
    remarks.comment(matter, "请尽快", world.person("zhao"), world.now)
    with pytest.raises(InstanceChanged):
        returning.recall(matter, "不是我的", world.person("wang"), world.now)
    again = returning.recall(matter, "看错了", world.person("li"), world.now)
    task = world.task(matter, "draft")
    assert (task.id, task.assignee_id) == (again, world.person("li"))
    assert task.due_at == due
    assert world.elements(matter) == ["draft"] and "recalled" in world.history(
        matter
    )
    do(world, matter, "draft", "review")
    returning.recall(matter, "两处都撤回", world.person("li"), world.now)
    assert world.elements(matter) == ["review"]


def test_once_somebody_has_claimed_what_followed_it_stays(
    world, matter
) -> None:
    do(world, matter, "draft", by="li")
    user_tasks.claim(
        world.task(matter, "review").id, world.person("wang"), world.now
    )
    with pytest.raises(InstanceChanged, match="不能撤回"):
        returning.recall(matter, "看错了", world.person("li"), world.now)
    with transaction(writing=False) as session:
        assert (
            returning.recallable(
                session, world.instance(matter), world.person("li")
            )
            is None
        )
    assert world.rows(
        sa.select(UserTask.state).where(UserTask.element_id == "draft")
    ) == ["completed"]
