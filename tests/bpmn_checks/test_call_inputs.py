"""A call that does not hand over what the called process reads before it sets it is told at the call."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from orchestrator import engine
from orchestrator.services import deployments
from orchestrator.services.deployments.profile_checks import call_needs
from orchestrator.services.designing import called_data
from tests.bpmn_checks.test_bad import CITY, PLACE, _city

OWN = (CITY / PLACE).read_text()
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">'
    '<process id="budget" name="预算核对" isExecutable="true"><startEvent id="b0" name="开始"/>'
)
TASK = (
    '<userTask id="look" name="核对" camunda:formKey="application_review" '
    'camunda:candidateGroups="grid-office@county"><documentation>依据：默认</documentation></userTask>'
)
ENDS = '<endEvent id="b8" name="够"/><endEvent id="b9" name="不够"/></process></definitions>'


def _flow(number: int, source: str, target: str, when: str = "") -> str:
    inside = (
        f"<conditionExpression>{when}</conditionExpression>" if when else ""
    )
    return f'<sequenceFlow id="bf{number}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


READS = (
    HEAD
    + TASK
    + '<exclusiveGateway id="g" name="够吗" default="bf3"/>'
    + _flow(1, "b0", "look")
    + _flow(2, "look", "g")
    + _flow(3, "g", "b9")
    + _flow(4, "g", "b8", 'category == "其他" and decision == "approve"')
    + ENDS
)
"""Reads `category`, which nothing in it sets, and `decision`, which its own form sets."""
BODY = (
    HEAD
    + TASK.replace("grid-office@county", "${initiator_body}")
    + _flow(1, "b0", "look")
    + _flow(2, "look", "b9")
    + ENDS.replace('<endEvent id="b8" name="够"/>', "")
)
PAID = (
    READS.replace("category", "period_name")
    .replace("<process ", '<message id="m" name="series.budget"/><process ')
    .replace(
        '<exclusiveGateway id="g"',
        '<startEvent id="b7" name="定期核对"><messageEventDefinition id="b7m" messageRef="m"/></startEvent>'
        + _flow(7, "b7", "look")
        + '<exclusiveGateway id="g"',
    )
)
"""Reads what the platform brings where it begins the process itself."""
MAPPINGS = "<bpmn:extensionElements>{}</bpmn:extensionElements>"


def _calling(mappings: str, called: str) -> dict[str, bytes]:
    """The city, whose admission calls the process instead of publishing."""
    old = '<bpmn:callActivity id="publish_list" name="公布清单" calledElement="publish">'
    assert old in OWN
    inside = MAPPINGS.format(mappings) if mappings else ""
    new = old.replace('"publish"', '"budget"')
    at = OWN.index("</bpmn:documentation>", OWN.index(old)) + 21
    text = OWN[:at] + inside + OWN[at:]
    files = {**_city(), PLACE: text.replace(old, new).encode()}
    return {**files, "budget.bpmn": called.encode()}


def _told(mappings: str, called: str) -> list[str]:
    found = deployments.findings(_calling(mappings, called))
    assert [
        each.message
        for each in found
        if each.severity == "error"
        and each.rule not in ("call-input-missing", "variable-unknown")
    ] == []
    return [
        each.message
        for each in found
        if each.rule == "call-input-missing"
        and each.element_id == "publish_list"
    ]


def test_what_the_called_process_needs_and_gives_is_offered_with_its_name() -> (
    None
):
    offered = called_data.of(_calling("", READS), "budget")
    assert [each["value"] for each in offered["needs"]] == ["category"]
    assert offered["needs"][0]["label"] != "category"
    assert "decision" in {each["value"] for each in offered["gives"]}


def test_its_start_form_is_not_filled_when_it_is_called() -> None:
    files = {**_city(), PLACE: OWN.encode()}
    needs = called_data.of(files, "item_exit")["needs"]
    assert {"item_id"} <= {each["value"] for each in needs}


IN = '<camunda:in source="{0}" target="{1}"/>'


@pytest.mark.parametrize(
    ("called", "mappings", "missing"),
    [
        (READS, "", ()),
        (READS, '<camunda:in variables="all"/>', ()),
        (READS, IN.format("item_name", "title"), ("category",)),
        (READS, IN.format("category", "category"), ()),
        (READS, IN.format("item_name", "category"), ()),
        (READS, '<camunda:in businessKey="#{k}"/>', ("category",)),
        (BODY, "", ()),
        (BODY, IN.format("category", "category"), ("initiator_body",)),
        (PAID, "", ()),
        (READS.replace("category", "cost"), "", ("cost",)),
        (READS.replace("category", "cost"), IN.format("category", "cost"), ()),
    ],
)
def test_each_thing_that_is_needed_is_handed_over(
    called: str, mappings: str, missing: tuple[str, ...]
) -> None:
    told = _told(mappings, called)
    assert len(told) == len(missing), told
    for name in missing:
        assert any("“公布清单”" in each and name in each for each in told)


def test_no_city_calls_a_process_without_what_it_needs() -> None:
    files = {**_city(), PLACE: OWN.encode()}
    assert engine.processes(files)
    found = deployments.findings(files)
    assert "call-input-missing" not in {each.rule for each in found}


def _calls(number: int, others: list[int]) -> bytes:
    """Process `p{number}`, which calls the others one after another and reads `v{number}` at its end."""
    steps = [
        f'<callActivity id="c{number}_{at}" name="c{at}" calledElement="p{other}"/>'
        for at, other in enumerate(others)
    ]
    ids = ["s", *(f"c{number}_{at}" for at in range(len(others))), "g"]
    flows = [_flow(at, *pair) for at, pair in enumerate(pairwise(ids))]
    return (
        HEAD[: HEAD.index("<process")]
        + f'<process id="p{number}" name="P{number}" isExecutable="true"><startEvent id="s" name="s"/>'
        + "".join(steps + flows)
        + '<exclusiveGateway id="g" name="g" default="bf91"/>'
        + _flow(90, "g", "b8", f'v{number} == "a"')
        + _flow(91, "g", "b9")
        + ENDS
    ).encode()


@pytest.mark.parametrize(
    ("processes", "calls", "needed"),
    [
        (40, lambda n: [n + 1, n + 1] if n < 39 else [], 40),
        (12, lambda n: [each for each in range(12) if each != n], 12),
    ],
)
def test_what_each_process_needs_is_found_once_however_many_call_it(
    processes: int,
    calls: Callable[[int], list[int]],
    needed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {
        f"p{number}.bpmn": _calls(number, calls(number))
        for number in range(processes)
    }
    looked: list[str] = []
    real = call_needs._readings

    def counted(*args: Any) -> Any:
        looked.append(args[1].id)
        return real(*args)

    monkeypatch.setattr(call_needs, "_readings", counted)
    offered = called_data.of(files, "p0")
    assert len(offered["needs"]) == needed
    assert len(looked) == len(set(looked)) == processes
