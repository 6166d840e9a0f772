"""The index by which grids are found from words, kept as the register names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.addresses import (
    MOST_OF_PAIR,
    OF_GRID,
    PlaceWord,
    forget,
    index,
    words_of,
)
from orchestrator.store.registers import Grid, GridArea
from orchestrator.store.territories import Territory


def renew_grids(
    session: Session, tenant_id: str, codes: Iterable[str]
) -> None:
    """The grids of those codes are found by the names that they, their communities and their areas have now;
    a retired one by none."""
    wanted = sorted(set(codes))
    for start in range(
        0,
        len(wanted),
        MOST_OF_PAIR,
    ):
        some = wanted[start : start + MOST_OF_PAIR]
        forget(
            session,
            tenant_id,
            OF_GRID,
            some,
        )
        index(
            session,
            tenant_id,
            OF_GRID,
            _names(
                session,
                tenant_id,
                some,
            ),
        )


def grids_of_community(
    session: Session, tenant_id: str, community: str
) -> Sequence[str]:
    return session.scalars(
        sa.select(Grid.code).where(
            Grid.tenant_id == tenant_id, Grid.community_code == community
        )
    ).all()


def stale_grids(session: Session, tenant_id: str) -> list[str]:
    """Codes of the grids that the index holds otherwise than they are named now."""
    codes = session.scalars(
        sa.select(Grid.code).where(Grid.tenant_id == tenant_id)
    ).all()
    stale = set[str]()
    for start in range(
        0,
        len(codes),
        MOST_OF_PAIR,
    ):
        some = codes[start : start + MOST_OF_PAIR]
        names = _names(
            session,
            tenant_id,
            some,
        )
        due = {
            (row["pair"], row["ref"])
            for row in words_of(tenant_id, OF_GRID, names)
        }
        there = session.execute(
            sa.select(PlaceWord.pair, PlaceWord.ref).where(
                PlaceWord.tenant_id == tenant_id,
                PlaceWord.kind == OF_GRID,
                PlaceWord.ref.in_(some),
            )
        )
        held = {(row.pair, row.ref) for row in there}
        stale |= {ref for _pair, ref in due ^ held}
    return sorted(stale)


def _names(
    session: Session, tenant_id: str, codes: Sequence[str]
) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    grids = session.execute(
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
            Grid.code.in_(codes),
            Grid.state == "active",
        )
    )
    for row in grids:
        names[row.code] = [row.name, row.lies_in]
    areas = session.execute(
        sa.select(
            GridArea.grid_code,
            GridArea.name,
        ).where(GridArea.tenant_id == tenant_id, GridArea.grid_code.in_(codes))
    )
    for code, name in areas:
        if code in names:
            names[code].append(name)
    return names
