"""A gateway without a default: no condition true stops the command; a chosen flow is taken once, and only
where no condition is true."""

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import migrate
from orchestrator.engine.errors import NoFlowTaken, UnknownTask
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    document,
    flow,
    gateway,
    user,
)


def _loop(kind: str) -> str:
    ways = flow("g", "b", when="go == 1") + flow("g", "d", when="go == 2")
    return (
        START
        + END
        + user("a", "b", "d")
        + gateway(kind, "g")
        + flow("start", "a", "g")
        + ways
        + flow("b", "a")
        + flow("d", "end")
    )


@pytest.mark.parametrize("kind", ["exclusive", "inclusive"])
def test_the_chosen_flow_is_taken_once(kind: str) -> None:
    play = Play(_loop(kind), variables={"go": 9})
    with pytest.raises(NoFlowTaken):
        play.complete("a")
    play.do(c.ChooseFlow("g", "g_b"))
    assert play.open == ["a"] and play.complete("a").open == ["b"]
    assert [
        e.flow_ids for e in play.effects if isinstance(e, c.ActivityCompleted)
    ][-1] == ("g_b",)
    play.complete("b")
    with pytest.raises(NoFlowTaken):
        play.complete("a")


@pytest.mark.parametrize("kind", ["exclusive", "inclusive"])
def test_a_true_condition_comes_before_the_choice_and_ends_it(
    kind: str,
) -> None:
    play = Play(_loop(kind), variables={"go": 9}).do(c.ChooseFlow("g", "g_b"))
    assert play.complete("a", go=2).open == ["d"]
    again = Play(_loop(kind), variables={"go": 9}).do(c.ChooseFlow("g", "g_d"))
    assert again.complete("a", go=1).complete("b").open == ["a"]
    with pytest.raises(NoFlowTaken):
        again.complete("a", go=9)


def test_conditions_on_a_tasks_own_flows_are_chosen_among_too() -> None:
    body = (
        START
        + END
        + user("a", "b")
        + flow("start", "a")
        + flow("a", "b", when="go == 1")
        + flow("a", "end", when="go == 2")
    )
    play = Play(body + flow("b", "end"), variables={"go": 9})
    with pytest.raises(NoFlowTaken):
        play.complete("a")
    assert play.do(c.ChooseFlow("a", "a_b")).complete("a").open == ["b"]


def test_a_flow_that_is_none_of_the_gateways_is_refused() -> None:
    play = Play(_loop("exclusive"), variables={"go": 9})
    for element, chosen in (("g", "b_a"), ("a", "a_g"), ("nothing", "g_b")):
        with pytest.raises(UnknownTask):
            play.do(c.ChooseFlow(element, chosen))


def test_a_choice_goes_along_to_another_version() -> None:
    play = Play(_loop("exclusive"), variables={"go": 9}).do(
        c.ChooseFlow("g", "g_b")
    )
    moved = migrate(
        play.definition,
        Play(_loop("exclusive"), variables={"go": 1}).definition,
        play.outcome.state,
        NOW,
        c.Environment(),
        {},
    )
    play.outcome = c.Outcome(moved.state, (), {})
    assert play.complete("a").open == ["b"]


def test_a_gateway_without_a_default_is_remarked() -> None:
    found = [
        each
        for each in check({"p.bpmn": document(_loop("exclusive"))})
        if each.rule == "exclusive-without-default"
    ]
    assert [(each.element_id, each.severity) for each in found] == [
        ("g", "note")
    ]


@pytest.mark.parametrize(
    ("conditions", "severity"),
    [
        (("x", None), "note"),
        ((None, "x"), "error"),
        ((None, None), "error"),
        (("x", "y", None), "note"),
        (("x", None, None), "error"),
    ],
)
def test_one_flow_without_a_condition_is_the_default_when_it_is_the_last(
    conditions: tuple, severity: str
) -> None:
    ids = [f"b{number}" for number in range(len(conditions))]
    flows = "".join(
        flow("g", each, when=when) + flow(each, "end")
        for each, when in zip(ids, conditions, strict=True)
    )
    body = (
        START
        + END
        + user(*ids)
        + gateway("exclusive", "g")
        + flow("start", "g")
        + flows
    )
    found = {
        each.severity
        for each in check({"p.bpmn": document(body)})
        if each.rule == "exclusive-without-default"
    }
    assert found == {severity}
    if severity == "note":
        assert Play(body, variables={"x": False, "y": False}).open == [ids[-1]]
        assert Play(body, variables={"x": True, "y": False}).open == ["b0"]


def test_a_condition_of_the_default_flow_is_remarked_and_not_asked() -> None:
    body = (
        START
        + END
        + user("a", "b")
        + gateway("exclusive", "g", default="g_b")
        + flow("start", "g")
        + flow("g", "a", when="x")
        + flow("g", "b", when="y")
        + flow("a", "end")
        + flow("b", "end")
    )
    (found,) = check({"p.bpmn": document(body)})
    assert (found.element_id, found.severity) == ("g", "note")
    assert "不看它的条件" in found.message
    assert Play(body, variables={"x": False, "y": False}).open == ["b"]


def test_an_empty_default_is_none() -> None:
    """Editors on the web leave the attribute without a value."""
    body = (
        START
        + END
        + user("a", "b").replace('id="a"', 'id="a" default=""')
        + gateway("exclusive", "g", default="")
        + flow("start", "a", "g")
        + flow("g", "b", when="x")
        + flow("b", "end")
    )
    found = check({"p.bpmn": document(body)})
    assert [(each.element_id, each.severity) for each in found] == [
        ("g", "note")
    ]
    play = Play(body, variables={"x": True}).complete("a")
    assert play.open == ["b"]
