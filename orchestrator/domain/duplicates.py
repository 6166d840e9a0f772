"""Whether two cases may be one: by place, time, item and words, with the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.domain.alike_texts import alike
from orchestrator.domain.points import GroundPoint, metres_between
from orchestrator.sentences import say

LOOKS_BACK = timedelta(days=30)
"""Older cases are no duplicates."""
NEAR = 150
"""Metres that a phone's position and a second look at the same thing may differ."""
ENOUGH = 4.0
"""Points from which two cases are shown as alike."""
RECENT = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of a case, or of one that is about to be registered."""

    title: str
    location: str
    item_id: str
    grid_code: str
    point: GroundPoint | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Resemblance:
    points: float
    why: tuple[str, ...]
    """Sentences, the strongest first."""


def likeness(one: Sighting, other: Sighting) -> Resemblance | None:
    """How much the two look like one; None when they do not. Neither the place nor the time nor the item is
    enough alone."""
    points = 0.0
    why: list[str] = []
    words = max(
        alike(one.title, other.title), alike(one.location, other.location)
    )
    if one.point and other.point:
        metres = round(metres_between(one.point, other.point))
        if metres > NEAR * 4:
            return None
        if metres <= NEAR:
            points += 3
            why.append(say("相距 {metres} 米", metres=metres))
    if words >= 0.4:
        points += 3 * words
        why.append(say("地点或标题写法相近"))
    if not why:
        return None
    if one.grid_code == other.grid_code:
        points += 1
        why.append(say("在同一网格"))
    if one.item_id and one.item_id == other.item_id:
        points += 1.5
        why.append(say("属于同一事项"))
    if abs(one.at - other.at) <= RECENT:
        points += 1
        why.append(say("三天内登记"))
    if points < ENOUGH:
        return None
    return Resemblance(points, tuple(why))
