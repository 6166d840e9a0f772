"""Processes and subprocesses without a start event: all that nothing leads to begins at once (BPMN 2.0,
10.4.2)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from orchestrator.bpmn_import import drawing
from orchestrator.bpmn_import.drawing import Box, Drawing, Point
from orchestrator.bpmn_import.file_parts import main_process
from orchestrator.bpmn_import.names import local
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.model import FLOW_NODES
from orchestrator.engine.xml import BPMNDI, tag
from orchestrator.sentences import say

_NEVER_FIRST = ("startEvent", "endEvent", "boundaryEvent")
_HOLDING = ("subProcess", "transaction")
_DIAMETER = 36
"""Pixels of a start event."""
_GAP = 50
"""Pixels between it and what it leads to."""


def convert(root: Any, report: Report) -> None:
    """Puts a start event where the file leaves it out."""
    main = main_process(root)
    scopes = [main, *main.iter(*(tag(kind) for kind in _HOLDING))]
    for scope in scopes:
        if scope.get("triggeredByEvent") in ("true", "1"):
            continue
        if scope.find(tag("startEvent")) is not None:
            continue
        loose = _loose(scope)
        if loose:
            _begin(root, scope, loose)
            report.mapped(
                loose[0],
                "startEvent",
                say(
                    "没有开始事件，按标准由没有入线的步骤开始（{count} 个），已补上开始事件",
                    count=len(loose),
                ),
            )


def _loose(scope: Any) -> list[Any]:
    """What no sequence flow leads to and no event begins, in the order of the file."""
    reached = {
        flow.get("targetRef") for flow in scope.findall(tag("sequenceFlow"))
    }
    return [
        node
        for node in scope
        if isinstance(node.tag, str)
        and local(node.tag) in {*FLOW_NODES, *_HOLDING, "adHocSubProcess"}
        and local(node.tag) not in _NEVER_FIRST
        and node.get("id")
        and node.get("id") not in reached
        and not _begins_otherwise(node)
    ]


def _begins_otherwise(node: Any) -> bool:
    yes = ("true", "1")
    return (
        node.get("isForCompensation") in yes
        or node.get("triggeredByEvent") in yes
        or node.find(tag("linkEventDefinition")) is not None
    )


def _begin(root: Any, scope: Any, loose: list[Any]) -> None:
    """Adds the start event and its flows, drawn where the file is drawn."""
    taken = {node.get("id") for node in root.iter() if node.get("id")}
    start_id = _free("Begin", taken)
    start = etree.Element(tag("startEvent"), id=start_id)
    scope.insert(scope.index(loose[0]), start)
    drawn = Drawing()
    for node in loose:
        flow = etree.SubElement(
            scope,
            tag("sequenceFlow"),
            id=_free(f"Begin_{node.get('id')}", taken),
            sourceRef=start_id,
            targetRef=node.get("id"),
        )
        _draw(root, start_id, flow, drawn)
    plane = next(root.iter(f"{{{BPMNDI}}}BPMNPlane"), None)
    if plane is not None and drawn.boxes:
        drawing.write_into(root, plane, drawn)


def _draw(root: Any, start_id: str, flow: Any, drawn: Drawing) -> None:
    """The start event left of the first step, and the flow to each."""
    step = drawing.box_of(root, flow.get("targetRef"))
    if step is None:
        return
    begin = drawn.boxes.setdefault(
        start_id,
        Box(
            step.left - _GAP - _DIAMETER,
            step.centre.y - _DIAMETER // 2,
            _DIAMETER,
            _DIAMETER,
        ),
    )
    drawn.lines[flow.get("id")] = [
        Point(begin.right, begin.centre.y),
        Point(step.left, step.centre.y),
    ]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
