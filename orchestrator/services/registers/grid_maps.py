"""Grids as GeoJSON: as they stand, and before and after a planned adjustment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import shapes
from orchestrator.domain.drawings import lost_square_metres
from orchestrator.domain.grids import (
    GridPlan,
    Situation,
    check_plan,
    plan_from_form,
)
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.store import area_edges
from orchestrator.store.registers import AREA_OF_GRID, Grid, GridArea
from orchestrator.store.situation import grid_situation
from orchestrator.store.territories import Body, inside

MOST = 300
"""Grids that are drawn at once."""
MOST_AREAS = 1_500
"""Areas of a file, and of a map on which they are drawn."""
Collection = dict[str, Any]
"""A GeoJSON FeatureCollection; each feature has `name`, and `code`, `changed`, `url` where they mean
something."""


@dataclass(frozen=True)
class Row:
    """A grid before or after, for those who read tables."""

    name: str
    areas: Sequence[str]
    households: int
    changed: bool


@dataclass(frozen=True)
class Preview:
    before: Sequence[Row]
    after: Sequence[Row]
    map_before: Collection
    map_after: Collection
    reasons: Sequence[str]
    """Why the plan could not take effect as it stands."""
    remarks: Sequence[str] = ()
    """What who decides should know."""


def collection(
    session: Session,
    grids: Iterable[Grid],
    url: Callable[[str], str] | None = None,
) -> Collection:
    """The active grids among these that have been drawn."""
    wanted = {grid.code: grid for grid in grids if grid.state == "active"}
    if not wanted:
        return {"type": "FeatureCollection", "features": []}
    tenant_id = next(iter(wanted.values())).tenant_id
    rows = session.execute(
        sa.select(GridArea.grid_code, GridArea.boundary)
        .where(GridArea.tenant_id == tenant_id, GridArea.grid_code.in_(wanted))
        .order_by(GridArea.id),
    ).all()
    drawn: dict[str, list[Any]] = {}
    for code, boundary in rows:
        if boundary:
            drawn.setdefault(code, []).append(boundary)
    features = []
    for code in sorted(drawn):
        details = {
            "name": wanted[code].name,
            "code": code,
            "kind": wanted[code].kind,
            "households": wanted[code].households,
        }
        features.append(
            _feature(
                drawn[code], details | ({"url": url(code)} if url else {})
            ),
        )
    return {"type": "FeatureCollection", "features": features}


def within(
    session: Session,
    tenant_id: str,
    places: Sequence[str],
    rectangle: shapes.Rectangle | None,
) -> tuple[Collection, bool]:
    """The drawn grids under the places that meet the rectangle, at most MOST; whether there are more."""
    query = (
        sa.select(Grid)
        .where(
            Grid.tenant_id == tenant_id,
            Grid.state == "active",
            inside(Grid.territory_path, places),
        )
        .order_by(Grid.code)
        .limit(MOST + 1)
    )
    drawn = sa.select(GridArea.grid_code).where(
        GridArea.tenant_id == tenant_id, GridArea.west.is_not(None)
    )
    if rectangle is not None:
        drawn = drawn.where(*area_edges.within(rectangle))
    grids = session.scalars(query.where(Grid.code.in_(drawn))).all()
    return collection(session, grids[:MOST]), len(grids) > MOST


def areas(
    session: Session, tenant_id: str, paths: Sequence[str]
) -> Collection:
    """The areas under the places with their `id`, `name`, `grid_name` and `households`, also those that are
    not drawn; at most MOST_AREAS, and `more` where there are others."""
    rows = session.execute(
        sa.select(
            GridArea.id,
            GridArea.name,
            GridArea.households,
            GridArea.boundary,
            Grid.name.label("grid_name"),
            Grid.code,
        )
        .join(
            Grid,
            AREA_OF_GRID,
        )
        .where(
            GridArea.tenant_id == tenant_id,
            Grid.state == "active",
            inside(Grid.territory_path, paths),
        )
        .order_by(GridArea.id)
        .limit(MOST_AREAS + 1)
    ).all()
    features = [
        {
            "type": "Feature",
            "geometry": row.boundary or None,
            "properties": {
                "id": row.id,
                "name": row.name,
                "grid_name": row.grid_name,
                "grid_code": row.code,
                "households": row.households,
            },
        }
        for row in rows[:MOST_AREAS]
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "more": len(rows) > MOST_AREAS,
    }


def preview(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> Preview | None:
    """The communities a plan touches, before and after; None while it names nothing."""
    township = session.get(Body, str(values.get("township_government") or ""))
    situation = grid_situation(
        session,
        bundle.jurisdiction,
        township.territory_path if township else path,
    )
    plan = plan_from_form(values, bundle.jurisdiction.grid)
    touched = {area for grid in plan.after for area in grid.areas}
    touched |= {
        area
        for area, grid in situation.area_grid.items()
        if grid in plan.sources
    }
    communities = {
        situation.area_community[area]
        for area in touched
        if area in situation.area_community
    }
    if not communities:
        return None
    areas = [
        area
        for area, community in situation.area_community.items()
        if community in communities
    ]
    before = {area: situation.area_grid[area] for area in areas}
    after, names = _after(plan, before, situation)
    redrawn = replace(
        situation,
        area_boundaries={**situation.area_boundaries, **plan.drawing.areas},
    )
    return Preview(
        _rows(before, situation.grid_names, situation, plan),
        _rows(after, names, situation, plan),
        _map(before, situation.grid_names, situation, plan),
        _map(after, names, redrawn, plan),
        check_plan(plan, situation, bundle.jurisdiction.grid),
        _remarks(plan, situation),
    )


def _remarks(plan: GridPlan, situation: Situation) -> list[str]:
    known = set(plan.drawing.areas) & set(situation.area_names)
    lost = 0
    if known == set(plan.drawing.areas):
        lost = lost_square_metres(plan.drawing, situation.area_boundaries)
    if not lost:
        return []
    return [
        say(
            "按新勾画的边界，约 {metres} 平方米不再属于本辖区的任何片区，请确认已与相邻辖区商定",
            metres=lost,
        )
    ]


def _after(
    plan: GridPlan,
    before: Mapping[str, str],
    situation: Situation,
) -> tuple[dict[str, str], dict[str, str]]:
    """Area → grid, and grid → name, once the plan has taken effect; what the plan forgets lies in no grid."""
    names = dict(situation.grid_names)
    result = {
        area: grid for area, grid in before.items() if grid not in plan.sources
    }
    for number, grid in enumerate(plan.after):
        names[f"*{number}"] = grid.name or say(
            "第 {number} 个网格",
            number=number + 1,
        )
        result |= dict.fromkeys(
            (area for area in grid.areas if area in before),
            f"*{number}",
        )
    names[""] = say("不属于任何网格")
    return result | dict.fromkeys(before.keys() - result.keys(), ""), names


def _changed(grid: str, plan: GridPlan) -> bool:
    return grid in plan.sources or grid.startswith("*") or not grid


def _rows(
    areas: Mapping[str, str],
    names: Mapping[str, str],
    situation: Situation,
    plan: GridPlan,
) -> list[Row]:
    rows = []
    for grid in sorted(
        set(areas.values()),
        key=lambda value: (not _changed(value, plan), value),
    ):
        own = [area for area, owner in areas.items() if owner == grid]
        households = sum(
            situation.area_households.get(area, 0) for area in own
        )
        sentences = [situation.area_names[area] for area in own]
        rows.append(
            Row(
                names.get(grid, grid),
                sentences,
                households,
                _changed(grid, plan),
            ),
        )
    return rows


def _map(
    areas: Mapping[str, str],
    names: Mapping[str, str],
    situation: Situation,
    plan: GridPlan,
) -> Collection:
    features = []
    for grid in sorted(set(areas.values())):
        drawn = [
            situation.area_boundaries[area]
            for area, owner in areas.items()
            if owner == grid and area in situation.area_boundaries
        ]
        if drawn:
            features.append(
                _feature(
                    drawn,
                    {
                        "name": names.get(grid, grid),
                        "changed": _changed(grid, plan),
                    },
                ),
            )
    return {"type": "FeatureCollection", "features": features}


def _feature(
    boundaries: Sequence[Any],
    properties: dict[str, Any],
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": shapes.joined(boundaries),
        "properties": properties,
    }
