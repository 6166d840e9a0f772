"""Boundaries as an office draws them for a grid adjustment: read from GeoJSON of any origin, and held against
the areas around them."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from orchestrator.domain import shapes
from orchestrator.domain.shapes import Boundary
from orchestrator.sentences import joined, say

MOST_TEXT = 90_000
"""Characters of a drawing."""
MOST_POINTS = 2_000
"""Corners of one area."""
MOST_ID = 40
"""Characters of an area's id."""
FAR = 5_000
"""Metres: what is drawn so far from all areas of the district lies outside of it."""
SAME = 1e-7
"""Degrees, about a centimetre: corners are written so exactly."""
GAP = 1e-8
"""Square degrees, about a hundred square metres: less ground between areas is a drawing's fault, no gap."""
SQUARE_METRES = 111_200**2
"""Of a square degree at the equator."""


@dataclass(frozen=True, slots=True)
class DrawnAreas:
    areas: Mapping[str, Boundary] = field(default_factory=dict)
    """Id of the area → its new boundary; empty where the boundaries stay."""
    reasons: tuple[str, ...] = ()
    """Why it cannot be read as it stands."""


NOTHING = DrawnAreas()


class _Unreadable(Exception):
    """Carries the sentence."""


def read_drawing(text: str) -> DrawnAreas:
    """The drawing that a GeoJSON FeatureCollection holds; each feature names its area by the property `id`.
    Never raises: what is wrong stands among the reasons."""
    if not text.strip():
        return NOTHING
    if len(text) > MOST_TEXT:
        return DrawnAreas(
            reasons=(
                say(
                    "勾画的边界共 {count} 个字符，最多 {most} 个。请减少顶点，或分几次调整",
                    count=len(text),
                    most=MOST_TEXT,
                ),
            )
        )
    try:
        features = json.loads(text, parse_constant=_no_number)["features"]
        if not isinstance(features, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        return DrawnAreas(
            reasons=(
                say("边界应是 GeoJSON 的 FeatureCollection，坐标应是普通数字"),
            )
        )
    areas: dict[str, Boundary] = {}
    reasons = []
    for number, feature in enumerate(features, 1):
        if _is_undrawn(feature):
            continue
        try:
            area, boundary = _read_feature(feature)
            if area in areas:
                raise _Unreadable(say("片区“{area}”重复", area=area))
            areas[area] = boundary
        except _Unreadable as wrong:
            reasons.append(
                say(
                    "边界的第 {number} 个要素：{wrong}",
                    number=number,
                    wrong=str(wrong),
                )
            )
    return DrawnAreas(areas, tuple(reasons))


def _no_number(_text: str) -> float:
    raise ValueError


def _is_undrawn(feature: Any) -> bool:
    """Whether it names an area that has no boundary, as those of an exported file do."""
    if not isinstance(feature, dict) or "geometry" not in feature:
        return False
    properties = feature.get("properties")
    named = isinstance(properties, dict) and bool(properties.get("id"))
    return named and feature["geometry"] is None


def _read_feature(feature: Any) -> tuple[str, Boundary]:
    if not isinstance(feature, dict):
        raise _Unreadable(say("应是 GeoJSON 的 Feature"))
    properties = feature.get("properties")
    area = ""
    if isinstance(properties, dict):
        area = str(properties.get("id") or "")
    if not area:
        raise _Unreadable(say("properties 缺少片区编号 id"))
    if len(area) > MOST_ID or not area.isprintable():
        raise _Unreadable(
            say(
                "片区编号 id 超过 {most} 个字符，或含有看不见的字符",
                most=MOST_ID,
            )
        )
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        raise _Unreadable(say("片区“{area}”没有边界", area=area))
    kind = geometry.get("type")
    parts = geometry.get("coordinates")
    if kind == "Polygon":
        parts = [parts]
    elif kind != "MultiPolygon":
        raise _Unreadable(
            say("片区“{area}”应是 Polygon 或 MultiPolygon（面）", area=area)
        )
    rings = [
        [_read_ring(area, ring) for ring in _list(area, part)]
        for part in _list(area, parts)
    ]
    count = sum(len(ring) for part in rings for ring in part)
    if count > MOST_POINTS:
        raise _Unreadable(
            say(
                "片区“{area}”有 {count} 个顶点，最多 {most} 个，请简化后再用",
                area=area,
                count=count,
                most=MOST_POINTS,
            )
        )
    if len(rings) == 1:
        boundary = {"type": "Polygon", "coordinates": rings[0]}
    else:
        boundary = {"type": "MultiPolygon", "coordinates": rings}
    if wrong := shapes.objection(boundary):
        raise _Unreadable(
            say("片区“{area}”的边界{wrong}", area=area, wrong=wrong)
        )
    written = json.loads(json.dumps(mapping(shape(boundary))))
    return area, written


def _list(area: str, value: Any) -> list[Any]:
    if isinstance(value, list) and value:
        return value
    raise _Unreadable(
        say(
            "片区“{area}”的坐标有误，应是 [经度, 纬度] 的闭合环",
            area=area,
        )
    )


def _read_ring(area: str, ring: Any) -> list[list[float]]:
    points = [_read_corner(area, point) for point in _list(area, ring)]
    if len(points) > 1 and points[0] != points[-1]:
        points.append(points[0])
    if len(points) < 4:
        raise _Unreadable(
            say("片区“{area}”的边界至少要有 3 个不同的顶点", area=area)
        )
    return points


def _read_corner(area: str, point: Any) -> list[float]:
    pair = _list(area, point)[:2]
    if len(pair) < 2 or not all(_is_number(value) for value in pair):
        raise _Unreadable(
            say("片区“{area}”有的坐标不是数字，应是 [经度, 纬度]", area=area)
        )
    longitude = float(pair[0])
    latitude = float(pair[1])
    if 3 <= longitude <= 55 and 70 <= latitude <= 140:
        raise _Unreadable(
            say("片区“{area}”的经度和纬度写反了，应先写经度", area=area)
        )
    return [round(longitude, 7), round(latitude, 7)]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= 1000 and math.isfinite(value)


def objections(
    drawing: DrawnAreas,
    before: Mapping[str, Boundary],
    names: Mapping[str, str],
    touched: Collection[str],
) -> list[str]:
    """Why the drawing may not take effect.

    `before`: the drawn areas of the district as they stand; `names`: all its areas; `touched`: the areas of
    the grids that the plan names.
    """
    reasons = [*drawing.reasons]
    changed = _changed(drawing.areas, before)
    unknown = [area for area in changed if area not in names]
    if unknown:
        reasons.append(
            say(
                "勾画了本辖区没有的片区“{areas}”，请核对片区编号",
                areas=joined("、", unknown[:3]),
            )
        )
    other = [
        names[area]
        for area in changed
        if area in names and area not in touched
    ]
    if other:
        reasons.append(
            say(
                "勾画了“{areas}”的边界，请把它所在的网格也选入涉及的网格",
                areas=joined("、", other[:3]),
            )
        )
    known = {
        area: boundary for area, boundary in changed.items() if area in names
    }
    if not known:
        return reasons
    reasons += _outside(known, before, names)
    return reasons + _fitting(known, before, names)


def _changed(
    drawn: Mapping[str, Boundary], before: Mapping[str, Boundary]
) -> dict[str, Boundary]:
    """The areas whose ground is another one: a file may hold those that stay as well."""
    return {
        area: boundary
        for area, boundary in drawn.items()
        if area not in before or not _is_same(boundary, before[area])
    }


def _is_same(one: Boundary, other: Boundary) -> bool:
    ground = shape(one).normalize()
    return bool(ground.equals_exact(shape(other).normalize(), SAME))


def _outside(
    drawn: Mapping[str, Boundary],
    before: Mapping[str, Boundary],
    names: Mapping[str, str],
) -> list[str]:
    reasons = []
    for area, boundary in drawn.items():
        middle = shapes.middle(boundary)
        away = shapes.kilometres_outside(
            before.values(), middle.longitude, middle.latitude
        )
        if away is not None and away * 1000 > FAR:
            reasons.append(
                say(
                    "“{area}”画在本辖区以外约 {km} 公里处，请核对坐标",
                    area=names[area],
                    km=round(away),
                )
            )
    return reasons


def _fitting(
    drawn: Mapping[str, Boundary],
    before: Mapping[str, Boundary],
    names: Mapping[str, str],
) -> list[str]:
    """Overlaps and gaps that the drawing makes; those that were there before are no fault of it."""
    near = _near(drawn, before)
    now = {area: before[area] for area in near} | dict(drawn)
    was = {area: before[area] for area in now if area in before}
    old = set(shapes.overlaps(was))
    reasons = [
        say(
            "“{first}”与“{second}”的边界重叠，请重新勾画",
            first=names[first],
            second=names[second],
        )
        for first, second in shapes.overlaps(now)
        if (first, second) not in old and (second, first) not in old
    ]
    for hole in _new_holes(was.values(), now.values()):
        beside = [names[area] for area in _beside(hole, now)]
        reasons.append(
            say(
                "“{areas}”之间有约 {metres} 平方米不属于任何片区，请勾画到相接",
                areas=joined("、", beside[:3]),
                metres=_square_metres(hole),
            )
        )
    return reasons


def _beside(hole: BaseGeometry, areas: Mapping[str, Boundary]) -> list[str]:
    """The areas along the hole, those with the longest border first. It was cut from ground that is wider by
    the tolerance, with corners further out."""
    around = hole.buffer(3 * shapes.TOLERANCE, join_style="mitre")
    shares = {
        area: float(shape(boundary).intersection(around).area)
        for area, boundary in areas.items()
    }
    along = [area for area, share in shares.items() if share > 0]
    return sorted(along, key=lambda area: -shares[area])


def _near(
    drawn: Mapping[str, Boundary], before: Mapping[str, Boundary]
) -> list[str]:
    """The areas whose ground the drawing may touch, before or after."""
    ground = [shape(boundary) for boundary in drawn.values()]
    ground += [shape(before[area]) for area in drawn if area in before]
    west, south, east, north = shapely.union_all(ground).bounds
    around = shapely.box(west - 0.01, south - 0.01, east + 0.01, north + 0.01)
    return [
        area
        for area, boundary in before.items()
        if shape(boundary).intersects(around)
    ]


def _new_holes(
    was: Collection[Boundary], now: Collection[Boundary]
) -> list[BaseGeometry]:
    """Ground that areas enclose now and that none of them covers, as far as one covered it before."""
    covered = shapely.union_all([shape(boundary) for boundary in was])
    holes = []
    for hole in _holes(now):
        new = hole.intersection(covered)
        if new.area > GAP:
            holes.append(new)
    return holes


def _holes(boundaries: Collection[Boundary]) -> Sequence[BaseGeometry]:
    ground = shapely.union_all(
        [
            shape(boundary).buffer(shapes.TOLERANCE, join_style="mitre")
            for boundary in boundaries
        ]
    )
    parts = getattr(ground, "geoms", [ground])
    return [shapely.Polygon(ring) for part in parts for ring in part.interiors]


def _square_metres(ground: BaseGeometry) -> int:
    shrink = math.cos(math.radians(float(ground.centroid.y)))
    return round(float(ground.area) * SQUARE_METRES * shrink)


def lost_square_metres(
    drawing: DrawnAreas, before: Mapping[str, Boundary]
) -> int:
    """Ground that lay in an area and lies in none afterwards; who decides is told of it."""
    if not drawing.areas:
        return 0
    was = shapely.union_all([shape(boundary) for boundary in before.values()])
    now = shapely.union_all(
        [shape(boundary) for boundary in {**before, **drawing.areas}.values()]
    )
    lost = was.difference(now.buffer(shapes.TOLERANCE))
    if lost.area > GAP:
        return _square_metres(lost)
    return 0
