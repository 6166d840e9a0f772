"""Events: what interrupts does so at once, what is thrown is caught by the nearest, and nothing that fired is
lost."""

from __future__ import annotations

import pytest

from orchestrator.engine import commands as c
from orchestrator.engine.errors import EngineError, JoinStuck, UnknownTask
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.drawn import DEFINED
from tests.engine.drawn_elsewhere import RETHROWN

ERROR, ERRORS = (
    '<errorEventDefinition errorRef="er"/>',
    '<error id="er" errorCode="E1"/>',
)
ESCALATION, ESCALATIONS = (
    '<escalationEventDefinition escalationRef="es"/>',
    '<escalation id="es" escalationCode="X"/>',
)
SIGNAL, SIGNALS = (
    '<signalEventDefinition signalRef="sg"/>',
    '<signal id="sg" name="alarm"/>',
)
MESSAGE, MESSAGES = (
    '<messageEventDefinition messageRef="ms"/>',
    '<message id="ms" name="hello"/>',
)


def sub(inner: str, id: str = "sub") -> str:
    return f'<subProcess id="{id}"><startEvent id="{id}_start"/>{inner}<endEvent id="{id}_end"/></subProcess>'


def handler(event: str, interrupting: bool = True, id: str = "handler") -> str:
    """An event subprocess with one user task."""
    start = f'<startEvent id="{id}_start" isInterrupting="{str(interrupting).lower()}">{event}</startEvent>'
    inner = (
        user(f"{id}_task")
        + f'<endEvent id="{id}_end"/>'
        + flow(f"{id}_start", f"{id}_task", f"{id}_end")
    )
    return f'<subProcess id="{id}" triggeredByEvent="true">{start}{inner}</subProcess>'


def service(id: str) -> str:
    return f'<serviceTask id="{id}" name="{id}" camunda:type="external" camunda:topic="a.b"/>'


def test_an_error_thrown_by_the_last_token_still_starts_its_event_subprocess() -> (
    None
):
    body = (
        START
        + user("a")
        + f'<endEvent id="bad">{ERROR}</endEvent>'
        + flow("start", "a", "bad")
        + handler(ERROR)
    )
    play = Play(body, ERRORS).complete("a")
    assert (play.open, play.ended) == (["handler_task"], False)
    assert play.complete("handler_task").ended
    assert play.effects[-1].how == "completed"


def test_an_escalation_thrown_by_the_last_token_still_starts_its_event_subprocess() -> (
    None
):
    body = (
        START
        + user("a")
        + f'<endEvent id="up">{ESCALATION}</endEvent>'
        + flow("start", "a", "up")
    )
    play = Play(
        body + handler(ESCALATION, interrupting=False), ESCALATIONS
    ).complete("a")
    assert (play.open, play.ended) == (["handler_task"], False)


def test_an_error_start_event_interrupts_even_when_drawn_otherwise() -> None:
    body = (
        START
        + END
        + user("a", "b")
        + gateway("parallel", "g")
        + f'<endEvent id="bad">{ERROR}</endEvent>'
    )
    body += (
        flow("start", "g", "a", "bad")
        + flow("g", "b", "end")
        + handler(ERROR, interrupting=False)
    )
    assert Play(body, ERRORS).complete("a").open == ["handler_task"]


def test_nothing_after_an_interrupting_escalation_begins() -> None:
    inner = (
        f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
        + service("late")
        + user("later")
    )
    inner += flow("sub_start", "up", "late", "later", "sub_end")
    body = (
        START
        + END
        + user("told")
        + sub(inner)
        + boundary("b", "sub", ESCALATION)
    )
    play = Play(
        body + flow("start", "sub", "end") + flow("b", "told", "end"),
        ESCALATIONS,
    )
    assert play.open == ["told"]
    assert not [
        e
        for e in play.all
        if isinstance(e, c.ExternalTaskWanted | c.ExternalTaskCancelled)
    ]
    assert play.passed == ["start", "sub_start", "up", "b"]


def test_an_error_climbs_out_of_called_processes_to_the_nearest_that_names_it() -> (
    None
):
    called = (
        '<startEvent id="cs"/>'
        + user("inner")
        + f'<endEvent id="ce">{ERROR}</endEvent>'
        + flow("cs", "inner", "ce")
    )
    other = boundary(
        "other", "sub", '<errorEventDefinition errorRef="er2"/>'
    ) + boundary("any", "sub", "<errorEventDefinition/>")
    inner = '<callActivity id="call" calledElement="q"/>' + flow(
        "sub_start", "call", "sub_end"
    )
    body = (
        START
        + END
        + user("mend", "wrong")
        + sub(inner)
        + other
        + flow("start", "sub", "end")
        + flow("any", "mend", "end")
    )
    body += flow("other", "wrong", "end")
    extra = '<error id="er2" errorCode="E2"/>'
    play = Play(
        body, extra, resources={"q.bpmn": document(called, ERRORS, key="q")}
    ).complete("inner")
    assert play.open == ["mend"]


def test_a_caught_business_error_tells_its_code_and_message() -> None:
    body = START + END + service("s") + user("mend")
    caught = '<errorEventDefinition camunda:errorCodeVariable="code" camunda:errorMessageVariable="why"/>'
    play = Play(
        body
        + boundary("b", "s", caught)
        + flow("start", "s", "end")
        + flow("b", "mend", "end")
    )
    wanted = next(
        e for e in play.effects if isinstance(e, c.ExternalTaskWanted)
    )
    play.do(c.ThrowBpmnError(wanted.task_id, "E9", "重名"))
    assert play.outcome.variables == {"code": "E9", "why": "重名"}


def test_a_business_error_that_nobody_catches_leaves_the_task_waiting() -> (
    None
):
    play = Play(START + END + service("s") + flow("start", "s", "end"))
    wanted = next(
        e for e in play.effects if isinstance(e, c.ExternalTaskWanted)
    )
    with pytest.raises(EngineError, match="E9"):
        play.do(c.ThrowBpmnError(wanted.task_id, "E9"))
    assert play.answer().ended


_CALL = '<callActivity id="call" calledElement="q"/>'
_TO_MEND = user("mend") + flow("b", "mend", "end")
CAUGHT = {
    "at its border": (
        service("s")
        + boundary("b", "s", ERROR)
        + flow("start", "s", "end")
        + _TO_MEND,
        "",
        True,
    ),
    "any error at its border": (
        service("s")
        + boundary("b", "s", "<errorEventDefinition/>")
        + flow("start", "s", "end")
        + _TO_MEND,
        "",
        True,
    ),
    "beside it": (
        service("s") + flow("start", "s", "end") + handler(ERROR),
        "",
        True,
    ),
    "around its subprocess": (
        sub(service("s") + flow("sub_start", "s", "sub_end"))
        + boundary("b", "sub", ERROR)
        + flow("start", "sub", "end")
        + _TO_MEND,
        "",
        True,
    ),
    "around the call": (
        _CALL
        + boundary("b", "call", ERROR)
        + flow("start", "call", "end")
        + _TO_MEND,
        service("s")
        + '<startEvent id="qs"/><endEvent id="qe"/>'
        + flow("qs", "s", "qe"),
        True,
    ),
    "nowhere": (service("s") + flow("start", "s", "end"), "", False),
    "nowhere in the caller": (
        _CALL + flow("start", "call", "end"),
        service("s")
        + '<startEvent id="qs"/><endEvent id="qe"/>'
        + flow("qs", "s", "qe"),
        False,
    ),
    "another error at its border": (
        service("s")
        + boundary("b", "s", '<errorEventDefinition errorRef="er2"/>')
        + flow("start", "s", "end")
        + _TO_MEND,
        "",
        False,
    ),
    "at another step": (
        service("s")
        + user("t")
        + boundary("b", "t", ERROR)
        + flow("start", "s", "t", "end")
        + _TO_MEND,
        "",
        False,
    ),
}


@pytest.mark.parametrize(
    ("body", "called", "caught"), CAUGHT.values(), ids=CAUGHT
)
def test_the_diagram_is_known_to_catch_a_business_error_where_the_engine_finds_a_way_on(
    body: str, called: str, caught: bool
) -> None:
    extra = ERRORS + '<error id="er2" errorCode="E2"/>'
    play = Play(
        START + END + body,
        extra,
        resources={"q.bpmn": document(called, key="q")} if called else {},
    )
    wanted = next(
        e for e in play.effects if isinstance(e, c.ExternalTaskWanted)
    )
    assert play.definition.catches("s", "E1") is caught
    if caught:
        assert len(play.do(c.ThrowBpmnError(wanted.task_id, "E1")).open) == 1
    else:
        with pytest.raises(EngineError):
            play.do(c.ThrowBpmnError(wanted.task_id, "E1"))


def test_an_uncaught_escalation_is_told_and_the_token_goes_on() -> None:
    body = (
        START
        + END
        + f'<intermediateThrowEvent id="up">{ESCALATION}</intermediateThrowEvent>'
        + user("a")
    )
    play = Play(body + flow("start", "up", "a", "end"), ESCALATIONS)
    assert [
        e.code for e in play.effects if isinstance(e, c.EscalationThrown)
    ] == ["X"]
    assert play.open == ["a"]


def test_a_signal_reaches_every_token_that_waits_and_none_that_it_interrupted() -> (
    None
):
    catch = f'<intermediateCatchEvent id="inside">{SIGNAL}</intermediateCatchEvent>'
    body = (
        START
        + END
        + user("saved", "after", "beside")
        + gateway("parallel", "g")
    )
    body += sub(
        catch + user("next") + flow("sub_start", "inside", "next", "sub_end")
    ) + boundary("b", "sub", SIGNAL)
    body += f'<intermediateCatchEvent id="outside">{SIGNAL}</intermediateCatchEvent>'
    body += (
        flow("start", "g", "sub", "after", "end")
        + flow("b", "saved", "end")
        + flow("g", "outside", "beside", "end")
    )
    play = Play(body, SIGNALS).do(c.DeliverSignal("alarm", {"where": "北门"}))
    assert play.open == ["beside", "saved"]
    assert play.outcome.variables == {"where": "北门"}
    assert Play(body, SIGNALS).do(c.DeliverSignal("other")).open == []


def test_a_non_interrupting_message_is_heard_again_and_again() -> None:
    body = (
        START
        + END
        + user("work", "read")
        + boundary("b", "work", MESSAGE, interrupting=False)
        + '<endEvent id="e2"/>'
    )
    play = Play(
        body + flow("start", "work", "end") + flow("b", "read", "e2"), MESSAGES
    )
    for heard in range(1, 4):
        subscription = list(
            play._open(
                c.SubscriptionOpened,
                "subscription_id",
                (c.SubscriptionClosed,),
            ).values()
        )
        assert len(subscription) == 1
        play.do(c.DeliverMessage("hello", subscription[0].subscription_id))
        assert play.open == ["read"] * heard + ["work"]


def test_a_thrown_message_carries_what_the_diagram_maps_and_nothing_else() -> (
    None
):
    mapping = (
        "<extensionElements><camunda:inputOutput><camunda:inputParameter "
        'name="answer">${opinion}</camunda:inputParameter>'
    )
    mapping += "</camunda:inputOutput></extensionElements>"
    body = (
        START
        + END
        + f'<intermediateThrowEvent id="m">{mapping}{MESSAGE}</intermediateThrowEvent>'
        + flow("start", "m", "end")
    )
    play = Play(
        body, MESSAGES, variables={"opinion": "同意", "territory": "321102"}
    )
    assert [
        e.variables for e in play.effects if isinstance(e, c.MessageThrown)
    ] == [{"answer": "同意"}]
    signal = (
        '<signalEventDefinition signalRef="sg"><extensionElements><camunda:in source="opinion" '
        'target="o"/></extensionElements>'
    )
    body = (
        START
        + f'<endEvent id="s">{signal}</signalEventDefinition></endEvent>'
        + flow("start", "s")
    )
    play = Play(
        body, SIGNALS, variables={"opinion": "同意", "territory": "321102"}
    )
    assert [
        e.variables for e in play.effects if isinstance(e, c.SignalThrown)
    ] == [{"o": "同意"}]


def test_a_message_is_waited_for_under_its_correlation_key() -> None:
    extra = (
        '<message id="ms" name="hello"><extensionElements><camunda:properties><camunda:property '
        'name="correlationKey" '
    )
    extra += 'value="${number}"/></camunda:properties></extensionElements></message>'
    body = (
        START
        + END
        + '<receiveTask id="r" messageRef="ms"/>'
        + flow("start", "r", "end")
    )
    play = Play(body, extra, variables={"number": 7})
    assert [
        (e.name, e.correlation)
        for e in play.effects
        if isinstance(e, c.SubscriptionOpened)
    ] == [("hello", "7")]


def test_a_timer_and_a_message_cannot_be_taken_for_each_other() -> None:
    body = (
        START
        + END
        + user("a")
        + boundary("t", "a", timer("PT1H"))
        + boundary("m", "a", MESSAGE)
    )
    play = Play(
        body + flow("start", "a", "end") + flow("t", "end") + flow("m", "end"),
        MESSAGES,
    )
    with pytest.raises(UnknownTask):
        play.do(c.DeliverMessage("hello", play.timers[0].timer_id))
    task = next(iter(play.tasks))
    for wrong in (
        c.FireTimer(task),
        c.CompleteExternalTask(task),
        c.CompleteUserTask(play.timers[0].timer_id),
    ):
        with pytest.raises(UnknownTask):
            play.do(wrong)


def test_a_terminate_end_inside_a_subprocess_ends_only_that() -> None:
    inner = (
        user("x", "y")
        + gateway("parallel", "g")
        + '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
    )
    inner += flow("sub_start", "g", "x", "stop") + flow("g", "y", "sub_end")
    play = Play(
        START
        + END
        + user("after")
        + sub(inner)
        + flow("start", "sub", "after", "end")
    ).complete("x")
    assert play.open == ["after"]


def test_interrupting_a_subprocess_takes_everything_below_it_away() -> None:
    called = (
        '<startEvent id="cs"/>'
        + user("deep")
        + boundary("dt", "deep", timer("PT9H"))
        + '<endEvent id="ce"/>'
    )
    called += flow("cs", "deep", "ce") + flow("dt", "ce")
    inner = (
        '<callActivity id="call" calledElement="q"/>'
        + service("s")
        + gateway("parallel", "g")
    )
    inner += flow("sub_start", "g", "call", "sub_end") + flow(
        "g", "s", "sub_end"
    )
    body = (
        START
        + END
        + sub(inner)
        + user("late")
        + boundary("b", "sub", timer("PT1H"))
        + flow("start", "sub", "end")
    )
    play = Play(
        body + flow("b", "late", "end"),
        resources={"q.bpmn": document(called, key="q")},
    ).fire("b")
    assert (play.open, play.timers) == (["late"], [])
    assert [type(e).__name__ for e in play.effects[:3]] == [
        "UserTaskClosed",
        "TimerCancelled",
        "ExternalTaskCancelled",
    ]


def test_an_event_subprocess_inside_a_subprocess_gives_way_to_what_follows() -> (
    None
):
    inner = (
        user("work")
        + flow("sub_start", "work", "sub_end")
        + handler(timer("PT1H"))
    )
    play = Play(
        START
        + END
        + user("after")
        + sub(inner)
        + flow("start", "sub", "after", "end")
    ).fire("handler_start")
    assert play.open == ["handler_task"]
    assert play.complete("handler_task").open == ["after"]


def test_an_event_subprocess_that_does_not_interrupt_may_run_several_times_at_once() -> (
    None
):
    body = (
        START
        + END
        + user("work")
        + flow("start", "work", "end")
        + handler(timer("R2/PT1H", "timeCycle"), interrupting=False)
    )
    play = (
        Play(body).fire("handler_start").fire("handler_start").complete("work")
    )
    assert (play.open, play.ended) == (["handler_task", "handler_task"], False)
    assert play.complete("handler_task").complete("handler_task").ended


def test_branches_that_can_never_meet_are_told_instead_of_waiting_for_ever() -> (
    None
):
    body = (
        START
        + END
        + user("a")
        + gateway("exclusive", "g", default="g_j")
        + '<parallelGateway id="j" name="汇合"/>'
    )
    body += (
        flow("start", "a", "g", "j", "end")
        + flow("a", "x", id="f8")
        + user("x")
        + gateway("exclusive", "h", default="h_j")
    )
    body += flow("x", "h", "j") + flow("h", "end", when="stop", id="f9")
    play = Play(body).complete("a")
    with pytest.raises(JoinStuck, match="汇合"):
        play.complete("x", stop=True)
    assert play.open == ["x"]
    assert play.complete("x", stop=False).ended


def test_the_path_is_told_in_order_with_the_flows_taken() -> None:
    body = (
        START + END + user("a", "b") + gateway("exclusive", "g", default="g_b")
    )
    body += (
        flow("start", "g")
        + flow("g", "a", when="big")
        + flow("g", "b", "end")
        + flow("a", "end")
    )
    play = Play(body, variables={"big": False}).complete("b")
    told = [
        (e.element_id, e.element_type, e.flow_ids)
        for e in play.all
        if isinstance(e, c.ActivityCompleted)
    ]
    assert told == [
        ("start", "startEvent", ("start_g",)),
        ("g", "exclusiveGateway", ("g_b",)),
        ("b", "userTask", ("b_end",)),
        ("end", "endEvent", ()),
    ]
    assert play.effects[-1] == c.ProcessInstanceEnded("end", "completed")


def test_an_event_subprocess_is_not_begun_again_by_what_it_throws_itself() -> (
    None
):
    """As in Camunda 7: who is outside it catches it, or nobody."""
    inner = flow("start", "s", "end") + START + END + RETHROWN
    alone = Play(inner, DEFINED).complete("x")
    assert alone.open == ["work", "y"]
    told = boundary("b", "s", ESCALATION, False) + user("told")
    outside = Play(inner + told + flow("b", "told"), DEFINED).complete("x")
    assert outside.open == ["told", "work", "y"]
