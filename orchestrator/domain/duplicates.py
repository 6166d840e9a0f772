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
    metres: int | None
    """How far apart the two lie, where that speaks for one case."""
    words: bool
    """Whether title or place are written alike."""
    same_grid: bool
    same_item: bool
    recent: bool

    @property
    def why(self) -> tuple[str, ...]:
        """Sentences, the strongest first. Hundreds of cases are compared, and of few somebody reads why."""
        reasons = []
        if self.metres is not None:
            reasons.append(say("相距 {metres} 米", metres=self.metres))
        if self.words:
            reasons.append(say("地点或标题写法相近"))
        if self.same_grid:
            reasons.append(say("在同一网格"))
        if self.same_item:
            reasons.append(say("属于同一事项"))
        if self.recent:
            reasons.append(say("三天内登记"))
        return tuple(reasons)


def likeness(one: Sighting, other: Sighting) -> Resemblance | None:
    """How much the two look like one; None when they do not. Neither the place nor the time nor the item is
    enough alone."""
    metres = None
    if one.point and other.point:
        metres = round(metres_between(one.point, other.point))
        if metres > NEAR * 4:
            return None
        if metres > NEAR:
            metres = None
    words = max(
        alike(one.title, other.title), alike(one.location, other.location)
    )
    is_near = metres is not None
    is_written_alike = words >= 0.4
    if not is_near and not is_written_alike:
        return None
    same_grid = one.grid_code == other.grid_code
    same_item = bool(one.item_id) and one.item_id == other.item_id
    recent = abs(one.at - other.at) <= RECENT
    points = 3.0 * is_near + same_grid + 1.5 * same_item + recent
    if is_written_alike:
        points += 3 * words
    if points < ENOUGH:
        return None
    return Resemblance(
        points,
        metres,
        is_written_alike,
        same_grid,
        same_item,
        recent,
    )
