"""Which grid an instance belongs to: proposed from a point, or from the words of an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import shapes
from orchestrator.domain.points import GroundPoint
from orchestrator.sentences import say
from orchestrator.store import addresses
from orchestrator.store.area_edges import within
from orchestrator.store.registers import AREA_OF_GRID, Grid, GridArea
from orchestrator.store.territories import Territory, inside

MOST = 6
CLOSE = 300
"""Metres within which a first look is taken."""
NEAR = 2_000
"""Metres: a grid that is farther away than this is no proposal."""
MOST_COMPARED = 400
"""Areas whose boundaries are measured for one point."""


@dataclass(
    frozen=True,
    slots=True,
)
class Proposal:
    code: str
    name: str
    """Community and grid."""
    why: str


def propose(
    session: Session,
    tenant_id: str,
    path: str,
    text: str,
    point: GroundPoint | None,
) -> list[Proposal]:
    """The grids under that place that fit best: those around the point, then those whose names stand in the
    text."""
    proposals: dict[str, Proposal] = {}
    if point is not None:
        for proposal in _around(
            session,
            tenant_id,
            path,
            point,
        ):
            proposals.setdefault(
                proposal.code,
                proposal,
            )
    if text.strip():
        for proposal in _named(
            session,
            tenant_id,
            path,
            text,
        ):
            proposals.setdefault(
                proposal.code,
                proposal,
            )
    return list(proposals.values())[:MOST]


def find(
    session: Session,
    tenant_id: str,
    path: str,
    code: str,
) -> Proposal | None:
    """The active grid of that code under the place."""
    row = session.execute(
        _grids(tenant_id, path).where(Grid.code == code),
    ).first()
    if row is None:
        return None
    return Proposal(
        row.code,
        row.name,
        "",
    )


def _grids(tenant_id: str, path: str) -> sa.Select[str, str, str]:
    """Code and name of the active grids under the place, and what their community is called."""
    return (
        sa.select(
            Grid.code,
            Grid.name,
            Territory.name.label("lies_in"),
        )
        .join(
            Territory,
            (Territory.tenant_id == Grid.tenant_id)
            & (Territory.code == Grid.community_code),
        )
        .where(
            Grid.tenant_id == tenant_id,
            Grid.state == "active",
            inside(
                Grid.territory_path,
                [path],
            ),
        )
        .order_by(Grid.code)
    )


def _around(
    session: Session,
    tenant_id: str,
    path: str,
    point: GroundPoint,
) -> list[Proposal]:
    """Those whose areas lie around the point. Areas close by are looked at alone where there are some."""
    for metres in (CLOSE, NEAR):
        rows = session.execute(
            sa.select(
                GridArea.id,
                GridArea.grid_code,
                GridArea.boundary,
                Grid.name,
            )
            .join(
                Grid,
                AREA_OF_GRID,
            )
            .where(
                GridArea.tenant_id == tenant_id,
                *within(shapes.around(point, metres)),
                Grid.state == "active",
                inside(
                    Grid.territory_path,
                    [path],
                ),
            )
            .limit(MOST_COMPARED),
        ).all()
        if rows:
            return _nearest(rows, point)
    return []


def _nearest(
    rows: Sequence[sa.Row[str, str, Any, str]], point: GroundPoint
) -> list[Proposal]:
    drawn = {row.id: row.boundary for row in rows}
    of_area = {row.id: row for row in rows}
    proposals: dict[str, Proposal] = {}
    for area, metres in shapes.nearest(
        drawn,
        point,
        MOST * 4,
    ):
        row = of_area[area]
        if metres > NEAR:
            break
        why = say("定位在网格内")
        if metres > 0:
            why = say(
                "距定位 {metres} 米",
                metres=round(metres),
            )
        proposals.setdefault(
            row.grid_code,
            Proposal(
                row.grid_code,
                row.name,
                why,
            ),
        )
    return list(proposals.values())


def _named(
    session: Session,
    tenant_id: str,
    path: str,
    text: str,
) -> list[Proposal]:
    """Those in whose names rare pairs of the text stand, read through the index of names alone."""
    grids = sa.select(Grid.code).where(
        Grid.tenant_id == tenant_id, Grid.state == "active"
    )
    known = addresses.count_up_to(
        session,
        grids,
        addresses.MOST_KNOWN,
    )
    words = addresses.telling(
        session,
        tenant_id,
        addresses.OF_GRID,
        text,
        known,
    )
    if not words.weights:
        return []
    codes = addresses.grid_codes(
        session,
        tenant_id,
        path,
        words,
    )
    rows = session.execute(
        _grids(tenant_id, path).where(Grid.code.in_(codes))
    ).all()
    names = {row.code: [row.name, row.lies_in] for row in rows}
    areas = session.execute(
        sa.select(
            GridArea.grid_code,
            GridArea.name,
        ).where(
            GridArea.tenant_id == tenant_id, GridArea.grid_code.in_(codes)
        ),
    )
    for code, name in areas:
        if code in names:
            names[code].append(name)
    scored = []
    for row in rows:
        best = max(
            names[row.code],
            key=words.of,
        )
        score = sum(words.of(name) for name in names[row.code])
        scored.append((-score, row.code, row.name, best))
    return [
        Proposal(
            code,
            name,
            say(
                "名称有“{name}”",
                name=best,
            ),
        )
        for score, code, name, best in sorted(scored)[:MOST]
        if score < 0
    ]
