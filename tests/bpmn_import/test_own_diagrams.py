"""A diagram that was drawn or imported here comes back as it left."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator import bpmn_import, engine
from orchestrator.bpmn_import.report import Conversion

CITIES = Path(__file__).parents[2] / "bpmn"
OURS_ALONE = [
    "${name and amount &gt; 5}",
    "${not name}",
    "${amount % 3 == 1}",
    "${low &lt; amount &lt; high}",
    '${"a" + name == "ab"}',
    "${name}",
]
"""Conditions that another tool's language would read otherwise."""


def _drawn(condition: str, attributes: str) -> bytes:
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        f'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" {attributes}>'
        '<process id="p" isExecutable="true"><startEvent id="s"/>'
        '<exclusiveGateway id="g" default="no"/><endEvent id="e"/><endEvent id="n"/>'
        '<sequenceFlow id="to" sourceRef="s" targetRef="g"/>'
        '<sequenceFlow id="no" sourceRef="g" targetRef="n"/>'
        '<sequenceFlow id="yes" sourceRef="g" targetRef="e">'
        f"<conditionExpression>{condition}</conditionExpression></sequenceFlow>"
        '<sequenceFlow id="third" sourceRef="s" targetRef="t"/>'
        '<endEvent id="t" name="x"><extensionElements><camunda:inputOutput>'
        f'<camunda:inputParameter name="t">{condition} {condition}</camunda:inputParameter>'
        "</camunda:inputOutput></extensionElements></endEvent></process></definitions>"
    ).encode()


def _imported_twice(content: bytes) -> tuple[Conversion, Conversion]:
    once = bpmn_import.convert(content)
    return once, bpmn_import.convert(once.diagram.encode())


def _read(content: bytes) -> dict[str, engine.Definition]:
    return engine.processes({"p.bpmn": content})


def test_every_citys_diagrams_say_the_same_after_an_import() -> None:
    diagrams = sorted(CITIES.glob("*/*.bpmn"))
    assert len(diagrams) > 50
    for diagram in diagrams:
        content = diagram.read_bytes()
        again = bpmn_import.convert(content).diagram.encode()
        assert _read(again) == _read(content), diagram


@pytest.mark.parametrize("condition", OURS_ALONE)
@pytest.mark.parametrize(
    "mark",
    [
        'targetNamespace="http://gridflow.invalid/bpmn" exporter="Camunda Modeler"',
        'targetNamespace="t" exporter="Gridflow"',
    ],
)
def test_a_condition_of_ours_comes_back_as_it_was(
    condition: str, mark: str
) -> None:
    content = _drawn(condition, mark)
    again = bpmn_import.convert(content).diagram.encode()
    assert _read(again) == _read(content)


def test_what_was_imported_is_ours_from_then_on() -> None:
    content = _drawn("${name and amount &gt; 5}", 'exporter="bpmn-js"')
    once = bpmn_import.convert(content).diagram
    assert 'exporter="Gridflow"' in once
    assert _read(once.encode()) != _read(content)
    assert bpmn_import.convert(once.encode()).diagram == once


def test_every_imported_file_stays_as_it_is_when_it_is_imported_again() -> (
    None
):
    """A refused text, a call that shares nothing and a flow without a condition are still what they were."""
    diagrams = sorted(Path(__file__).parent.rglob("*.bpmn"))
    assert len(diagrams) > 200
    for diagram in diagrams:
        once, again = _imported_twice(diagram.read_bytes())
        assert again.diagram == once.diagram, diagram


@pytest.mark.parametrize(
    "condition",
    [
        "${execution.approved}",
        '${a + "x"}',
        "some words",
        "= some x in list satisfies x",
    ],
)
def test_a_refused_condition_is_refused_again(condition: str) -> None:
    once, again = _imported_twice(_drawn(condition, 'exporter="bpmn-js"'))
    assert again.diagram == once.diagram
    refused = [
        {
            (line.element_id, line.attribute)
            for line in conversion.lines
            if line.verdict == "unsupported"
        }
        for conversion in (once, again)
    ]
    assert refused[0] == refused[1] != set()


def test_a_condition_that_names_feel_is_read_as_feel_in_a_file_of_ours() -> (
    None
):
    content = _drawn("x = 1", 'exporter="Gridflow"').replace(
        b"<conditionExpression>", b'<conditionExpression language="feel">'
    )
    assert ">x == 1<" in bpmn_import.convert(content).diagram
