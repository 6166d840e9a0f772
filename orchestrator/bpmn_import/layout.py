"""A drawing for a file that has none: steps from left to right in columns, branches in rows, subprocesses
opened.

Made here and not by bpmn-auto-layout, which runs in a browser: whoever imports by the API or without scripts
gets the same drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.bpmn_import import columns, drawing
from orchestrator.bpmn_import.columns import GAP_X, GAP_Y
from orchestrator.bpmn_import.drawing import Box, Drawing, Point, Size
from orchestrator.bpmn_import.file_parts import main_process
from orchestrator.bpmn_import.names import local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.model import FLOW_NODES
from orchestrator.engine.xml import BPMN, BPMNDI, tag
from orchestrator.sentences import say

_OPENED = {"subProcess", "transaction", "adHocSubProcess"}
_DRAWN = {*FLOW_NODES, *_OPENED, "complexGateway"}
_BESIDE = {
    "textAnnotation": Size(160, 50),
    "dataObjectReference": Size(36, 50),
    "dataStoreReference": Size(50, 50),
}
_EVENT = Size(36, 36)
_GATEWAY = Size(50, 50)
_STEP = Size(100, 80)
_SMALLEST_SUBPROCESS = Size(120, 100)
_MARGIN = 30
"""Pixels around what a subprocess or a pool holds."""
_HEAD = 30
"""Pixels for a pool's name."""
_BELOW = 20
"""Pixels between steps and a line that passes beneath them."""


def draw(root: Any, report: Report) -> None:
    """Adds a drawing to a document that has none."""
    if next(root.iter(f"{{{BPMNDI}}}BPMNShape"), None) is not None:
        return
    for old in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        root.remove(old)
    main = main_process(root)
    plane = main
    processes = [main]
    pools = _pools(root)
    in_pools = [
        process
        for process in root.iter(tag("process"))
        if process.get("id") in pools
    ]
    if in_pools:
        plane = root.find(tag("collaboration"))
        processes = in_pools
    drawing.write(root, plane.get("id"), _all(processes, pools))
    report.mapped(
        main,
        "BPMNShape",
        say("文件里没有图形位置，已自动排出一张图，可以在编辑器里再调整"),
    )


def _pools(root: Any) -> dict[str, Any]:
    """Process → the participant that it belongs to."""
    collaboration = root.find(tag("collaboration"))
    if collaboration is None:
        return {}
    return {
        participant.get("processRef"): participant
        for participant in collaboration.iter(tag("participant"))
    }


def _all(processes: Sequence[Any], pools: Mapping[str, Any]) -> Drawing:
    """The processes below each other, each in its pool if it has one."""
    whole = Drawing()
    top = 0
    for process in processes:
        content = _scope(process)
        whole.add(content.moved(_MARGIN + _HEAD, top + _MARGIN))
        size = content.size
        height = size.height + 2 * _MARGIN
        pool = pools.get(process.get("id"))
        if pool is not None and pool.get("id"):
            width = size.width + 2 * _MARGIN + _HEAD
            whole.boxes[pool.get("id")] = Box(0, top, width, height)
            whole.sideways.add(pool.get("id"))
        top += height + GAP_Y
    return whole


def _scope(scope: Any) -> Drawing:
    """What a process or subprocess holds, from (0, 0) on."""
    nodes = _with_ids(scope, _DRAWN)
    subprocesses = {
        id_: _scope(node)
        for id_, node in nodes.items()
        if _kind(node) in _OPENED
    }
    hosts = {}
    sizes = {}
    for id_, node in nodes.items():
        sizes[id_] = _size(node, subprocesses.get(id_))
        host = node.get("attachedToRef")
        if host in nodes:
            hosts[id_] = host
    flows = _flows(scope)
    edges = [
        (hosts.get(source, source), target)
        for source, target in flows.values()
        if source in nodes and target in nodes.keys() - hosts.keys()
    ]
    placed = [id_ for id_ in nodes if id_ not in hosts]
    drawn = Drawing(columns.boxes(placed, edges, sizes))
    for id_, content in subprocesses.items():
        _fill(drawn, id_, content)
    _attach(drawn, hosts)
    _put_beside(drawn, _with_ids(scope, _BESIDE))
    for id_, (source, target) in flows.items():
        begin = drawn.boxes.get(source)
        end = drawn.boxes.get(target)
        if begin is None or end is None:
            continue
        if source in hosts:
            drawn.lines[id_] = _line_down(begin, end)
        else:
            drawn.lines[id_] = _line(begin, end)
    return drawn


def _with_ids(
    scope: Any,
    kinds: Mapping[str, Size] | set[str],
) -> dict[str, Any]:
    """Id → element, for the elements of these kinds that the scope holds itself."""
    return {
        node.get("id"): node
        for node in scope
        if _kind(node) in kinds and node.get("id")
    }


def _flows(scope: Any) -> dict[str, tuple[str, str]]:
    """Id → source and target of the lines of a scope; a sequence flow without an id gets one, or it could not
    be drawn."""
    for number, flow in enumerate(scope.findall(tag("sequenceFlow")), 1):
        if not flow.get("id"):
            flow.set("id", f"{scope.get('id')}_flow_{number}")
    flows = {}
    for node in scope:
        if _kind(node) in ("sequenceFlow", "association"):
            source = node.get("sourceRef") or ""
            target = node.get("targetRef") or ""
            flows[node.get("id") or ""] = (source, target)
    flows.pop("", None)
    return flows


def _kind(node: Any) -> str:
    if isinstance(node.tag, str) and namespace(node.tag) == BPMN:
        return local(node.tag)
    return ""


def _size(node: Any, content: Drawing | None) -> Size:
    if content is not None:
        inside = content.size
        width = inside.width + 2 * _MARGIN
        height = inside.height + 2 * _MARGIN
        return Size(
            max(width, _SMALLEST_SUBPROCESS.width),
            max(height, _SMALLEST_SUBPROCESS.height),
        )
    kind = _kind(node)
    if kind.endswith("Event"):
        return _EVENT
    if kind.endswith("Gateway"):
        return _GATEWAY
    return _STEP


def _fill(drawn: Drawing, id_: str, content: Drawing) -> None:
    """Puts what a subprocess holds into its box."""
    box = drawn.boxes.get(id_)
    left = 0
    top = 0
    if box is not None:
        left = box.left
        top = box.top
    drawn.add(content.moved(left + _MARGIN, top + _MARGIN))
    drawn.opened.add(id_)


def _attach(drawn: Drawing, hosts: Mapping[str, str]) -> None:
    """Events sit at the lower border of their steps, side by side."""
    counts: dict[str, int] = {}
    for id_, host in hosts.items():
        box = drawn.boxes[host]
        place = counts.get(host, 0)
        counts[host] = place + 1
        indent = min(10 + 42 * place, max(box.width - _EVENT.width, 0))
        drawn.boxes[id_] = Box(
            left=box.left + indent,
            top=box.bottom - _EVENT.height // 2,
            width=_EVENT.width,
            height=_EVENT.height,
        )


def _put_beside(drawn: Drawing, nodes: Mapping[str, Any]) -> None:
    """Notes and data under the steps."""
    top = drawn.size.height + GAP_Y
    left = 0
    for id_, node in nodes.items():
        size = _BESIDE[_kind(node)]
        drawn.boxes[id_] = Box(left, top, size.width, size.height)
        left += size.width + GAP_X


def _line(source: Box, target: Box) -> list[Point]:
    """From the right side to the left one; backwards beneath both."""
    if target.left < source.right:
        low = max(source.bottom, target.bottom) + _BELOW
        return _beneath(source, target, low)
    begin = Point(source.right, source.centre.y)
    end = Point(target.left, target.centre.y)
    if begin.y == end.y:
        return [begin, end]
    turn = target.left - GAP_X // 2
    return [begin, Point(turn, begin.y), Point(turn, end.y), end]


def _line_down(source: Box, target: Box) -> list[Point]:
    """From an event at a border: downwards, and to the left side of what lies below it on the right."""
    down = source.centre.x
    low = source.bottom + _BELOW
    end = Point(target.left, target.centre.y)
    if end.y >= low and end.x > down:
        return [Point(down, source.bottom), Point(down, end.y), end]
    return _beneath(source, target, low)


def _beneath(source: Box, target: Box, low: int) -> list[Point]:
    """From the lower side to the lower side, along a line at that height."""
    begin = Point(source.centre.x, source.bottom)
    end = Point(target.centre.x, target.bottom)
    return [begin, Point(begin.x, low), Point(end.x, low), end]
