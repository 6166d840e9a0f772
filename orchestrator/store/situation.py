"""The grids of a place as an adjustment's checks need to see them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.grids import Situation
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import GRID_STAFF
from orchestrator.store.people import FULL_TIME, Membership, Person
from orchestrator.store.registers import AREA_OF_GRID, Grid, GridArea
from orchestrator.store.territories import Body


def grid_situation(
    session: Session,
    profile: Jurisdiction,
    path: str,
) -> Situation:
    """Areas, grids and full-time members below the territory of `path`."""
    tenant_id = profile.key
    areas = session.execute(
        sa.select(
            GridArea.id,
            GridArea.name,
            GridArea.community_code,
            GridArea.grid_code,
            GridArea.households,
            GridArea.boundary,
        )
        .join(
            Grid,
            AREA_OF_GRID,
        )
        .where(
            GridArea.tenant_id == tenant_id,
            Grid.territory_path.startswith(path),
        ),
    ).all()
    grids = session.execute(
        sa.select(
            Grid.code,
            Grid.name,
            Grid.community_code,
            Grid.setting,
            Grid.kind,
        ).where(
            Grid.tenant_id == tenant_id,
            Grid.territory_path.startswith(path),
            Grid.state == "active",
        ),
    ).all()
    full_time = session.scalars(
        sa.select(Person.username)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == tenant_id,
            Body.role.in_(profile.roles_of(GRID_STAFF)),
            Body.territory_path.startswith(path),
            Membership.until_on.is_(None),
            Membership.employment == FULL_TIME,
        ),
    ).all()
    return Situation(
        area_grid={row.id: row.grid_code for row in areas},
        area_names={row.id: row.name for row in areas},
        area_community={row.id: row.community_code for row in areas},
        grid_names={row.code: row.name for row in grids},
        full_time=set(full_time),
        settings={row.community_code: row.setting for row in grids},
        area_households={row.id: row.households for row in areas},
        grid_kinds={row.code: row.kind for row in grids},
        area_boundaries={
            row.id: row.boundary for row in areas if row.boundary
        },
        community_level=profile.levels.name(profile.levels.community),
    )
