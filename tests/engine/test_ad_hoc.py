"""Ad-hoc subprocesses: who chooses, what may be chosen, what is refused, and how a running one moves to
another version."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import migrate
from orchestrator.engine.errors import ExpressionFailed
from tests.engine.diagrams import END, NOW, START, Play, document, flow, user
from tests.engine.drawn import end
from tests.engine.drawn_ad_hoc import ONE, STEPS, ad_hoc


def body(inner: str) -> str:
    return START + END + inner + flow("start", "s", "end")


def test_the_step_is_offered_to_its_body_with_a_form_of_its_own() -> None:
    (task,) = Play(body(ad_hoc(STEPS))).tasks.values()
    assert (
        task.element_id,
        task.name,
        task.candidate_groups,
        task.form_key,
    ) == (
        "s",
        "s",
        ("office@county",),
        "s_next",
    )


def test_what_was_chosen_is_no_variable_and_may_be_chosen_again() -> None:
    play = (
        Play(body(ad_hoc(STEPS)))
        .complete("s", s_next=["a"])
        .complete("a")
        .complete("s", s_next=["a", "b"])
    )
    assert (
        play.open == ["a", "b", "s"] and "s_next" not in play.outcome.variables
    )
    play.complete("s")
    assert play.open == ["a", "b"]
    assert play.complete("a").complete("b").ended


@pytest.mark.parametrize(
    ("inner", "chosen", "words"),
    [
        (ad_hoc(STEPS), ["ghost"], "ghost"),
        (ad_hoc(user("a", "b") + flow("a", "b")), ["b"], "不是可以办的活动"),
        (ad_hoc(STEPS, ONE), ["a", "b"], "一次只办一项"),
        (ad_hoc(STEPS, when="enough"), [], "至少选一项"),
    ],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_lost(
    inner: str, chosen: list[str], words: str
) -> None:
    play = Play(body(inner), variables={"enough": False})
    with pytest.raises(ExpressionFailed, match=words):
        play.complete("s", s_next=chosen)
    assert play.open == ["s"]


def test_a_single_answer_is_a_choice_too_and_done_is_none() -> None:
    play = Play(body(ad_hoc(STEPS, ONE))).complete("s", s_next="b")
    assert play.open == ["b"]
    assert play.complete("b").complete("s", s_next="done").ended


BAD = {
    "a start": (
        ad_hoc(STEPS + '<startEvent id="x"/>' + flow("x", "a")),
        "x",
        "不能有开始事件",
    ),
    "an end": (ad_hoc(STEPS + end("x") + flow("a", "x")), "x", "结束事件"),
    "nothing in it": (ad_hoc(""), "s", "没有可以选择的活动"),
    "nobody": (
        ad_hoc(STEPS).replace(
            'camunda:candidateGroups="office@county">', ">", 1
        ),
        "s",
        "由谁选择",
    ),
    "a body in words": (
        ad_hoc(STEPS).replace("office@county", "办公室", 1),
        "s",
        "角色@层级",
    ),
    "a condition that is none": (
        ad_hoc(STEPS, when="enough =="),
        "s",
        "办结条件",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_nobody_could_choose_from_is_refused(name: str) -> None:
    inner, element_id, words = BAD[name]
    errors = [
        f
        for f in check({"p.bpmn": document(body(inner))})
        if f.severity == "error"
    ]
    assert any(
        f.element_id == element_id and words in f.message for f in errors
    ), errors


def test_a_running_one_moves_to_a_version_with_more_to_choose_from() -> None:
    play = Play(body(ad_hoc(STEPS))).complete("s", s_next=["a"])
    new = Play(body(ad_hoc(STEPS + user("w")))).definition
    moved = migrate(
        play.definition, new, play.outcome.state, NOW, c.Environment(), {}
    )
    assert moved.obstacles == ()
    play.definition, play.outcome = new, c.Outcome(moved.state, (), {})
    assert play.complete("s", s_next=["w"]).open == ["a", "s", "w"]


def test_a_running_one_stays_where_its_activity_is_gone() -> None:
    play = Play(body(ad_hoc(STEPS))).complete("s", s_next=["a"])
    new = Play(body(ad_hoc(user("b", "c")))).definition
    moved = migrate(
        play.definition, new, play.outcome.state, NOW, c.Environment(), {}
    )
    assert [each.why for each in moved.obstacles] == ["新版没有“a”"]
