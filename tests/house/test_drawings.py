"""The drawings of the cities' diagrams: a name that covers another can be read by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from lxml import etree

from orchestrator.settings import ROOT

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
SIGN = 11
"""Width of a Chinese sign, height of a line less its space, of the editor's font in pixels."""
Box = tuple[float, float, float, float]
TASKS = (
    "userTask",
    "serviceTask",
    "businessRuleTask",
    "scriptTask",
    "receiveTask",
    "sendTask",
    "callActivity",
)


def _labels(root: etree._Element) -> Iterator[tuple[str, bool, Box]]:
    """(name, whether of a flow, where its first line stands) of each name that has a place of its own."""
    names = {
        element.get("id"): element.get("name")
        for element in root.iter("{*}*")
        if element.get("id") and element.get("name")
    }
    for label in root.iter(f"{DI}BPMNLabel"):
        drawn = label.getparent()
        name = names.get(drawn.get("bpmnElement"))
        bounds = label.find(f"{DC}Bounds")
        if not name or bounds is None:
            continue
        x, y, width = (float(bounds.get(key)) for key in ("x", "y", "width"))
        own = min(len(name) * SIGN, max(width, 90))
        left = x + width / 2 - own / 2
        yield name, drawn.tag == f"{DI}BPMNEdge", (left, y, own, SIGN)


def _lines(root: etree._Element) -> Iterator[Box]:
    """Each straight part of a flow that runs across or down, as a box without width or height."""
    for edge in root.iter(f"{DI}BPMNEdge"):
        points = [
            (float(point.get("x")), float(point.get("y")))
            for point in edge.iter(f"{DD}waypoint")
        ]
        for (x, y), (a, b) in pairwise(points):
            yield min(x, a), min(y, b), abs(x - a), abs(y - b)


def _cover(one: Box, other: Box) -> bool:
    x, y, width, height = one
    a, b, c, d = other
    return x < a + c and a < x + width and y < b + d and b < y + height


@pytest.mark.parametrize(
    "folder", sorted(path.name for path in (ROOT / "bpmn").iterdir())
)
def test_no_name_of_a_flow_covers_another_name(folder: str) -> None:
    covered = []
    for path in sorted(Path(ROOT / "bpmn" / folder).glob("*.bpmn")):
        labels = list(_labels(etree.parse(path).getroot()))
        covered += [
            (path.name, one[0], other[0])
            for one, other in combinations(labels, 2)
            if (one[1] or other[1]) and _cover(one[2], other[2])
        ]
    assert covered == []


@pytest.mark.parametrize(
    "folder", sorted(path.name for path in (ROOT / "bpmn").iterdir())
)
def test_no_line_runs_through_the_name_of_an_event_or_a_gateway(
    folder: str,
) -> None:
    covered = []
    for path in sorted(Path(ROOT / "bpmn" / folder).glob("*.bpmn")):
        root = etree.parse(path).getroot()
        lines = list(_lines(root))
        for name, of_flow, (x, y, width, height) in _labels(root):
            # The outermost pixels hold no ink of the signs.
            inner = (x + 2, y + 2, width - 4, height - 4)
            if not of_flow and any(_cover(inner, line) for line in lines):
                covered.append((path.name, name))
    assert covered == []


def _tasks(root: etree._Element) -> Iterator[tuple[str, Box]]:
    """(name, box) of each step, without the two outermost pixels, at which lines end."""
    steps = {
        element.get("id"): element.get("name")
        for element in root.iter(*(f"{{*}}{kind}" for kind in TASKS))
    }
    for shape in root.iter(f"{DI}BPMNShape"):
        if (step := shape.get("bpmnElement")) in steps:
            bounds = shape.find(f"{DC}Bounds")
            x, y, width, height = (
                float(bounds.get(key)) for key in ("x", "y", "width", "height")
            )
            yield steps[step], (x + 2, y + 2, width - 4, height - 4)


@pytest.mark.parametrize(
    "folder", sorted(path.name for path in (ROOT / "bpmn").iterdir())
)
def test_no_line_runs_through_a_step(folder: str) -> None:
    crossed = []
    for path in sorted(Path(ROOT / "bpmn" / folder).glob("*.bpmn")):
        root = etree.parse(path).getroot()
        lines = list(_lines(root))
        crossed += [
            (path.name, name)
            for name, box in _tasks(root)
            if any(_cover(box, line) for line in lines)
        ]
    assert crossed == []
