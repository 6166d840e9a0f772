"""A branch that simply ends, without an end event: it ends there, and the instance with the last of them."""

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import migrate
from tests.engine.diagrams import (
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.drawn import end


def test_the_element_at_which_the_last_branch_ended_is_told() -> None:
    body = (
        START
        + user("a", "b")
        + end("e")
        + gateway("parallel", "g")
        + flow("start", "g", "a")
        + flow("g", "b", "e")
    )
    play = Play(body).complete("b")
    assert not play.ended
    assert play.complete("a").effects[-1] == c.ProcessInstanceEnded(
        "a", "completed"
    )
    assert Play(body).complete("a").complete("b").effects[
        -1
    ] == c.ProcessInstanceEnded("e", "completed")


def test_it_is_remarked_and_not_refused() -> None:
    body = (
        START
        + user("a")
        + boundary("late", "a", timer("PT1H"), interrupting=False)
        + flow("start", "a")
    )
    found = [
        (each.rule, each.element_id, each.severity)
        for each in check({"p.bpmn": document(body)})
    ]
    assert [each for each in found if each[0] == "dead-end"] == [
        ("dead-end", "a", "note"),
        ("dead-end", "late", "note"),
    ]


def test_a_reminder_that_nothing_follows_leaves_the_task_open() -> None:
    play = Play(
        START
        + user("a")
        + boundary(
            "late", "a", timer("R3/PT1H", "timeCycle"), interrupting=False
        )
        + flow("start", "a")
    )
    for _round in range(3):
        play.fire("late")
    assert play.open == ["a"] and play.complete("a").ended


def test_an_instance_moves_to_a_version_whose_branches_end_without_end_events() -> (
    None
):
    body = (
        START
        + user("a", "b")
        + gateway("parallel", "g")
        + gateway("exclusive", "stop")
        + flow("start", "g", "a")
        + flow("g", "b")
    )
    play = Play(body + flow("a", "stop"))
    play.complete("a")
    new = Play(body + user("c") + flow("a", "c")).definition
    moved = migrate(
        play.definition, new, play.outcome.state, NOW, c.Environment(), {}
    )
    assert moved.obstacles == ()
    play.definition, play.outcome = new, c.Outcome(moved.state, (), {})
    assert play.open == ["b"] and play.complete("b").ended
