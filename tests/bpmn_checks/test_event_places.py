"""Each event only where it can happen, and only what exists is referred to: every pair of place and kind,
from a small diagram."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_checks.event_places import KINDS, PLACES
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
from tests.engine.drawn import DEFINED, catch, end, handler, sub, throw

GOOD = START + END + user("a") + flow("start", "a", "end")
DRAWN = {
    "timer": timer("PT1H"),
    "message": '<messageEventDefinition messageRef="ms"/>',
    "signal": '<signalEventDefinition signalRef="sg"/>',
    "error": '<errorEventDefinition errorRef="er"/>',
    "escalation": '<escalationEventDefinition escalationRef="es"/>',
    "terminate": "<terminateEventDefinition/>",
    "conditional": (
        "<conditionalEventDefinition><condition>level == 2</condition></conditionalEventDefinition>"
    ),
    "link": '<linkEventDefinition name="L"/>',
    "compensate": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
}


def refused(body: str, extra: str = DEFINED) -> list[tuple[str, str | None]]:
    return [
        (f.rule, f.element_id)
        for f in check({"p.bpmn": document(body, extra)})
        if f.severity == "error"
    ]


def standing(place: str, event: str) -> str:
    """A diagram in which the event `x` stands there."""
    if place == "boundaryEvent":
        return (
            START
            + END
            + user("a", "z")
            + boundary("x", "a", event)
            + flow("start", "a", "end")
            + flow("x", "z", "end")
        )
    if place == "endEvent":
        return START + user("a") + end("x", event) + flow("start", "a", "x")
    if place == "startEvent":
        return (
            START
            + END
            + user("a")
            + flow("start", "a", "end")
            + handler(event).replace("handler_start", "x")
        )
    if place == "intermediateCatchEvent":
        return (
            START
            + END
            + user("a")
            + catch("x", event)
            + flow("start", "a", "x", "end")
        )
    return (
        START
        + END
        + user("a")
        + throw("x", event)
        + flow("start", "a", "x", "end")
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_an_event_stands_where_it_can_happen_and_nowhere_else(
    place: str, kind: str
) -> None:
    told = ("event-place", "x") in refused(standing(place, DRAWN[kind]))
    assert told == (kind not in PLACES[place][1])


def test_nothing_follows_an_end_and_no_flow_leads_to_a_start_or_a_border() -> (
    None
):
    step = START + END + user("a", "z")
    assert ("event-place", "end") in refused(
        step + flow("start", "a", "end", "z")
    )
    assert ("event-place", "start") in refused(
        step + flow("start", "a", "start")
    )
    border = boundary("x", "a", DRAWN["timer"]) + flow("x", "z", "end")
    assert ("event-place", "x") in refused(
        step + border + flow("start", "a", "end") + flow("a", "x", id="f9")
    )


@pytest.mark.parametrize("kind", ["message", "signal"])
@pytest.mark.parametrize("place", ["boundaryEvent", "endEvent"])
def test_a_reference_to_what_does_not_exist_is_told(
    kind: str, place: str
) -> None:
    found = refused(
        standing(place, f'<{kind}EventDefinition {kind}Ref="nowhere"/>')
    )
    assert ("event-definition", "x") in found
    assert ("event-definition", "x") not in refused(
        standing(place, DRAWN[kind])
    )


@pytest.mark.parametrize("kind", ["error", "escalation"])
@pytest.mark.parametrize(
    "written",
    ['{0}Ref="X1"', '{0}Code="X1"'],
    ids=["in the reference", "beside it"],
)
def test_a_code_that_nothing_defines_is_thrown_and_caught_as_it_is(
    kind: str, written: str
) -> None:
    event = f"<{kind}EventDefinition {written.format(kind)}/>"
    inner = user("i") + end("thrown", event) + flow("i", "thrown")
    body = (
        START
        + END
        + user("caught", "other", "any")
        + f'<subProcess id="S"><startEvent id="s"/>{inner}{flow("s", "i")}</subProcess>'
    )
    body += boundary(
        "b1", "S", f'<{kind}EventDefinition {kind}Ref="X2"/>'
    ) + boundary("b2", "S", event)
    body += boundary("b3", "S", f"<{kind}EventDefinition/>") + flow(
        "start", "S", "end"
    )
    body += (
        flow("b1", "other", "end")
        + flow("b2", "caught", "end")
        + flow("b3", "any", "end")
    )
    assert refused(body) == []
    assert Play(body).complete("i").open == ["caught"]
    without = body.replace(boundary("b2", "S", event), "").replace(
        flow("b2", "caught", "end"), ""
    )
    assert Play(without).complete("i").open == ["any"]


@pytest.mark.parametrize("kind", ["error", "escalation"])
def test_what_counts_by_a_code_that_nothing_defines_is_remarked(
    kind: str,
) -> None:
    body = standing(
        "boundaryEvent", f'<{kind}EventDefinition {kind}Ref="X1"/>'
    )
    found = [
        (f.severity, f.element_id, "X1" in f.message)
        for f in check({"p.bpmn": document(body)})
        if f.rule == "event-definition"
    ]
    assert found == [("note", "x", True)]
    named = check(
        {"p.bpmn": document(GOOD, f'<{kind} id="e1" name="没有代码"/>')}
    )
    assert [
        (f.severity, f.element_id)
        for f in named
        if f.rule == "event-definition"
    ] == [("note", "e1")]


def test_a_task_that_refers_to_no_message_is_told() -> None:
    body = (
        START
        + END
        + '<receiveTask id="x" name="x" messageRef="nowhere"/>'
        + flow("start", "x", "end")
    )
    assert ("event-definition", "x") in refused(body)


def test_a_shared_event_definition_exists_and_is_referred_to_once() -> None:
    shared = (
        DEFINED
        + '<timerEventDefinition id="t1"><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    )
    one, lost = (
        "<eventDefinitionRef>t1</eventDefinitionRef>",
        "<eventDefinitionRef>nowhere</eventDefinitionRef>",
    )
    place = "intermediateCatchEvent"
    assert refused(standing(place, one), shared) == []
    assert refused(standing(place, one + DRAWN["message"]), shared) == []
    assert ("event-definition", "x") in refused(standing(place, lost), shared)
    assert ("several-triggers", "x") in refused(
        standing(place, one + one), shared
    )


def test_two_kinds_of_time_in_one_timer_are_told() -> None:
    forms = "<timeDuration>PT1H</timeDuration><timeDate>2027-01-01</timeDate>"
    both = f"<timerEventDefinition>{forms}</timerEventDefinition>"
    assert ("event-definition", "x") in refused(
        standing("intermediateCatchEvent", both)
    )


@pytest.mark.parametrize("kind", ["error", "escalation"])
@pytest.mark.parametrize("code", [True, False], ids=["one code", "any"])
def test_two_boundary_events_for_one_code_are_told(
    kind: str, code: bool
) -> None:
    event = DRAWN[kind] if code else f"<{kind}EventDefinition/>"
    body = (
        START
        + END
        + user("z")
        + sub("S", user("i"), "i")
        + boundary("b1", "S", event)
        + flow("start", "S", "end")
    )
    body += flow("b1", "z", "end")
    both = body + boundary("b2", "S", event) + flow("b2", "z")
    assert refused(both) == [("caught-twice", "b2")]
    other = "<errorEventDefinition/>" if code else DRAWN[kind]
    assert refused(body + boundary("b2", "S", other) + flow("b2", "z")) == []


def looping(loop: str) -> str:
    return (
        START
        + END
        + f'<userTask id="x" name="x" camunda:candidateGroups="o@county">{loop}</userTask>'
        + flow("start", "x", "end")
    )


@pytest.mark.parametrize("maximum", ["0", "-1", "1.5", "many"])
@pytest.mark.parametrize(
    "condition",
    ["", "<loopCondition>again</loopCondition>"],
    ids=["alone", "with a condition"],
)
def test_a_loop_runs_at_least_once_and_a_whole_number_of_times(
    maximum: str, condition: str
) -> None:
    loop = '<standardLoopCharacteristics loopMaximum="{}">{}</standardLoopCharacteristics>'
    assert "x" in [
        element
        for _rule, element in refused(looping(loop.format(maximum, condition)))
    ]
    assert refused(looping(loop.format("2", condition))) == []


def test_one_kind_of_loop_and_only_on_an_activity() -> None:
    cardinality = "<loopCardinality>2</loopCardinality>"
    several = f"<multiInstanceLoopCharacteristics>{cardinality}</multiInstanceLoopCharacteristics>"
    assert ("loop-kind", "x") in refused(
        looping('<standardLoopCharacteristics loopMaximum="2"/>' + several)
    )
    choice = gateway("exclusive", "x").replace(
        "/>", f">{several}</exclusiveGateway>"
    )
    assert ("loop-kind", "x") in refused(
        START + END + choice + flow("start", "x", "end")
    )


MIXED = (
    START
    + END
    + '<eventBasedGateway id="g"/><receiveTask id="r" messageRef="ms"/>'
)
MIXED += flow("start", "g", "r", "end") + flow("g", "x", "end")


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        (catch("x", DRAWN["message"]), [("event-gateway-mixed", "g")]),
        (catch("x", DRAWN["timer"]), []),
        ('<receiveTask id="x" messageRef="ms"/>', []),
    ],
)
def test_receive_tasks_and_message_events_do_not_follow_one_event_gateway(
    beside: str, found: list[tuple[str, str]]
) -> None:
    assert refused(MIXED + beside) == found
