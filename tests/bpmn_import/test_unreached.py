"""What nothing leads to is taken off with all that refers to it, and told by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.bpmn_import import convert
from orchestrator.bpmn_import.report import Conversion

FILE = (
    Path(__file__).parent
    / "foreign"
    / "flowable_steps_that_nothing_leads_to.bpmn"
)
SHAPE = (
    '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><bpmndi:BPMNPlane bpmnElement="p0">'
    '<bpmndi:BPMNShape id="shape" bpmnElement="b"><dc:Bounds x="1" y="1" width="9" height="9"/>'
    "</bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"
)


def imported(old: str, new: str) -> Conversion:
    text = FILE.read_text(encoding="utf-8").replace("</definitions>", SHAPE)
    return convert(text.replace(old, new).encode())


def test_it_is_gone_from_the_drawing_and_told_by_its_name() -> None:
    found = imported("", "")
    assert '"b"' not in found.diagram
    assert '"b_e"' not in found.diagram
    assert '"bb"' not in found.diagram
    told = [
        line.told for line in found.lines if line.attribute == "unreachable"
    ]
    assert any("“lost”没有任何连线通到" in text for text in told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Who draws here is asked to connect it or to delete it.
        ('targetNamespace="tests"', 'exporter="Gridflow"'),
        # No engine: it may be a mistake of the drawing.
        ("http://flowable.org/bpmn", "http://www.signavio.com"),
    ],
)
def test_it_stays_where_the_checks_refuse_it_in_any_other_file(
    old: str, new: str
) -> None:
    found = imported(old, new)
    assert '"b"' in found.diagram
    assert any("走不到" in line.told for line in found.lines)


DANGLING = {
    "a flow into nothing": (
        '<endEvent id="e2"/>',
        '<endEvent id="e2"/><sequenceFlow id="f3" sourceRef="a" targetRef="nowhere"/>',
        "连线“f3”的终点“nowhere”不在同一层流程中",
    ),
    "a border event of nothing": (
        'attachedToRef="b"',
        'attachedToRef="bee"',
        "边界事件“bb”没有附着在活动上",
    ),
}


@pytest.mark.parametrize("named", DANGLING)
def test_what_dangled_before_stays_for_the_checks(named: str) -> None:
    old, new, sentence = DANGLING[named]
    found = imported(old, new)
    assert any(
        sentence in line.told and line.verdict == "unsupported"
        for line in found.lines
    )
    assert "“lost”没有任何连线通到" in " ".join(
        line.told for line in found.lines
    )
    assert not any(
        "“e2”没有任何连线" in line.told for line in found.lines
    ) or (named == "a flow into nothing")


def test_an_association_that_dangled_before_stays() -> None:
    dangling = (
        '<association id="as" sourceRef="a" targetRef="nothing"/></process>'
    )
    assert 'id="as"' in imported("</process>", dangling).diagram
