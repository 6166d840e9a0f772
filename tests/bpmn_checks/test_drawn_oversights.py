"""What runs as drawn and was probably not meant, in procedures of a few steps."""

from __future__ import annotations

import itertools

import pytest

from tests.bpmn_checks.test_oversights import OWN, notes

RECORDED = (
    '<bpmn:scriptTask id="KEY" name="记下" scriptFormat="python">'
    "<bpmn:script>agreed = decision</bpmn:script></bpmn:scriptTask>"
)
ASKED = '<bpmn:exclusiveGateway id="KEY" name="同意吗？" default="f_KEY" />'


def drawn(
    *steps: str,
    due: str = "",
    timer: str = "",
    lane: str = "",
    refused: str = "",
) -> list[tuple[str, str | None, str]]:
    """What is said of a small procedure: the steps one after another, `due` the limit of the first, `timer` a
    time at its border, `lane` the lane around all, `refused` a condition under which the second ends it."""
    keys = [f"step_{number}" for number in range(len(steps))]
    ids = ["begin", *keys, "end"]
    nodes = "".join(
        f'<bpmn:sequenceFlow id="f_{one}" sourceRef="{one}" targetRef="{other}" />'
        for one, other in itertools.pairwise(ids)
    )
    for key, step in zip(keys, steps, strict=True):
        limit = f'camunda:dueDate="{due}"' if due else ""
        nodes += step.replace("KEY", key).replace("DUE", limit)
    if timer:
        nodes += (
            '<bpmn:boundaryEvent id="late" name="超时" attachedToRef="step_0" cancelActivity="false">'
            f"<bpmn:timerEventDefinition><bpmn:timeDuration>{timer}</bpmn:timeDuration>"
            '</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:endEvent id="told" name="已提醒" />'
            '<bpmn:sequenceFlow id="late_on" sourceRef="late" targetRef="told" />'
        )
    if refused:
        nodes += (
            '<bpmn:endEvent id="stopped" name="不办" />'
            '<bpmn:sequenceFlow id="stop" sourceRef="step_1" targetRef="stopped">'
            f"<bpmn:conditionExpression>{refused}</bpmn:conditionExpression></bpmn:sequenceFlow>"
        )
    inside = "".join(
        f"<bpmn:flowNodeRef>{key}</bpmn:flowNodeRef>" for key in keys
    )
    head, _begun, _rest = OWN.partition("<bpmn:laneSet")
    lanes = (
        f'<bpmn:laneSet id="lanes"><bpmn:lane id="lane" name="{lane or "各机构"}">'
        f"{inside}</bpmn:lane></bpmn:laneSet>"
    )
    return notes(
        f"{head}{lanes}"
        '<bpmn:startEvent id="begin" name="提出" camunda:formKey="item_application" />'
        f'{nodes}<bpmn:endEvent id="end" name="办结" /></bpmn:process></bpmn:definitions>'
    )


def asks(name: str, form: str) -> str:
    return (
        f'<bpmn:userTask id="KEY" name="{name}" camunda:formKey="{form}" '
        'camunda:candidateGroups="grid-office@same" DUE>'
        "<bpmn:documentation>依据：第十三条</bpmn:documentation></bpmn:userTask>"
    )


REVIEW = asks("审核", "application_review")
WORK = asks("实施", "implementation")


def test_a_refusal_that_nothing_reads_at_all() -> None:
    (told,) = drawn(REVIEW)
    assert told[:2] == ("answer-unread", "step_0")
    assert "选“同意，报请批准”、“退回补正”、“不予同意”都往下走" in told[2]
    assert drawn(WORK) == []
    # A script keeps the answer: somebody looked at it.
    assert drawn(REVIEW, RECORDED) == []


def test_an_answer_from_which_a_script_works_out_what_a_gateway_reads() -> (
    None
):
    read = drawn(
        REVIEW,
        ASKED,
        REVIEW,
        refused='decision == "reject"',
    )
    assert [each[:2] for each in read] == [("answer-unread", "step_2")]
    by_script = drawn(
        RECORDED.replace("decision", '"approve"'),
        ASKED,
        REVIEW,
        RECORDED,
        REVIEW,
        refused='agreed == "reject"',
    )
    # The script reads the answer before it; nothing reads the one behind it.
    assert [each[:2] for each in by_script] == [("answer-unread", "step_4")]


@pytest.mark.parametrize(
    ("due", "timer", "disagrees"),
    [
        ("P7D", "P1W", False),
        ("7天", "P7D", False),
        ("24小时", "P1D", False),
        ("7天", "P6D", False),
        ("P1M", "P1M", False),
        ("7天", "P8D", True),
        ("P1M", "P30D", True),
        ("10工作日", "10天", True),
    ],
)
def test_a_limit_and_a_timer_of_the_same_length_agree_however_they_are_written(
    due: str, timer: str, disagrees: bool
) -> None:
    told = [
        rule for rule, _element, _said in drawn(WORK, due=due, timer=timer)
    ]
    assert told == ["timer-beside-limit"] * disagrees


@pytest.mark.parametrize(
    ("lane", "stranger"),
    [("司法行政", True), ("网格化机构", False), ("县级承办", False)],
)
def test_a_step_alone_in_a_lane_that_is_named_after_another(
    lane: str, stranger: bool
) -> None:
    told = drawn(WORK, lane=lane)
    assert [rule for rule, _element, _said in told] == [
        "lane-of-another"
    ] * stranger
    assert all("却由“网格化机构”办理" in said for _r, _e, said in told)
