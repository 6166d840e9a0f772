"""Boundaries of areas and grids: GeoJSON polygons in WGS 84, joined and compared."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import shapely
import shapely.ops
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from orchestrator.domain.points import GroundPoint, metres_between
from orchestrator.sentences import say

Boundary = Mapping[str, Any]
"""A GeoJSON geometry: Polygon or MultiPolygon, degrees of longitude and latitude."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Degrees."""

    west: float
    south: float
    east: float
    north: float


_PLACE = re.compile(r"\[(?P<longitude>[\d.]+) (?P<latitude>[\d.]+)\]")
TOLERANCE = 1e-5
"""Degrees, about a metre: neighbours drawn by hand touch within it."""
KM_OF_A_DEGREE = 111.2
"""Of latitude."""
KEPT = 500
"""Grids whose outlines are remembered, as many as a map shows."""
LARGEST_KEPT = 40_000
"""Letters of an outline that is remembered, about 1,000 corners."""
_OUTLINES: dict[bytes, str] = {}
"""Digest of the boundaries → their outline as JSON."""
_REMEMBERING = Lock()
OVERLAP = 1e-9
"""Square degrees, about ten square metres: less is a drawing's fault and no overlap."""


def objection(boundary: Any) -> str:
    """Why this is no boundary; empty when it is."""
    if not isinstance(boundary, dict) or boundary.get("type") not in (
        "Polygon",
        "MultiPolygon",
    ):
        return say("应是 Polygon 或 MultiPolygon（面）")
    try:
        result = shape(boundary)
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        shapely.errors.GEOSException,
    ):
        return say("坐标有误，应是 [经度, 纬度] 的闭合环")
    if result.is_empty or not result.is_valid:
        return say(
            "自相交、不闭合，或内环与外环相碰{place}，请重新勾画",
            place=_place(shapely.is_valid_reason(result)),
        )
    west, south, east, north = result.bounds
    if not (west >= 70 and east <= 140 and south >= 3 and north <= 55):
        return say("坐标不在中国范围内，应是 WGS 84 的 [经度, 纬度]")
    return ""


def _place(reason: str) -> str:
    """Where the library found the fault, as it ends its English reason; empty where it names no place."""
    place = _PLACE.search(reason)
    if place is None:
        return ""
    return say(
        "（{longitude}, {latitude} 附近）",
        longitude=place["longitude"],
        latitude=place["latitude"],
    )


def overlaps(boundaries: Mapping[str, Boundary]) -> list[tuple[str, str]]:
    """Pairs of names whose boundaries cover common ground."""
    names = list(boundaries)
    shapes = [shape(boundary) for boundary in boundaries.values()]
    tree = STRtree(shapes)
    results = set()
    for first, one in enumerate(shapes):
        for second in tree.query(one):
            if (
                first < second
                and one.intersection(shapes[second]).area > OVERLAP
            ):
                results.add((names[first], names[int(second)]))
    return sorted(results)


def edges(boundary: Boundary | None) -> dict[str, float | None]:
    """`west`, `south`, `east` and `north` in degrees; all None without a boundary."""
    row: tuple[float | None, ...] = (None, None, None, None)
    if boundary:
        row = shape(boundary).bounds
    return dict(zip(("west", "south", "east", "north"), row, strict=True))


def around(point: GroundPoint, metres: float) -> Rectangle:
    """What lies so far from the point to each side."""
    up = metres / 1000 / KM_OF_A_DEGREE
    along = up / math.cos(math.radians(point.latitude))
    return Rectangle(
        point.longitude - along,
        point.latitude - up,
        point.longitude + along,
        point.latitude + up,
    )


def joined(boundaries: Iterable[Boundary]) -> dict[str, Any] | None:
    """The outline of all of them together, as GeoJSON; None for none."""
    drawn = [*boundaries]
    if not drawn:
        return None
    mark = hashlib.sha256(json.dumps(drawn).encode()).digest()
    text = _OUTLINES.get(mark)
    if text is None:
        text = json.dumps(mapping(_union([shape(value) for value in drawn])))
        _remember(mark, text)
    outline: dict[str, Any] = json.loads(text)
    return outline


def _remember(mark: bytes, outline: str) -> None:
    """Keeps the outline for the next visit of the map, and no more of them than KEPT, those that were drawn
    last."""
    if len(outline) > LARGEST_KEPT:
        return
    with _REMEMBERING:
        _OUTLINES[mark] = outline
        while len(_OUTLINES) > KEPT:
            del _OUTLINES[next(iter(_OUTLINES))]


def in_one_piece(boundaries: Iterable[Boundary]) -> bool:
    """Whether the areas hang together: one can walk from each to every other without leaving them."""
    shapes = [shape(boundary) for boundary in boundaries]
    return len(shapes) < 2 or _union(shapes).geom_type == "Polygon"


def kilometres_outside(
    boundaries: Iterable[Boundary], longitude: float, latitude: float
) -> float | None:
    """How far the place lies from these areas, 0 inside them; None where nothing is drawn."""
    shapes = [shape(boundary) for boundary in boundaries]
    if not shapes:
        return None
    here = shapely.Point(longitude, latitude)
    nearest = shapely.ops.nearest_points(shapely.union_all(shapes), here)[0]
    north = (nearest.y - latitude) * KM_OF_A_DEGREE
    east = (
        (nearest.x - longitude)
        * KM_OF_A_DEGREE
        * math.cos(math.radians(latitude))
    )
    return math.hypot(north, east)


def _union(shapes: list[BaseGeometry]) -> BaseGeometry:
    """Neighbours drawn with a hair's breadth between them grow together; the outline stays where it was."""
    grown = shapely.union_all(
        [value.buffer(TOLERANCE, join_style="mitre") for value in shapes],
    )
    return grown.buffer(-TOLERANCE, join_style="mitre").simplify(
        TOLERANCE / 10,
    )


def nearest(
    boundaries: Mapping[str, Boundary],
    point: GroundPoint,
    most: int,
) -> list[tuple[str, float]]:
    """(name, metres) of the boundaries nearest to the point; 0 metres where it lies inside one."""
    here = shapely.Point(point.longitude, point.latitude)
    measured = []
    for name, boundary in boundaries.items():
        drawn = shape(boundary)
        if drawn.covers(here):
            measured.append((name, 0.0))
            continue
        edge = shapely.ops.nearest_points(drawn, here)[0]
        measured.append(
            (name, metres_between(GroundPoint(edge.y, edge.x), point)),
        )
    return sorted(measured, key=lambda pair: pair[1])[:most]


def middle(boundary: Boundary) -> GroundPoint:
    """A point inside the boundary, near its middle."""
    result = shape(boundary).representative_point()
    return GroundPoint(result.y, result.x)
