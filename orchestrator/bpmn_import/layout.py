"""A drawing for a file that has none: steps from left to right in columns, branches in rows, subprocesses
opened.

Made here and not by bpmn-auto-layout, which runs in a browser: whoever imports by the API or without scripts
gets the same drawing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from orchestrator.bpmn_import.names import local, namespace
from orchestrator.bpmn_import.plain import main_process
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.model import FLOW_NODES
from orchestrator.engine.xml import BPMN, BPMNDI, tag
from orchestrator.sentences import say

DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
_OPENED = {"subProcess", "transaction", "adHocSubProcess"}
_DRAWN = {*FLOW_NODES, *_OPENED, "complexGateway"}
_BESIDE = {
    "textAnnotation": (160, 50),
    "dataObjectReference": (36, 50),
    "dataStoreReference": (50, 50),
}
_GAP_X = 50
_GAP_Y = 40
_MARGIN = 30
_HEAD = 30
"""Pixels between columns and rows, around what a subprocess holds, and for a pool's name."""

Box = tuple[int, int, int, int]
"""x, y, width, height."""
Point = tuple[int, int]


@dataclass
class _Drawing:
    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    sideways: set[str] = field(default_factory=set)

    def moved(self, x: int, y: int) -> _Drawing:
        boxes = {
            id_: (left + x, top + y, w, h)
            for id_, (left, top, w, h) in self.boxes.items()
        }
        lines = {
            id_: [(a + x, b + y) for a, b in points]
            for id_, points in self.lines.items()
        }
        return _Drawing(boxes, lines, self.opened, self.sideways)

    def add(self, other: _Drawing) -> None:
        self.boxes |= other.boxes
        self.lines |= other.lines
        self.opened |= other.opened
        self.sideways |= other.sideways

    @property
    def size(self) -> tuple[int, int]:
        right = max(
            (x + w for x, _y, w, _h in self.boxes.values()), default=100
        )
        bottom = max(
            (y + h for _x, y, _w, h in self.boxes.values()), default=80
        )
        lowest = max(
            (y for points in self.lines.values() for _x, y in points),
            default=0,
        )
        return right, max(bottom, lowest)


def draw(root: Any, report: Report) -> None:
    """Adds a drawing to a document that has none."""
    if next(root.iter(f"{{{BPMNDI}}}BPMNShape"), None) is not None:
        return
    for old in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        root.remove(old)
    whole = _Drawing()
    main = main_process(root)
    collaboration = root.find(tag("collaboration"))
    if collaboration is None:
        pools = {}
    else:
        pools = {
            each.get("processRef"): each
            for each in collaboration.iter(tag("participant"))
        }
    below = 0
    in_pools = [
        each for each in root.iter(tag("process")) if each.get("id") in pools
    ]
    for process in in_pools or [main]:
        content = _scope(process)
        inner = content.moved(_MARGIN + _HEAD, below + _MARGIN)
        whole.add(inner)
        width, height = content.size
        pool = pools.get(process.get("id"))
        if pool is not None and pool.get("id"):
            whole.boxes[pool.get("id")] = (
                0,
                below,
                width + 2 * _MARGIN + _HEAD,
                height + 2 * _MARGIN,
            )
            whole.sideways.add(pool.get("id"))
        below += height + 2 * _MARGIN + _GAP_Y
    if in_pools:
        plane = collaboration
    else:
        plane = main
    _write(root, plane.get("id"), whole)
    report.mapped(
        main,
        "BPMNShape",
        say("文件里没有图形位置，已自动排出一张图，可以在编辑器里再调整"),
    )


def _scope(node: Any) -> _Drawing:
    """What a process or subprocess holds, from (0, 0) on."""
    nodes = {
        each.get("id"): each
        for each in node
        if _kind(each) in _DRAWN and each.get("id")
    }
    inner = {
        id_: _scope(each)
        for id_, each in nodes.items()
        if _kind(each) in _OPENED
    }
    hosts = {
        id_: each.get("attachedToRef")
        for id_, each in nodes.items()
        if each.get("attachedToRef") in nodes
    }
    sizes = {id_: _size(each, inner.get(id_)) for id_, each in nodes.items()}
    flows = _flows(node)
    known = [
        (id_, source, target)
        for id_, source, target in flows
        if source in nodes and target in nodes
    ]
    placed = [id_ for id_ in nodes if id_ not in hosts]
    edges = [
        (hosts.get(source, source), target)
        for _id, source, target in known
        if target not in hosts
    ]
    drawing = _Drawing(_boxes(placed, edges, sizes))
    for id_, content in inner.items():
        x, y, _w, _h = drawing.boxes.get(id_, (0, 0, 0, 0))
        drawing.add(content.moved(x + _MARGIN, y + _MARGIN))
        drawing.opened.add(id_)
    _attach(drawing, hosts)
    _put_beside(
        drawing,
        [each for each in node if _kind(each) in _BESIDE and each.get("id")],
    )
    for id_, source, target in flows:
        if id_ and source in drawing.boxes and target in drawing.boxes:
            drawing.lines[id_] = _line(
                drawing.boxes[source], drawing.boxes[target], source in hosts
            )
    return drawing


def _flows(node: Any) -> list[tuple[str, str, str]]:
    """(id, source, target) of the lines of a scope; a sequence flow without an id gets one, or it could not
    be drawn."""
    for number, each in enumerate(node.findall(tag("sequenceFlow")), 1):
        if not each.get("id"):
            each.set("id", f"{node.get('id')}_flow_{number}")
    lines = [
        each for each in node if _kind(each) in ("sequenceFlow", "association")
    ]
    return [
        (
            each.get("id") or "",
            each.get("sourceRef") or "",
            each.get("targetRef") or "",
        )
        for each in lines
    ]


def _kind(node: Any) -> str:
    if isinstance(node.tag, str) and namespace(node.tag) == BPMN:
        return local(node.tag)
    return ""


def _size(node: Any, content: _Drawing | None) -> tuple[int, int]:
    if content is not None:
        width, height = content.size
        return max(width + 2 * _MARGIN, 120), max(height + 2 * _MARGIN, 100)
    kind = _kind(node)
    if kind.endswith("Event"):
        return 36, 36
    if kind.endswith("Gateway"):
        return (50, 50)
    return (100, 80)


def _boxes(
    placed: list[str],
    edges: list[tuple[str, str]],
    sizes: dict[str, tuple[int, int]],
) -> dict[str, Box]:
    """A column for each step on the longest way from the start, a row for each branch."""
    forward = _without_loops(placed, edges)
    before: dict[str, list[str]] = {id_: [] for id_ in placed}
    for source, target in forward:
        before[target].append(source)
    columns: dict[str, int] = {}
    rows: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    lowest: dict[int, int] = {}
    for id_ in _in_order(placed, forward):
        column = columns[id_] = 1 + max(
            (columns[each] for each in before[id_]), default=-1
        )
        row = min((rows[each] for each in before[id_]), default=0)
        if (column, row) in taken:
            row = max(row, lowest[column]) + 1
        rows[id_] = row
        taken.add((column, row))
        lowest[column] = max(row, lowest.get(column, 0))
    lefts = _offsets(
        {id_: (columns[id_], sizes[id_][0]) for id_ in placed}, _GAP_X
    )
    tops = _offsets(
        {id_: (rows[id_], sizes[id_][1]) for id_ in placed}, _GAP_Y
    )
    found = {}
    for id_ in placed:
        (left, broad), (top, high) = lefts[columns[id_]], tops[rows[id_]]
        width, height = sizes[id_]
        found[id_] = (
            left + (broad - width) // 2,
            top + (high - height) // 2,
            width,
            height,
        )
    return found


def _offsets(
    lengths: dict[str, tuple[int, int]], gap: int
) -> dict[int, tuple[int, int]]:
    """Column or row → (where it begins, how large it is)."""
    largest: dict[int, int] = {}
    for number, length in lengths.values():
        largest[number] = max(largest.get(number, 0), length)
    found = {}
    at = 0
    for number in range(max(largest, default=-1) + 1):
        found[number] = (at, largest.get(number, 0))
        at += largest.get(number, 0) + gap
    return found


def _without_loops(
    placed: list[str], edges: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The edges without those that lead back to a step on the way to themselves."""
    following: dict[str, list[str]] = {id_: [] for id_ in placed}
    for source, target in edges:
        following[source].append(target)
    entered = {target for _source, target in edges}
    begin = [id_ for id_ in placed if id_ not in entered] + placed
    seen: set[str] = set()
    kept: list[tuple[str, str]] = []
    for first in begin:
        if first in seen:
            continue
        seen.add(first)
        way: list[tuple[str, Iterator[str]]] = [
            (first, iter(following[first]))
        ]
        on_way = {first}
        while way:
            source, left = way[-1]
            following_step = next(left, None)
            if following_step is None:
                on_way.discard(way.pop()[0])
            elif following_step not in on_way:
                kept.append((source, following_step))
                if following_step not in seen:
                    seen.add(following_step)
                    on_way.add(following_step)
                    way.append(
                        (following_step, iter(following[following_step]))
                    )
    return kept


def _in_order(placed: list[str], edges: list[tuple[str, str]]) -> list[str]:
    """Each step after all that lead to it."""
    awaited = dict.fromkeys(placed, 0)
    following: dict[str, list[str]] = {id_: [] for id_ in placed}
    for source, target in edges:
        awaited[target] += 1
        following[source].append(target)
    ready = deque(id_ for id_ in placed if not awaited[id_])
    found = []
    while ready:
        id_ = ready.popleft()
        found.append(id_)
        for target in following[id_]:
            awaited[target] -= 1
            if not awaited[target]:
                ready.append(target)
    return found


def _attach(drawing: _Drawing, hosts: dict[str, str]) -> None:
    """Events sit at the lower border of their steps, side by side."""
    number: dict[str, int] = {}
    for id_, host in hosts.items():
        x, y, width, height = drawing.boxes[host]
        place = number[host] = number.get(host, -1) + 1
        drawing.boxes[id_] = (
            x + min(10 + 42 * place, max(width - 36, 0)),
            y + height - 18,
            36,
            36,
        )


def _put_beside(drawing: _Drawing, nodes: list[Any]) -> None:
    """Notes and data under the steps."""
    _width, below = drawing.size
    left = 0
    for node in nodes:
        width, height = _BESIDE[_kind(node)]
        drawing.boxes[node.get("id")] = (left, below + _GAP_Y, width, height)
        left += width + _GAP_X


def _line(source: Box, target: Box, from_border: bool) -> list[Point]:
    """From the right side to the left one; from an event at a border downwards; backwards beneath both."""
    (x, y, w, h), (tx, ty, tw, th) = source, target
    middle = y + h // 2
    end = ty + th // 2
    if from_border:
        down = x + w // 2
        low = y + h + 20
        if end >= low and tx > down:
            return [(down, y + h), (down, end), (tx, end)]
        return [
            (down, y + h),
            (down, low),
            (tx + tw // 2, low),
            (tx + tw // 2, ty + th),
        ]
    if tx >= x + w:
        if middle == end:
            return [(x + w, middle), (tx, end)]
        turn = tx - _GAP_X // 2
        return [(x + w, middle), (turn, middle), (turn, end), (tx, end)]
    low = max(y + h, ty + th) + 20
    return [
        (x + w // 2, y + h),
        (x + w // 2, low),
        (tx + tw // 2, low),
        (tx + tw // 2, ty + th),
    ]


def _write(root: Any, plane_id: str | None, drawing: _Drawing) -> None:
    taken = {
        node.get("id") for node in root.iter() if isinstance(node.tag, str)
    }

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    diagram = etree.SubElement(
        root,
        f"{{{BPMNDI}}}BPMNDiagram",
        nsmap={"bpmndi": BPMNDI, "dc": DC, "di": DI},
    )
    diagram.set("id", free("Drawing"))
    plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane")
    plane.set("id", free("Drawing_plane"))
    if plane_id:
        plane.set("bpmnElement", plane_id)
    for id_, (x, y, width, height) in drawing.boxes.items():
        shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape")
        shape.set("id", free(f"{id_}_di"))
        shape.set("bpmnElement", id_)
        if id_ in drawing.opened:
            shape.set("isExpanded", "true")
        if id_ in drawing.sideways:
            shape.set("isHorizontal", "true")
        bounds = etree.SubElement(shape, f"{{{DC}}}Bounds")
        for name, value in (
            ("x", x),
            ("y", y),
            ("width", width),
            ("height", height),
        ):
            bounds.set(name, str(value))
    for id_, points in drawing.lines.items():
        edge = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge")
        edge.set("id", free(f"{id_}_di"))
        edge.set("bpmnElement", id_)
        for x, y in points:
            point = etree.SubElement(edge, f"{{{DI}}}waypoint")
            point.set("x", str(x))
            point.set("y", str(y))
