"""What many files of Camunda 7 and Flowable write in passing: services that do nothing, times in `#{…}`."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.engine import commands as c
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    timer,
    user,
)


def imported(body: str) -> tuple[bytes, list[str]]:
    """The diagram in our dialect, and why it is refused."""
    diagram = convert(document(body)).diagram.encode()
    errors = [
        found.message
        for found in check({"p.bpmn": diagram})
        if found.severity == "error"
    ]
    return diagram, errors


def service(attributes: str) -> str:
    task = f'<serviceTask id="x" {attributes}/>'
    return START + task + END + flow("start", "x", "end")


@pytest.mark.parametrize("text", ["${true}", "#{true}", "${1 + 1}", "${''}"])
def test_a_service_whose_value_nobody_keeps_is_passed(text: str) -> None:
    diagram, errors = imported(service(f'camunda:expression="{text}"'))
    assert errors == []
    play = Play("", resources={"p.bpmn": diagram})
    passed = [
        effect.element_id
        for effect in play.all
        if isinstance(effect, c.ActivityCompleted)
    ]
    assert "x" in passed
    assert play.outcome.variables == {}


@pytest.mark.parametrize(
    "attributes",
    [
        'camunda:expression="${amount}"',
        'camunda:expression="${mailer.send()}"',
        'camunda:expression="done"',
    ],
)
def test_a_service_that_reads_or_calls_something_is_refused(
    attributes: str,
) -> None:
    """There a variable without a value stops it."""
    _diagram, errors = imported(service(attributes))
    assert any("没有说明由谁执行" in message for message in errors)


@pytest.mark.parametrize("sign", ["$", "#"])
def test_a_time_is_read_in_both_kinds_of_brackets(sign: str) -> None:
    body = (
        START
        + user("a")
        + boundary("late", "a", timer(f"{sign}{{wait}}"))
        + END
        + flow("start", "a", "end")
        + flow("late", "end")
    )
    diagram, errors = imported(body)
    assert errors == []
    play = Play("", variables={"wait": "PT2H"}, resources={"p.bpmn": diagram})
    (opened,) = (
        effect for effect in play.all if isinstance(effect, c.TimerSet)
    )
    assert (opened.due_at - NOW).total_seconds() == 7200


def test_a_text_with_values_in_it_is_python_where_no_language_is_named() -> (
    None
):
    task = "<scriptTask id='x'><script>said = f\"{name}_NO\"</script></scriptTask>"
    diagram, errors = imported(START + task + END + flow("start", "x", "end"))
    assert errors == []
    play = Play("", variables={"name": "HEY"}, resources={"p.bpmn": diagram})
    assert play.outcome.variables["said"] == "HEY_NO"


@pytest.mark.parametrize(
    "text",
    ["${flowUtil.stringToList(people)}", "${handler.getUserIds(execution)}"],
)
def test_a_method_of_another_program_is_told_by_its_name(text: str) -> None:
    several = f'<multiInstanceLoopCharacteristics camunda:collection="{text}" camunda:elementVariable="one"/>'
    task = f'<userTask id="a" camunda:candidateGroups="office@county">{several}</userTask>'
    _diagram, errors = imported(START + task + END + flow("start", "a", "end"))
    name = text.strip("${}").partition("(")[0]
    assert [f"“{name}(…)”" in message for message in errors] == [True]
