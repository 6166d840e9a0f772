"""A signal is heard by everything of the throwing instance that waits for it, before the thrower goes on."""

from __future__ import annotations

import pytest

from orchestrator.engine import commands as c
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    user,
)
from tests.engine.drawn import catch, end, handler, many, service, sub, throw

SIGNALS = '<signal id="sg" name="alarm"/>'
SIGNAL = '<signalEventDefinition signalRef="sg"/>'
SAYS_WHERE = (
    '<signalEventDefinition signalRef="sg"><extensionElements><camunda:in source="gate" '
    'target="where"/></extensionElements>'
    "</signalEventDefinition>"
)


def test_the_boundary_of_the_throwers_own_subprocess_takes_over_at_once() -> (
    None
):
    inner = throw("ring", SIGNAL) + service("late") + user("later")
    body = (
        START
        + END
        + user("told")
        + sub("sub", inner, "ring", "late", "later")
        + boundary("b", "sub", SIGNAL)
    )
    play = Play(
        body + flow("start", "sub", "end") + flow("b", "told", "end"), SIGNALS
    )
    assert (play.open, play.passed) == (
        ["told"],
        ["start", "sub_start", "ring", "b"],
    )
    assert not [e for e in play.all if isinstance(e, c.ExternalTaskWanted)]
    assert [e.name for e in play.all if isinstance(e, c.SignalThrown)] == [
        "alarm"
    ]


def test_a_signal_end_is_heard_by_its_own_boundary_too() -> None:
    stop = end("ring", SIGNAL)
    inner = f'<subProcess id="sub"><startEvent id="s"/>{user("x")}{stop}{flow("s", "x", "ring")}</subProcess>'
    body = (
        START
        + END
        + user("told", "after")
        + inner
        + boundary("b", "sub", SIGNAL)
        + flow("start", "sub", "after", "end")
    )
    assert Play(body + flow("b", "told", "end"), SIGNALS).complete(
        "x"
    ).open == ["told"]


def test_a_boundary_that_does_not_interrupt_lets_the_thrower_go_on() -> None:
    inner = throw("ring", SIGNAL) + user("later")
    body = (
        START
        + END
        + end("e2")
        + user("told")
        + sub("sub", inner, "ring", "later")
    )
    body += (
        boundary("b", "sub", SIGNAL, interrupting=False)
        + flow("start", "sub", "end")
        + flow("b", "told", "e2")
    )
    assert Play(body, SIGNALS).open == ["later", "told"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_subprocess_hears_a_thrower_that_only_automatic_steps_follow(
    interrupting: bool,
) -> None:
    body = (
        START
        + END
        + throw("ring", SIGNAL)
        + gateway("exclusive", "g")
        + flow("start", "ring", "g", "end")
    )
    play = Play(body + handler(SIGNAL, interrupting), SIGNALS)
    assert (play.open, play.ended) == (["handler_task"], False)
    assert ("end" in play.passed) is not interrupting
    assert play.complete("handler_task").ended


def test_the_event_subprocess_of_an_outer_scope_ends_the_thrower_inside() -> (
    None
):
    body = (
        START
        + END
        + sub("sub", throw("ring", SIGNAL) + user("later"), "ring", "later")
        + flow("start", "sub", "end")
    )
    assert Play(body + handler(SIGNAL), SIGNALS).open == ["handler_task"]


def test_a_called_process_is_heard_where_it_is_called() -> None:
    called = (
        '<startEvent id="cs"/>'
        + throw("ring", SIGNAL)
        + user("later")
        + end("ce")
        + flow("cs", "ring", "later", "ce")
    )
    calls = '<callActivity id="call" calledElement="q"/>'
    body = (
        START
        + END
        + user("told")
        + sub("sub", calls, "call")
        + boundary("b", "sub", SIGNAL)
    )
    files = {"q.bpmn": document(called, SIGNALS, key="q")}
    play = Play(
        body + flow("start", "sub", "end") + flow("b", "told", "end"),
        SIGNALS,
        resources=files,
    )
    assert play.open == ["told"]


def test_a_branch_that_waits_hears_the_branch_that_throws() -> None:
    body = (
        START
        + END
        + gateway("parallel", "g", "j")
        + user("a", "next")
        + throw("ring", SIGNAL)
        + catch("wait", SIGNAL)
    )
    body += flow("start", "g", "a", "ring", "j", "end") + flow(
        "g", "wait", "next", "j"
    )
    play = Play(body, SIGNALS).complete("a")
    assert (play.open, play.complete("next").ended) == (["next"], True)


def test_an_event_gateway_of_the_thrower_is_decided_by_it() -> None:
    message = '<messageEventDefinition messageRef="ms"/>'
    body = (
        START
        + END
        + gateway("parallel", "g")
        + user("a", "rung", "read")
        + throw("ring", SIGNAL)
        + end("e2")
    )
    body += (
        gateway("eventBased", "race")
        + catch("s", SIGNAL)
        + catch("m", message)
    )
    body += (
        flow("start", "g", "a", "ring", "end")
        + flow("g", "race", "s", "rung", "e2")
        + flow("race", "m", "read", "e2")
    )
    play = Play(body, SIGNALS + '<message id="ms" name="hello"/>').complete(
        "a"
    )
    assert play.open == ["rung"]
    assert (
        play._open(
            c.SubscriptionOpened, "subscription_id", (c.SubscriptionClosed,)
        )
        == {}
    )


def test_what_begins_to_wait_after_the_throw_does_not_hear_it() -> None:
    body = (
        START
        + END
        + throw("ring", SIGNAL)
        + catch("wait", SIGNAL)
        + flow("start", "ring", "wait", "end")
    )
    assert not Play(body, SIGNALS).ended


def test_another_name_is_not_heard() -> None:
    other = catch("wait", '<signalEventDefinition signalRef="sg2"/>')
    body = (
        START
        + END
        + gateway("parallel", "g")
        + user("a")
        + throw("ring", SIGNAL)
        + other
        + end("e2")
    )
    body += flow("start", "g", "a", "ring", "end") + flow("g", "wait", "e2")
    assert (
        not Play(body, SIGNALS + '<signal id="sg2" name="other"/>')
        .complete("a")
        .ended
    )


def test_what_the_signal_brings_is_known_to_who_hears_it() -> None:
    inner = throw("ring", SAYS_WHERE) + user("later")
    body = (
        START
        + END
        + user("told")
        + sub("sub", inner, "ring", "later")
        + boundary("b", "sub", SIGNAL)
    )
    play = Play(
        body + flow("start", "sub", "end") + flow("b", "told", "end"),
        SIGNALS,
        {"gate": "北门"},
    )
    assert play.outcome.variables == {"gate": "北门", "where": "北门"}


def test_one_instance_of_several_that_throws_ends_them_all_by_their_boundary() -> (
    None
):
    part = sub(
        "sub",
        user("x") + throw("ring", SIGNAL) + user("y"),
        "x",
        "ring",
        "y",
        more=many(3),
    )
    body = (
        START
        + END
        + user("told")
        + part
        + boundary("b", "sub", SIGNAL)
        + flow("start", "sub", "end")
    )
    assert Play(body + flow("b", "told", "end"), SIGNALS).complete(
        "x"
    ).open == ["told"]


def test_a_signal_that_stays_inside_a_called_process_is_not_heard_by_its_caller() -> (
    None
):
    kept = (
        '<signal id="sg" name="alarm"><extensionElements><camunda:properties>'
        '<camunda:property name="signalScope" value="instance"/>'
        "</camunda:properties></extensionElements></signal>"
    )
    inner = throw("ring", SIGNAL) + user("later")
    called = (
        '<startEvent id="qs"/>'
        + user("heard")
        + sub("sub", inner, "ring", "later")
        + boundary("qb", "sub", SIGNAL)
        + flow("qs", "sub")
        + flow("qb", "heard")
    )
    body = (
        START
        + END
        + user("told")
        + '<callActivity id="call" calledElement="q"/>'
        + boundary("b", "call", SIGNAL)
        + flow("start", "call", "end")
        + flow("b", "told", "end")
    )

    def opened(signals: str) -> list[str]:
        others = {"q.bpmn": document(called, signals, key="q")}
        return Play(body, SIGNALS, resources=others).open

    assert opened(kept) == ["heard"]
    assert opened(SIGNALS) == ["told"]
