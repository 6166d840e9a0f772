"""Whatever has a topic is done by its handler and waits for the answer: service, send and rule tasks, throw
and end events."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    document,
    flow,
    user,
)

TOPIC = 'camunda:type="external" camunda:topic="a.b"'
MESSAGE = f'<messageEventDefinition messageRef="ms" {TOPIC}/>'
MESSAGES = '<message id="ms" name="hello"/><error id="er" errorCode="E1"/>'
PARTS = {
    "service task": f'<serviceTask id="x" name="x" {TOPIC}/>',
    "send task": f'<sendTask id="x" name="x" {TOPIC}/>',
    "send task with a message": f'<sendTask id="x" name="x" messageRef="ms" {TOPIC}/>',
    "rule task": f'<businessRuleTask id="x" name="x" {TOPIC}/>',
    "throw event": f'<intermediateThrowEvent id="x" name="x">{MESSAGE}</intermediateThrowEvent>',
}


def wanted(play: Play) -> list[tuple[str, str]]:
    return [
        (each.element_id, each.topic)
        for each in play.all
        if isinstance(each, c.ExternalTaskWanted)
    ]


@pytest.mark.parametrize("name", PARTS)
def test_its_handler_is_asked_and_the_matter_waits_for_the_answer(
    name: str,
) -> None:
    body = (
        START + END + PARTS[name] + user("a") + flow("start", "x", "a", "end")
    )
    assert [
        each
        for each in check({"p.bpmn": document(body, MESSAGES)})
        if each.severity == "error"
    ] == []
    play = Play(body, MESSAGES)
    assert (wanted(play), play.open) == ([("x", "a.b")], [])
    assert not [
        each for each in play.all if isinstance(each, c.MessageThrown)
    ], "the handler sends it"
    play.answer(found=3)
    assert (play.open, play.outcome.variables) == (["a"], {"found": 3})


def test_an_end_event_with_a_topic_ends_when_its_handler_has_answered() -> (
    None
):
    body = (
        START
        + user("a")
        + f'<endEvent id="x" name="x">{MESSAGE}</endEvent>'
        + flow("start", "a", "x")
    )
    assert [
        each
        for each in check({"p.bpmn": document(body, MESSAGES)})
        if each.severity == "error"
    ] == []
    play = Play(body, MESSAGES).complete("a")
    assert (wanted(play), play.ended) == ([("x", "a.b")], False)
    play.answer(found=3)
    assert (play.ended, play.effects[-1]) == (
        True,
        c.ProcessInstanceEnded("x", "completed"),
    )


def test_one_at_the_end_of_a_subprocess_keeps_it_open_until_then() -> None:
    inner = (
        f'<startEvent id="s"/><endEvent id="x" name="x">{MESSAGE}</endEvent>'
        + flow("s", "x")
    )
    play = Play(
        START
        + END
        + f'<subProcess id="sub">{inner}</subProcess>'
        + user("a")
        + flow("start", "sub", "a", "end"),
        MESSAGES,
    )
    assert (wanted(play), play.open) == ([("x", "a.b")], [])
    assert play.answer().open == ["a"]


@pytest.mark.parametrize("name", ["service task", "send task", "rule task"])
def test_its_business_error_is_caught_at_its_border(name: str) -> None:
    caught = boundary("b", "x", '<errorEventDefinition errorRef="er"/>')
    play = Play(
        START
        + END
        + PARTS[name]
        + caught
        + user("mend")
        + flow("start", "x", "end")
        + flow("b", "mend", "end"),
        MESSAGES,
    )
    asked = next(
        each for each in play.all if isinstance(each, c.ExternalTaskWanted)
    )
    assert play.do(c.ThrowBpmnError(asked.task_id, "E1")).open == ["mend"]


def test_what_has_no_topic_sends_its_message_itself() -> None:
    body = (
        START
        + END
        + '<sendTask id="x" messageRef="ms"/>'
        + flow("start", "x", "end")
    )
    play = Play(body, MESSAGES)
    assert [
        each.name for each in play.all if isinstance(each, c.MessageThrown)
    ] == ["hello"]
    assert (wanted(play), play.ended) == ([], True)
