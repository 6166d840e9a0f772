"""Calls by expression: the variable says which process runs when the call is reached; what may not be called
stops with a sentence."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import load_definition, migrate
from orchestrator.engine.errors import UnknownCall
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    user,
)
from tests.engine.drawn import (
    DEFINED,
    ERROR,
    ESCALATION,
    end,
    handler,
    many,
    throw,
)


def called(key: str, body: str = "") -> bytes:
    return document(
        f'<startEvent id="{key}s"/>'
        + user(f"{key}1")
        + body
        + flow(f"{key}s", f"{key}1"),
        key=key,
    )


Q, R = (
    called("q"),
    called(
        "r",
        '<callActivity id="back" calledElement="${then}"/>'
        + flow("r1", "back"),
    ),
)
OTHERS = {"q.bpmn": Q, "r.bpmn": R}
CALL = (
    START
    + END
    + user("a")
    + '<callActivity id="call" name="转办" calledElement="${wanted}"/>'
    + flow("start", "a", "call", "end")
)


@pytest.mark.parametrize("key", ["q", "r"])
def test_the_process_that_the_variable_names_runs_and_stays(key: str) -> None:
    play = Play(CALL, resources=OTHERS).complete("a", wanted=key)
    assert play.open == [f"{key}1"]
    play.complete(f"{key}1", wanted="q", then="q")
    assert play.open == ([] if key == "q" else ["q1"])


@pytest.mark.parametrize("wanted", ["p", "nothing", "", "x" * 500])
def test_what_may_not_be_called_stops_with_a_sentence_and_nothing_moves(
    wanted: str,
) -> None:
    play = Play(CALL, resources=OTHERS)
    with pytest.raises(UnknownCall, match="转办"):
        play.complete("a", wanted=wanted)
    assert play.complete("a", wanted="q").open == ["q1"]


def test_a_process_that_runs_already_is_not_called_again_from_within() -> None:
    play = Play(CALL, resources=OTHERS).complete("a", wanted="r")
    with pytest.raises(UnknownCall, match="没有尽头"):
        play.complete("r1", then="r")


def test_each_instance_calls_its_own() -> None:
    body = CALL.replace(
        '"${wanted}"/>', f'"${{each}}">{many("names")}</callActivity>'
    )
    play = Play(
        body, variables={"names": ["q", "r"]}, resources=OTHERS
    ).complete("a")
    assert play.open == ["q1", "r1"]


def test_a_running_call_goes_on_in_another_version_that_may_call_it() -> None:
    play = Play(CALL, resources=OTHERS).complete("a", wanted="q")
    other = {"p.bpmn": document(CALL), **OTHERS}
    moved = migrate(
        play.definition,
        load_definition(other, "p"),
        play.outcome.state,
        NOW,
        c.Environment(),
        {},
    )
    assert moved.obstacles == ()
    play.outcome = c.Outcome(moved.state, (), {})
    assert play.complete("q1").ended
    play = Play(CALL, resources=OTHERS).complete("a", wanted="q")
    without = load_definition({"p.bpmn": document(CALL), "r.bpmn": R}, "p")
    (found,) = migrate(
        play.definition, without, play.outcome.state, NOW, c.Environment(), {}
    ).obstacles
    assert found.element_id == "call" and "不能调用" in found.why


def test_the_check_tells_what_may_be_called() -> None:
    found = [
        each
        for each in check({"p.bpmn": document(CALL), **OTHERS})
        if each.element_id == "call"
    ]
    assert [(each.rule, each.severity) for each in found] == [
        ("called-process", "note")
    ] and "q、r" in found[0].message
    alone = [
        each
        for each in check({"p.bpmn": document(CALL)})
        if each.severity == "error"
    ]
    assert [each.element_id for each in alone] == ["call"]


THROWN = {
    "error": end("out", ERROR),
    "escalation": throw("up", ESCALATION) + user("on") + flow("up", "on"),
}


@pytest.mark.parametrize("kind", THROWN)
@pytest.mark.parametrize("where", ["border", "event subprocess"])
def test_what_is_mapped_out_is_set_when_an_error_or_escalation_leaves_the_called_process(
    kind: str, where: str
) -> None:
    """As Camunda 7 does, before whoever catches it goes on; the called process keeps its own variables."""
    thrower = "out" if kind == "error" else "up"
    inside = document(
        '<startEvent id="qs"/>'
        + user("q1")
        + THROWN[kind]
        + flow("qs", "q1", thrower),
        DEFINED,
        key="q",
    )
    event = ERROR if kind == "error" else ESCALATION
    call = (
        '<callActivity id="call" calledElement="q"><extensionElements><camunda:in source="n" target="n"/>'
        '<camunda:out source="found" target="result"/></extensionElements></callActivity>'
    )
    caught = (
        boundary("b", "call", event, kind == "error")
        + user("told")
        + flow("b", "told")
        if where == "border"
        else handler(event, kind == "error")
    )
    play = Play(
        START + END + call + caught + flow("start", "call", "end"),
        DEFINED,
        variables={"n": 1},
        resources={"q.bpmn": inside},
    )
    play.complete("q1", found="late", n=2)
    after = {"told", "handler_task"} & set(play.open)
    assert len(after) == 1
    assert play.outcome.variables == {"n": 1, "result": "late"}
    if kind == "escalation":
        play.complete("on", found="later")
        assert play.outcome.variables == {"n": 1, "result": "later"}
