"""A point on the earth as a form carries it: latitude and longitude, WGS 84."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH = 6_371_000
"""Mean radius in metres."""
LONGEST = 60
"""Characters of a point that is written down."""


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """Degrees."""

    latitude: float
    longitude: float


def read_point(text: str) -> GroundPoint | None:
    """The point that `纬度,经度` names; None for what names none, or one outside the country's bounds."""
    parts = text.strip()[:LONGEST].replace("，", ",").split(",")
    if len(parts) != 2:
        return None
    try:
        latitude = float(parts[0])
        longitude = float(parts[1])
    except ValueError:
        return None
    if 3 <= latitude <= 55 and 70 <= longitude <= 140:
        return GroundPoint(latitude, longitude)
    return None


def metres_between(one: GroundPoint, other: GroundPoint) -> float:
    """The distance along the ground, good to a metre within a city."""
    middle = math.radians((one.latitude + other.latitude) / 2)
    north = math.radians(one.latitude - other.latitude)
    east = math.radians(one.longitude - other.longitude) * math.cos(middle)
    return EARTH * math.hypot(north, east)
