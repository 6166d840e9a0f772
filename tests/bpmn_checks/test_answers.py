"""Of what several fill in at once, a later expression would read the last answer alone: it is told at whoever
reads it."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from tests.engine.diagrams import END, START, document, flow, gateway, user

MANY = (
    '<multiInstanceLoopCharacteristics camunda:collection="them" camunda:elementVariable="who" '
    "{0}>{1}</multiInstanceLoopCharacteristics>"
)
COLLECTED = '<loopDataOutputRef>answers</loopDataOutputRef><outputDataItem name="decision"/>'
BRANCH = (
    gateway("exclusive", "g", default="g_end") + user("b") + flow("b", "end")
)
READ = flow("g", "b", when='decision == "no"', id="read") + flow("g", "end")


def asked(id: str = "a", how: str = "", inner: str = "") -> str:
    return (
        f'<userTask id="{id}" name="会签" camunda:candidateGroups="o@county" '
        f'camunda:formKey="review">{MANY.format(how, inner)}</userTask>'
    )


def found(body: str, extra: str = "") -> list[tuple[str | None, str]]:
    findings = check(
        {"p.bpmn": document(START + END + body, extra)},
        {"review": ["decision", "opinion"], "other": ["decision"]},
    )
    return [
        (each.element_id, each.severity)
        for each in findings
        if each.rule == "one-answer-of-several"
    ]


def test_a_gateway_that_reads_one_answer_is_refused_at_its_flow() -> None:
    assert found(asked() + BRANCH + flow("start", "a", "g") + READ) == [
        ("read", "error")
    ]


@pytest.mark.parametrize(
    "body",
    [
        asked(how='isSequential="true"')
        + BRANCH
        + flow("start", "a", "g")
        + READ,
        asked(inner=COLLECTED)
        + BRANCH
        + flow("start", "a", "g")
        + flow("g", "b", when='"no" in answers', id="read")
        + flow("g", "end"),
        asked(
            inner='<completionCondition>decision == "no"</completionCondition>'
        )
        + BRANCH
        + flow("start", "a", "g")
        + READ,
        asked()
        + BRANCH
        + flow("start", "a", "g")
        + flow("g", "b", when="unrelated", id="read")
        + flow("g", "end"),
    ],
)
def test_what_is_collected_ends_the_step_or_comes_one_after_the_other_is_not_told(
    body: str,
) -> None:
    assert found(body) == []


def test_who_answers_anew_before_the_gateway_makes_it_right() -> None:
    again = '<userTask id="x" camunda:candidateGroups="o@county" camunda:formKey="other"/>'
    assert (
        found(asked() + again + BRANCH + flow("start", "a", "x", "g") + READ)
        == []
    )
    around = gateway("exclusive", "skip", default="skip_x") + flow(
        "start", "a", "skip", "x", "g"
    )
    around += flow("skip", "g", when="short", id="past")
    assert found(asked() + again + BRANCH + around + READ) == [
        ("read", "error")
    ], "one way goes past it"


def test_a_script_a_table_a_name_or_a_call_that_reads_it_is_told_as_well() -> (
    None
):
    script = '<scriptTask id="x" scriptFormat="python"><script>kept = opinion</script></scriptTask>'
    assert found(asked() + script + flow("start", "a", "x", "end")) == [
        ("x", "error")
    ]
    shown = '<userTask id="x" name="意见：${opinion}" camunda:candidateGroups="o@county"/>'
    assert found(asked() + shown + flow("start", "a", "x", "end")) == [
        ("x", "error")
    ]


def test_it_is_told_inside_and_behind_subprocesses() -> None:
    inner = (
        '<startEvent id="s"/><endEvent id="e"/>'
        + asked()
        + flow("s", "a", "e")
    )
    body = (
        f'<subProcess id="sub">{inner}</subProcess>'
        + BRANCH
        + flow("start", "sub", "g")
        + READ
    )
    assert found(body) == [("read", "error")]
    shown = (
        '<startEvent id="s"/><endEvent id="e"/><userTask id="x" name="${opinion}" camunda:assignee="w"/>'
        + flow("s", "x", "e")
    )
    assert found(
        asked()
        + f'<subProcess id="sub">{shown}</subProcess>'
        + flow("start", "a", "sub", "end")
    ) == [("x", "error")]


def test_behind_an_automatic_step_that_may_have_set_it_it_is_a_remark() -> (
    None
):
    automatic = (
        '<serviceTask id="x" camunda:type="external" camunda:topic="a.b"/>'
    )
    assert found(
        asked() + automatic + BRANCH + flow("start", "a", "x", "g") + READ
    ) == [("read", "note")]


def test_a_loop_is_followed_once() -> None:
    body = (
        asked()
        + gateway("exclusive", "m")
        + gateway("exclusive", "g", default="g_end")
        + flow("start", "m", "a", "g", "end")
    )
    assert found(
        body + flow("g", "m", when='decision == "again"', id="read")
    ) == [("read", "error")]
