"""Flowable's decision task gives what it gives there; a called process that says what it takes is not called
without a word of it."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert, python_text
from tests.engine.diagrams import END, START, document, flow
from tests.engine.walks import Walker

FIELD = (
    '<flowable:field name="{name}"><flowable:string>{value}</flowable:string>'
    "</flowable:field>"
)
TASK = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:flowable="http://flowable.org/bpmn" id="d" targetNamespace="tests">
<process id="p" isExecutable="true"><startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="x"/>
<serviceTask id="x" flowable:type="dmn"><extensionElements>{fields}</extensionElements></serviceTask>
<sequenceFlow id="f2" sourceRef="x" targetRef="e"/><endEvent id="e"/></process></definitions>"""
TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" namespace="tests">
<decision id="grades"><decisionTable id="t" hitPolicy="FIRST">
<input id="i"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input>
<output id="o" name="grade" typeRef="string"/>
<rule id="r"><inputEntry id="a"><text>&gt; 5</text></inputEntry>
<outputEntry id="b"><text>"high"</text></outputEntry></rule></decisionTable></decision></definitions>"""


def imported(**fields: str) -> dict[str, bytes]:
    written = "".join(
        FIELD.format(name=name, value=value) for name, value in fields.items()
    )
    found = convert(TASK.format(fields=written).encode())
    return {"p.bpmn": found.diagram.encode(), "grades.dmn": TABLE}


def test_a_decision_task_sets_the_outputs_of_its_table() -> None:
    resources = imported(
        decisionTableReferenceKey="grades",
        decisionTaskThrowErrorOnNoHits="false",
    )
    assert [
        each for each in check(resources) if each.severity == "error"
    ] == []
    play = Walker(resources, "p", {"amount": 7})
    assert (play.ended, play.outcome.variables["grade"]) == (True, "high")


@pytest.mark.parametrize(
    "fields",
    [
        {
            "decisionTableReferenceKey": "grades",
            "decisionTaskThrowErrorOnNoHits": "true",
        },
        {"decisionServiceReferenceKey": "grades"},
        {"decisionTableReferenceKey": "${table}"},
    ],
)
def test_one_that_does_otherwise_is_refused(fields: dict[str, str]) -> None:
    told = [
        each.message
        for each in check(imported(**fields))
        if each.severity == "error"
    ]
    assert any("主题（topic）" in each for each in told)


def test_what_a_called_process_takes_is_said_at_the_call() -> None:
    declared = (
        '<ioSpecification><dataInput id="n"/><dataOutput id="m"/>'
        "</ioSpecification>"
    )
    inner = '<startEvent id="qs"/><endEvent id="qe"/>' + flow("qs", "qe")
    call = '<callActivity id="x" calledElement="q">{mapped}</callActivity>'
    mapping = (
        '<extensionElements><camunda:in source="n" target="n"/>'
        '<camunda:out source="m" target="m"/></extensionElements>'
    )

    def told(mapped: str) -> list[str]:
        body = START + END + call.format(mapped=mapped)
        resources = {
            "p.bpmn": document(body + flow("start", "x", "end")),
            "q.bpmn": document(declared + inner, key="q"),
        }
        return [
            each.message
            for each in check(resources)
            if each.severity == "error"
        ]

    (reason,) = told("")
    assert "ioSpecification" in reason
    assert told(mapping) == []


@pytest.mark.parametrize(
    "script",
    [
        "a = d\na['k'] = 1",
        "d['k'] = l\nl.append(1)",
        "d = {'k': l}\nl.append(1)",
        "a = b = []\na.append(1)",
        "l = e['k']\nl.append(1)",
        "x = l if y else m\nx.append(1)",
        "x = (l or [])\nx.append(1)",
        "x = d.get('k', [])\nx.append(1)",
        "x = l\nx += [1]",
        "d['k'] = l or []\nl.append(1)",
        "t = f'{x:.2f}'",
        "x.sort()",
        "d[k] = 1",
    ],
)
def test_python_that_would_mean_something_else_is_not_rewritten(
    script: str,
) -> None:
    assert python_text.script(script) is None
