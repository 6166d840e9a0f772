"""A file without a drawing is drawn at import: every step and flow has its place, and no two steps share
one."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from lxml import etree

from orchestrator.bpmn_import import convert
from orchestrator.engine.model import FLOW_NODES
from tests.bpmn_import.test_imports import FILES, FOLDER
from tests.engine.diagrams import document
from tests.engine.drawn import DRAWN

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"


def shapes(diagram: str) -> dict[str, tuple[float, float, float, float]]:
    root = etree.fromstring(diagram.encode())
    return {
        shape.get("bpmnElement"): tuple(
            float(shape[0].get(each)) for each in ("x", "y", "width", "height")
        )
        for shape in root.iter(f"{DI}BPMNShape")
    }


def check_drawing(diagram: str) -> None:
    root, found = etree.fromstring(diagram.encode()), shapes(diagram)
    nodes = [
        n
        for n in root.iter()
        if isinstance(n.tag, str) and n.tag.rpartition("}")[2] in FLOW_NODES
    ]
    edges = {edge.get("bpmnElement") for edge in root.iter(f"{DI}BPMNEdge")}
    main = next(
        process
        for process in root.iter("{*}process")
        if process.get("isExecutable") == "true"
    )
    assert {
        n.get("id") for n in nodes if main in n.iterancestors()
    } <= found.keys()
    assert {f.get("id") for f in main.iter("{*}sequenceFlow")} <= edges
    for parent in [main, *main.iter("{*}subProcess")]:
        inside = [
            n.get("id")
            for n in parent
            if n in nodes and n.get("attachedToRef") is None
        ]
        for one, other in combinations(inside, 2):
            (x, y, w, h), (a, b, c, d) = found[one], found[other]
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y, (
                one,
                other,
            )
        if parent is not main:
            x, y, w, h = found[parent.get("id")]
            for a, b, c, d in (found[each] for each in inside):
                assert (
                    x <= a and y <= b and a + c <= x + w and b + d <= y + h
                ), parent.get("id")


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_a_drawing_gets_one(name: str) -> None:
    bare = re.sub(
        r"<(\w+:)?BPMNDiagram.*</(\w+:)?BPMNDiagram>",
        "",
        (FOLDER / name).read_text(),
        flags=re.DOTALL,
    )
    found = convert(bare.encode())
    check_drawing(found.diagram)
    assert ("BPMNShape", "mapped") in {
        (line.attribute, line.verdict) for line in found.lines
    }
    assert convert(found.diagram.encode()).diagram == found.diagram


@pytest.mark.parametrize("name", DRAWN)
def test_every_kind_of_branch_loop_and_subprocess_is_drawn_without_overlap(
    name: str,
) -> None:
    check_drawing(convert(DRAWN[name]["p.bpmn"]).diagram)


def test_a_flow_without_an_id_is_drawn_too() -> None:
    body = '<startEvent id="s"/><endEvent id="e"/><sequenceFlow sourceRef="s" targetRef="e"/>'
    assert 'bpmnElement="p_flow_1"' in convert(document(body)).diagram


def test_nine_thousand_steps_are_drawn_at_once() -> None:
    """A file of the largest size must not hold the server: the time grows with the steps alone."""
    steps = "".join(
        f'<task id="t{n}"/><sequenceFlow id="f{n}" sourceRef="s" targetRef="t{n}"/>'
        for n in range(9_000)
    )
    assert (
        len(shapes(convert(document(f'<startEvent id="s"/>{steps}')).diagram))
        == 9_001
    )


POOL = (
    '<collaboration id="c"><participant id="pool" name="部门" processRef="p"/><participant '
    'id="outside" name="外部"/></collaboration>'
)


def test_the_process_that_runs_is_drawn_though_another_stands_before_it() -> (
    None
):
    called = '<process id="q"><startEvent id="qs"/></process><process id="p"'
    content = document(
        '<startEvent id="s"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="e"/>'
    )
    found = convert(
        content.replace(b'<process id="p"', called.encode())
    ).diagram
    assert shapes(found).keys() == {"s", "e"} and 'bpmnElement="p"' in found


def test_a_pool_is_drawn_around_its_process() -> None:
    found = convert(
        DRAWN["a reminder beside the work"]["p.bpmn"].replace(
            b'<process id="p"', POOL.encode() + b'<process id="p"'
        )
    )
    drawn = shapes(found.diagram)
    x, y, width, height = drawn["pool"]
    inside = [box for id_, box in drawn.items() if id_ != "pool"]
    assert all(
        x < a and y < b and a + c < x + width and b + d < y + height
        for a, b, c, d in inside
    )
    assert 'bpmnElement="c"' in found.diagram and "outside" not in drawn


@pytest.mark.parametrize(
    ("bounds", "drawn"),
    [
        ('x="200" y="80" width="100" height="80"', (114, 102, 36, 36)),
        ('x="far" y="80" width="100" height="80"', None),
    ],
)
def test_a_start_that_the_import_adds_stands_left_of_the_first_step(
    bounds: str, drawn: tuple[int, ...] | None
) -> None:
    content = document(
        '<userTask id="a"/><endEvent id="e"/>'
        '<sequenceFlow id="f" sourceRef="a" targetRef="e"/>',
        f'<di:BPMNDiagram xmlns:di="{DI[1:-1]}" xmlns:dc="{DC[1:-1]}"><di:BPMNPlane bpmnElement="p">'
        f'<di:BPMNShape bpmnElement="a"><dc:Bounds {bounds}/></di:BPMNShape></di:BPMNPlane></di:BPMNDiagram>',
    )
    diagram = convert(content).diagram
    root = etree.fromstring(diagram.encode())
    begin = [
        shape
        for shape in root.iter(f"{DI}BPMNShape")
        if shape.get("bpmnElement") == "Begin"
    ]
    edges = [edge.get("bpmnElement") for edge in root.iter(f"{DI}BPMNEdge")]
    if drawn is None:
        assert begin == []
        return
    assert shapes(diagram)["Begin"] == drawn
    assert edges == ["Begin_a"]
