"""Territories and grids of a folder become rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import shapes
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.jurisdictions.folder_rows import TerritoryRow
from orchestrator.store.base import Base
from orchestrator.store.grid_words import grids_of_community, renew_grids
from orchestrator.store.registers import (
    Grid,
    GridArea,
    GridEvent,
)
from orchestrator.store.territories import Territory


def begins_on(given: Folder, now: datetime) -> date:
    return now.astimezone(ZoneInfo(given.profile.timezone)).date()


def insert_rows(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    if rows:
        session.execute(sa.insert(model), [dict(row) for row in rows])


def _territory(tenant_id: str, place: TerritoryRow) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "code": place.code,
        "name": place.name,
        "level": place.level,
        "parent_code": place.parent,
        "path": place.path,
        "active": True,
    }


def load_places(session: Session, given: Folder) -> None:
    tenant_id = given.profile.key
    known = {
        row.code: row
        for row in session.execute(
            sa.select(Territory.code, Territory.name, Territory.path).where(
                Territory.tenant_id == tenant_id,
            ),
        )
    }
    moved = [
        place
        for place in given.places
        if place.code in known and known[place.code].path != place.path
    ]
    if moved:
        # Its instances, grids and bodies keep the old path; moving them all is an act of its own, not a
        # refresh.
        raise RuleViolated(
            [
                say(
                    "“{name}”的上级已改变，载入不能搬移区划；请以新代码登记",
                    name=place.name,
                )
                for place in moved
            ],
        )
    insert_rows(
        session,
        Territory,
        [
            _territory(tenant_id, place)
            for place in given.places
            if place.code not in known
        ],
    )
    renamed = [
        place
        for place in given.places
        if place.code in known and known[place.code].name != place.name
    ]
    for place in renamed:
        session.execute(
            sa.update(Territory)
            .where(
                Territory.tenant_id == tenant_id,
                Territory.code == place.code,
            )
            .values(name=place.name),
        )
        renew_grids(
            session,
            tenant_id,
            grids_of_community(session, tenant_id, place.code),
        )


def load_grids(session: Session, given: Folder, now: datetime) -> set[str]:
    """Adds what was never there; returns the codes added. A grid that was retired or renamed since is left
    alone."""
    tenant_id = given.profile.key
    today = begins_on(given, now)
    known = set(
        session.scalars(
            sa.select(Grid.code).where(Grid.tenant_id == tenant_id),
        ),
    )
    fresh = [grid for grid in given.grids if grid.place.code not in known]
    codes = {grid.place.code for grid in fresh}
    insert_rows(
        session,
        Territory,
        [_territory(tenant_id, grid.place) for grid in fresh],
    )
    insert_rows(
        session,
        Grid,
        [
            {
                "tenant_id": tenant_id,
                "code": grid.place.code,
                "name": grid.place.name,
                "kind": grid.kind,
                "setting": grid.setting,
                "community_code": grid.place.parent,
                "territory_path": grid.place.path,
                "households": grid.households,
                "state": "active",
                "valid_from": today,
            }
            for grid in fresh
        ],
    )
    begun = {
        "tenant_id": tenant_id,
        "kind": "created",
        "on": today,
        "details": {"from": "初始划分"},
    }
    insert_rows(
        session,
        GridEvent,
        [{**begun, "grid_code": grid.place.code} for grid in fresh],
    )
    known_areas = set(
        session.scalars(
            sa.select(GridArea.id).where(GridArea.tenant_id == tenant_id),
        ),
    )
    new_areas = [area for area in given.areas if area.id not in known_areas]
    insert_rows(
        session,
        GridArea,
        [
            {
                "id": area.id,
                "tenant_id": tenant_id,
                "community_code": area.community,
                "name": area.name,
                "households": area.households,
                "grid_code": area.grid,
                "boundary": area.boundary,
                **shapes.edges(area.boundary),
            }
            for area in new_areas
        ],
    )
    renew_grids(session, tenant_id, codes | {area.grid for area in new_areas})
    return codes
