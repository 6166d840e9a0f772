"""What other tools draw with events and what they leave out: each small file comes through the import, passes
the checks and runs."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import Conversion, convert
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    document,
    flow,
    timer,
    user,
)
from tests.engine.drawn import end

SPACES = {
    "Camunda 7": "http://camunda.org/schema/1.0/bpmn",
    "Operaton": "http://operaton.org/schema/1.0/bpmn",
    "Flowable": "http://flowable.org/bpmn",
    "Activiti": "http://activiti.org/bpmn",
    "Camunda 8": "http://camunda.org/schema/zeebe/1.0",
    "SpiffWorkflow": "http://spiffworkflow.org/bpmn/schema/1.0/core",
}


def written(body: str, extra: str = "", dialect: str = "Camunda 7") -> bytes:
    """The diagram in a file of that tool, whose prefix is `x`."""
    return document(body, extra).replace(
        b"<definitions ",
        b'<definitions xmlns:x="' + SPACES[dialect].encode() + b'" ',
        1,
    )


def imported(
    body: str, extra: str = "", dialect: str = "Camunda 7"
) -> Conversion:
    """The conversion; nothing of it is refused."""
    found = convert(written(body, extra, dialect))
    assert [
        line for line in found.lines if line.verdict == "unsupported"
    ] == []
    assert [
        each
        for each in check({"p.bpmn": found.diagram.encode()})
        if each.severity == "error"
    ] == []
    return found


def playing(found: Conversion, **variables: object) -> Play:
    """An instance of it."""
    return Play(
        "", resources={"p.bpmn": found.diagram.encode()}, variables=variables
    )


def told(found: Conversion, element_id: str, attribute: str) -> list[str]:
    """The verdicts on that attribute there."""
    return [
        line.verdict
        for line in found.lines
        if (line.element_id, line.attribute) == (element_id, attribute)
    ]


@pytest.mark.parametrize("dialect", SPACES)
@pytest.mark.parametrize(
    "own", [False, True], ids=["in the reference", "beside it"]
)
def test_an_error_that_is_only_a_code_gets_a_definition(
    dialect: str, own: bool
) -> None:
    event = (
        '<errorEventDefinition x:errorCode="E 1"/>'
        if own
        else '<errorEventDefinition errorRef="E1"/>'
    )
    inner = (
        '<startEvent id="s"/>'
        + user("i")
        + end("thrown", event)
        + flow("s", "i", "thrown")
    )
    body = (
        START
        + END
        + f'<subProcess id="S">{inner}</subProcess>'
        + boundary("b", "S", event)
        + user("caught")
        + flow("start", "S", "end")
    )
    found = imported(body + flow("b", "caught", "end"), "", dialect)
    assert (
        told(found, "b", "errorRef")
        == told(found, "thrown", "errorRef")
        == ["mapped"]
    )
    assert found.diagram.count("<error ") == 1
    assert playing(found).complete("i").open == ["caught"]


@pytest.mark.parametrize("dialect", SPACES)
def test_a_branch_that_simply_ends_and_a_gateway_without_a_default_are_taken_over(
    dialect: str,
) -> None:
    ways = flow("g", "b", when="${amount &gt; 5}") + flow(
        "g", "c", when="${amount &lt; 2}"
    )
    found = imported(
        START
        + user("a", "b", "c")
        + '<exclusiveGateway id="g"/>'
        + flow("start", "a", "g")
        + ways,
        "",
        dialect,
    )
    run = playing(found, amount=9).complete("a")
    assert run.open == ["b"] and run.complete("b").ended


@pytest.mark.parametrize(
    ("dialect", "written_there", "ours", "verdict"),
    [
        *(
            (each, "0 0 9 ? * 2-6", "0 0 9 ? * 2-6", "honoured")
            for each in ("Camunda 7", "Operaton", "Flowable", "Activiti")
        ),
        ("Camunda 8", "0 0 9 * * 1-5", "0 0 9 * * MON-FRI", "mapped"),
        ("Camunda 8", "0 0 9 ? * 5#3", "0 0 9 ? * FRI#3", "mapped"),
        ("Camunda 8", "0 0 9 * * 7", "0 0 9 * * SUN", "mapped"),
        ("Camunda 8", "@daily", "@daily", "honoured"),
    ],
)
def test_a_cron_cycle_keeps_its_days_of_the_week(
    dialect: str, written_there: str, ours: str, verdict: str
) -> None:
    event = boundary(
        "b",
        "a",
        f'<timerEventDefinition x:unused="1">{timer(written_there, "timeCycle")[22:]}',
        interrupting=False,
    )
    found = imported(
        START + END + user("a") + event + flow("start", "a", "end"),
        "",
        dialect,
    )
    assert f"<timeCycle>{ours}</timeCycle>" in found.diagram
    assert told(found, "b", "timeCycle")[0] == verdict


@pytest.mark.parametrize(
    "dialect",
    [each for each in SPACES if each not in ("Camunda 8", "SpiffWorkflow")],
)
def test_a_conditional_event_keeps_what_it_looks_at(dialect: str) -> None:
    event = (
        '<conditionalEventDefinition x:variableName="level" '
        'x:variableEvents="update"><condition>${level == 2}</condition>'
    )
    body = (
        START
        + END
        + user("a", "b")
        + boundary("c", "a", event + "</conditionalEventDefinition>", False)
        + flow("start", "a", "end")
    )
    found = imported(
        body + flow("c", "b") + user("other") + flow("start", "other"),
        "",
        dialect,
    )
    assert (
        told(found, "c", "variableName")
        == told(found, "c", "variableEvents")
        == ["honoured"]
    )
    assert playing(found, level=1).complete("other", level=2).open == [
        "a",
        "b",
    ]


def test_camunda_8_names_the_variables_in_a_filter() -> None:
    holder = (
        '<extensionElements><x:conditionalFilter variableNames="level" '
        'variableEvents="update"/></extensionElements>'
    )
    event = (
        f"<conditionalEventDefinition>{holder}"
        "<condition>= level = 2</condition></conditionalEventDefinition>"
    )
    body = (
        START
        + END
        + user("a", "b", "other")
        + boundary("c", "a", event, False)
        + flow("start", "a", "end")
        + flow("start", "other")
    )
    found = imported(body + flow("c", "b"), "", "Camunda 8")
    assert "mapped" in [
        line.verdict
        for line in found.lines
        if line.attribute == "conditionalFilter"
    ]
    assert playing(found, level=1).complete("other", level=2).open == [
        "a",
        "b",
    ]


@pytest.mark.parametrize("dialect", SPACES)
def test_several_starts_are_taken_over(dialect: str) -> None:
    starts = '<startEvent id="m"><messageEventDefinition messageRef="ms"/></startEvent>'
    starts += f'<startEvent id="t">{timer("R/P1D", "timeCycle")}</startEvent>'
    body = (
        START
        + starts
        + user("a")
        + '<receiveTask id="r"/>'
        + flow("start", "a", "r")
        + flow("m", "a")
        + flow("t", "a")
    )
    found = imported(body, '<message id="ms" name="order"/>', dialect)
    assert playing(found).open == ["a"]


CALLS = [
    (each, 'calledElement="${wanted}"', "${wanted}")
    for each in ("Camunda 7", "Operaton", "Flowable", "Activiti")
]
CALLS += [("Camunda 7", 'calledElement="#{wanted}"', "#{wanted}")]


@pytest.mark.parametrize(("dialect", "attribute", "ours"), CALLS)
def test_a_call_by_expression_is_taken_over(
    dialect: str, attribute: str, ours: str
) -> None:
    body = (
        START
        + END
        + f'<callActivity id="call" {attribute}/>'
        + flow("start", "call", "end")
    )
    found = convert(written(body, "", dialect))
    assert f'calledElement="{ours}"' in found.diagram
    called = {
        "q.bpmn": document(
            '<startEvent id="qs"/>' + user("q1") + flow("qs", "q1"), key="q"
        )
    }
    run = Play(
        "",
        resources={"p.bpmn": found.diagram.encode(), **called},
        variables={"wanted": "q"},
    )
    assert run.open == ["q1"]


def test_a_call_by_feel_expression_of_camunda_8_is_taken_over() -> None:
    inside = '<extensionElements><x:calledElement processId="= wanted"/></extensionElements>'
    body = (
        START
        + END
        + f'<callActivity id="call">{inside}</callActivity>'
        + flow("start", "call", "end")
    )
    found = convert(written(body, "", "Camunda 8"))
    assert (
        told(found, "call", "calledElement") == ["mapped"]
        and 'calledElement="${wanted}"' in found.diagram
    )


def test_candidates_of_a_receive_task_count_where_it_has_no_message() -> None:
    body = (
        '<startEvent id="s"/><receiveTask id="r" {} camunda:candidateGroups="office@county"/>'
        '<endEvent id="e"/>' + flow("s", "r", "e")
    )
    for message, verdict in (("", "honoured"), ('messageRef="m"', "ignored")):
        found = convert(
            document(body.format(message), '<message id="m" name="m"/>')
        )
        told = {
            line.verdict
            for line in found.lines
            if (line.element_id, line.attribute) == ("r", "candidateGroups")
        }
        assert told == {verdict}
