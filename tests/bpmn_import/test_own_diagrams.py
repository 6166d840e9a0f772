"""A diagram that was drawn or imported here comes back as it left."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator import bpmn_import, engine

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
        '<endEvent id="t" name="x"><extensionElements><camunda:inputOutput>'
        f'<camunda:inputParameter name="t">{condition} {condition}</camunda:inputParameter>'
        "</camunda:inputOutput></extensionElements></endEvent></process></definitions>"
    ).encode()


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
