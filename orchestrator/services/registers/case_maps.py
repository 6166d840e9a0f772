"""Cases as points on a map: where somebody told the place, else in the middle of the case's area or grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.domain import shapes
from orchestrator.domain.points import GroundPoint
from orchestrator.store import case_map


@dataclass(frozen=True, slots=True)
class MappedCase:
    case: Any
    """A row of `case_map.cases`."""
    point: GroundPoint | None
    """None where neither the case nor its grid has been drawn."""
    exact: bool
    """Whether somebody told the point; else it is the middle of the area."""


def placed(
    session: Session, tenant_id: str, rows: Sequence[Any]
) -> list[MappedCase]:
    """The cases of `case_map.cases` with their points."""
    codes = sorted({case.grid_code for case in rows})
    middles: dict[str, GroundPoint] = {}
    for area in case_map.areas(session, tenant_id, codes):
        if area.boundary:
            point = shapes.middle(area.boundary)
            middles[area.id] = point
            middles.setdefault(area.grid_code, point)
    return [_placed(case, middles) for case in rows]


def _placed(case: Any, middles: dict[str, GroundPoint]) -> MappedCase:
    if case.latitude is not None and case.longitude is not None:
        point = GroundPoint(case.latitude, case.longitude)
        return MappedCase(case, point, True)
    near = middles.get(case.area_id or "") or middles.get(case.grid_code)
    return MappedCase(case, near, False)
