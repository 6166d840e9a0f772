"""A token that waits at a service task goes back to a user task it could have come from; no join waits for a
branch that never began."""

from __future__ import annotations

import pytest

from orchestrator.engine import UnknownTask, all_ways_back, ways_back
from orchestrator.engine import commands as c
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    flow,
    gateway,
    timer,
    user,
)

WORK = '<serviceTask id="work" camunda:type="external" camunda:topic="list.change"/>'


def wanted(play: Play) -> c.EngineTaskId:
    (effect,) = [
        each for each in play.effects if isinstance(each, c.ExternalTaskWanted)
    ]
    return effect.task_id


def opened(play: Play) -> list[str]:
    return [
        each.element_id
        for each in play.effects
        if isinstance(each, c.UserTaskOpened)
    ]


def finish(play: Play, *names: str) -> None:
    for name in names:
        (task,) = [
            each
            for each in play.all
            if isinstance(each, c.UserTaskOpened) and each.element_id == name
        ][-1:]
        play.do(c.CompleteUserTask(task.task_id))


def test_it_goes_back_to_the_chosen_step_with_its_timer_and_on_from_there() -> (
    None
):
    body = (
        START
        + user("draft", "decide", "after")
        + WORK
        + END
        + boundary("late", "decide", timer("PT1H"), interrupting=False)
    )
    body += (
        user("urged")
        + flow("start", "draft", "decide", "work", "after", "end")
        + flow("late", "urged")
    )
    play = Play(body)
    finish(play, "draft", "decide")
    task = wanted(play)
    assert ways_back(play.definition, play.outcome.state, task) == (
        "draft",
        "decide",
    )
    play.do(c.PutBack(task, "decide"))
    assert opened(play) == ["decide"]
    assert [
        type(each)
        for each in play.effects
        if isinstance(each, c.TimerSet | c.ExternalTaskCancelled)
    ] == [
        c.ExternalTaskCancelled,
        c.TimerSet,
    ]
    finish(play, "decide")
    play.do(c.CompleteExternalTask(wanted(play)))
    finish(play, "after")
    assert play.outcome.ended
    assert [
        each.element_id
        for each in play.all
        if isinstance(each, c.TimerCancelled)
    ] == ["late", "late"]


def test_behind_a_join_it_goes_back_before_the_split_and_never_into_a_branch() -> (
    None
):
    body = (
        START
        + user("review", "one", "two")
        + gateway("parallel", "split", "join")
        + WORK
        + END
    )
    body += flow(
        "start", "review", "split", "one", "join", "work", "end"
    ) + flow("split", "two", "join")
    play = Play(body)
    finish(play, "review", "one", "two")
    task = wanted(play)
    assert ways_back(play.definition, play.outcome.state, task) == ("review",)
    play.do(c.PutBack(task, "review"))
    finish(play, "review")
    assert sorted(opened(play)) == ["one", "two"]


def test_inside_a_branch_it_stays_in_the_branch() -> None:
    body = (
        START
        + user("review", "one", "two")
        + gateway("parallel", "split", "join")
        + WORK
        + END
    )
    body += flow(
        "start", "review", "split", "one", "work", "join", "end"
    ) + flow("split", "two", "join")
    play = Play(body)
    finish(play, "review", "one")
    assert ways_back(play.definition, play.outcome.state, wanted(play)) == (
        "one",
    )


def test_inside_a_subprocess_it_stays_there_and_a_step_that_does_not_lead_to_it_is_no_way_back() -> (
    None
):
    inner = (
        '<startEvent id="in"/>'
        + user("inside")
        + WORK
        + '<endEvent id="out"/>'
        + flow("in", "inside", "work", "out")
    )
    body = (
        START
        + user("review")
        + f'<subProcess id="sub">{inner}</subProcess>'
        + user("later")
        + END
    )
    body += flow("start", "review", "sub", "later", "end")
    play = Play(body)
    finish(play, "review", "inside")
    task = wanted(play)
    assert ways_back(play.definition, play.outcome.state, task) == ("inside",)
    play.do(c.PutBack(task, "inside"))
    assert opened(play) == ["inside"]


def test_a_token_that_is_no_longer_there_is_refused() -> None:
    play = Play(
        START
        + user("decide")
        + WORK
        + END
        + flow("start", "decide", "work", "end")
    )
    finish(play, "decide")
    task = wanted(play)
    play.do(c.CompleteExternalTask(task))
    for wrong in (
        lambda: ways_back(play.definition, play.outcome.state, task),
        lambda: play.do(c.PutBack(task, "decide")),
    ):
        with pytest.raises(UnknownTask):
            wrong()


def test_a_user_task_goes_back_with_what_waits_at_its_border() -> None:
    body = (
        START
        + user("draft", "review")
        + END
        + boundary("late", "review", timer("PT1H"))
    )
    body += (
        '<endEvent id="over"/>'
        + flow("start", "draft", "review", "end")
        + flow("late", "over")
    )
    play = Play(body)
    finish(play, "draft")
    (task,) = [
        each.task_id
        for each in play.effects
        if isinstance(each, c.UserTaskOpened)
    ]
    assert all_ways_back(play.definition, play.outcome.state, task) == (
        ("draft", False),
    )
    play.do(c.PutBack(task, "draft"))
    assert opened(play) == ["draft"]
    assert [
        each.element_id
        for each in play.effects
        if isinstance(each, c.TimerCancelled)
    ] == ["late"]
    finish(play, "draft", "review")
    assert play.outcome.ended


def test_out_of_a_parallel_branch_it_goes_back_once_the_others_are_taken_away() -> (
    None
):
    body = (
        START
        + user("review", "one", "two")
        + gateway("parallel", "split", "join")
        + END
    )
    body += flow("start", "review", "split", "one", "join", "end") + flow(
        "split", "two", "join"
    )
    play = Play(body)
    finish(play, "review")
    task = next(
        each.task_id
        for each in play.all
        if isinstance(each, c.UserTaskOpened) and each.element_id == "one"
    )
    assert all_ways_back(play.definition, play.outcome.state, task) == (
        ("review", True),
    )
    play.do(c.PutBack(task, "review", alone=True))
    assert opened(play) == ["review"]
    closed = [
        each for each in play.effects if isinstance(each, c.UserTaskClosed)
    ]
    assert len(closed) == 2 and {each.how for each in closed} == {
        c.UserTaskClosing.CANCELLED
    }
    finish(play, "review", "one", "two")
    assert play.outcome.ended
