"""A drawing as values: boxes and lines in pixels, and as the BPMN file says them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from orchestrator.engine.xml import BPMNDI

DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Box:
    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def centre(self) -> Point:
        return Point(
            self.left + self.width // 2,
            self.top + self.height // 2,
        )


@dataclass
class Drawing:
    boxes: dict[str, Box] = field(default_factory=dict)
    """Element → its place."""
    lines: dict[str, list[Point]] = field(default_factory=dict)
    """Flow or association → its bends."""
    opened: set[str] = field(default_factory=set)
    """Subprocesses whose content is seen."""
    sideways: set[str] = field(default_factory=set)
    """Pools."""

    def moved(self, x: int, y: int) -> Drawing:
        """The same drawing, further right and down."""
        boxes = {}
        for id_, box in self.boxes.items():
            boxes[id_] = replace(box, left=box.left + x, top=box.top + y)
        lines = {}
        for id_, points in self.lines.items():
            lines[id_] = [Point(point.x + x, point.y + y) for point in points]
        return Drawing(boxes, lines, self.opened, self.sideways)

    def add(self, other: Drawing) -> None:
        self.boxes |= other.boxes
        self.lines |= other.lines
        self.opened |= other.opened
        self.sideways |= other.sideways

    @property
    def size(self) -> Size:
        """From the origin to the last box on the right and the lowest box or line."""
        if not self.boxes:
            return Size(100, 80)
        right = max(box.right for box in self.boxes.values())
        bottom = max(box.bottom for box in self.boxes.values())
        for points in self.lines.values():
            for point in points:
                bottom = max(bottom, point.y)
        return Size(right, bottom)


def write(root: Any, plane_id: str | None, drawing: Drawing) -> None:
    """Adds the drawing to the document; `plane_id` is the process or the collaboration that is drawn."""
    writer = _Writer(root)
    writer.add_plane(root, plane_id)
    writer.write(drawing)


def write_into(root: Any, plane: Any, drawing: Drawing) -> None:
    """Adds the drawing to one that the document has."""
    writer = _Writer(root)
    writer.plane = plane
    writer.write(drawing)


def box_of(root: Any, element_id: str) -> Box | None:
    """The place of an element in the document's drawing; None where it is not drawn."""
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        if shape.get("bpmnElement") != element_id or bounds is None:
            continue
        try:
            sides = [
                round(float(bounds.get(side, "")))
                for side in ("x", "y", "width", "height")
            ]
        except (ValueError, OverflowError):
            return None
        return Box(*sides)
    return None


class _Writer:
    def __init__(self, root: Any) -> None:
        self.taken = {
            node.get("id") for node in root.iter() if isinstance(node.tag, str)
        }
        self.plane: Any = None

    def add_plane(self, root: Any, plane_id: str | None) -> None:
        """A drawing of its own."""
        diagram = etree.SubElement(
            root,
            f"{{{BPMNDI}}}BPMNDiagram",
            nsmap={"bpmndi": BPMNDI, "dc": DC, "di": DI},
        )
        diagram.set("id", self._free("Drawing"))
        self.plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane")
        self.plane.set("id", self._free("Drawing_plane"))
        if plane_id:
            self.plane.set("bpmnElement", plane_id)

    def write(self, drawing: Drawing) -> None:
        for id_, box in drawing.boxes.items():
            shape = self._box(id_, box)
            if id_ in drawing.opened:
                shape.set("isExpanded", "true")
            if id_ in drawing.sideways:
                shape.set("isHorizontal", "true")
        for id_, points in drawing.lines.items():
            self._line(id_, points)

    def _box(self, id_: str, box: Box) -> Any:
        shape = etree.SubElement(self.plane, f"{{{BPMNDI}}}BPMNShape")
        shape.set("id", self._free(f"{id_}_di"))
        shape.set("bpmnElement", id_)
        bounds = etree.SubElement(shape, f"{{{DC}}}Bounds")
        bounds.set("x", str(box.left))
        bounds.set("y", str(box.top))
        bounds.set("width", str(box.width))
        bounds.set("height", str(box.height))
        return shape

    def _line(self, id_: str, points: list[Point]) -> None:
        edge = etree.SubElement(self.plane, f"{{{BPMNDI}}}BPMNEdge")
        edge.set("id", self._free(f"{id_}_di"))
        edge.set("bpmnElement", id_)
        for point in points:
            waypoint = etree.SubElement(edge, f"{{{DI}}}waypoint")
            waypoint.set("x", str(point.x))
            waypoint.set("y", str(point.y))

    def _free(self, name: str) -> str:
        """That name, or one like it that no element of the document has."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name
