"""The city's own table of addresses, and the index by which grids and addresses are found from words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.domain import alike_texts
from orchestrator.store.base import Base, one_of, table
from orchestrator.store.registers import Grid, GridArea
from orchestrator.store.territories import Territory, inside

OF_GRID = "of-grid"
OF_ADDRESS = "of-address"
MOST_OF_PAIR = 1_000
"""Names that have a pair of characters; a pair that more have says nothing."""
MOST_KNOWN = 2 * MOST_OF_PAIR + 1
"""Names beyond which it does not matter how many there are."""
MOST_PAIRS = 60
"""Pairs of one text that are looked up."""
MOST_FOUND = 60
"""Names that are read for one text."""
AT_ONCE = 5_000
"""Rows of the index that one statement writes."""


class Address(Base):
    """An address of the city with its point; its id is made of its text."""

    __tablename__ = "address"

    tenant_id: Mapped[str] = mapped_column(
        sa.String(40),
        primary_key=True,
    )
    id: Mapped[str] = mapped_column(
        sa.String(24),
        primary_key=True,
    )
    text: Mapped[str] = mapped_column(sa.String(120))
    latitude: Mapped[float] = mapped_column(sa.Float)
    longitude: Mapped[float] = mapped_column(sa.Float)
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    """The grid in which it lies, as the table says; empty where it names none."""


class PlaceWord(Base):
    """A pair of neighbouring characters that stands in the names of a grid or in an address."""

    __tablename__ = "place_word"
    __table_args__ = (
        one_of(
            "kind",
            OF_GRID,
            OF_ADDRESS,
        ),
        sa.Index(
            None,
            "tenant_id",
            "kind",
            "ref",
        ),
    )

    tenant_id: Mapped[str] = mapped_column(
        sa.String(40),
        primary_key=True,
    )
    kind: Mapped[str] = mapped_column(
        sa.String(12),
        primary_key=True,
    )
    pair: Mapped[str] = mapped_column(
        sa.String(2),
        primary_key=True,
    )
    ref: Mapped[str] = mapped_column(
        sa.String(32),
        primary_key=True,
    )
    """Code of the grid, or id of the address."""


@dataclass(
    frozen=True,
    slots=True,
)
class Telling:
    """The pairs of a text by which names are told apart: the rarer one is, the more it weighs."""

    weights: Mapping[str, float]

    def of(self, name: str) -> float:
        """How much of the text stands in that name."""
        return sum(
            self.weights.get(pair, 0.0) for pair in alike_texts.pairs(name)
        )


def telling(
    session: Session, tenant_id: str, kind: str, text: str, known: int
) -> Telling:
    """Of the text's pairs those that neither MOST_OF_PAIR nor half of the `known` names have; each is counted
    no further than that."""
    few = MOST_OF_PAIR
    if known > 2:
        few = min(few, known // 2)
    counts = []
    for pair in sorted(alike_texts.pairs(text))[:MOST_PAIRS]:
        some = (
            sa.select(PlaceWord.pair)
            .where(
                PlaceWord.tenant_id == tenant_id,
                PlaceWord.kind == kind,
                PlaceWord.pair == pair,
            )
            .limit(few + 1)
            .subquery()
        )
        counts.append(
            sa.select(
                some.c.pair,
                sa.func.count().label("names"),
            ).group_by(some.c.pair)
        )
    if not counts:
        return Telling({})
    rows = session.execute(sa.union_all(*counts)).all()
    return Telling(
        {row.pair: 1 / row.names for row in rows if row.names <= few}
    )


def grid_codes(
    session: Session, tenant_id: str, path: str, words: Telling
) -> Sequence[str]:
    """Codes of the active grids under the place in whose names those words stand, the best first."""
    query = _ranked(
        tenant_id,
        OF_GRID,
        words,
    ).join(
        Grid,
        (Grid.tenant_id == PlaceWord.tenant_id) & (Grid.code == PlaceWord.ref),
    )
    return session.scalars(
        query.where(
            Grid.state == "active",
            inside(
                Grid.territory_path,
                [path],
            ),
        )
    ).all()


def address_ids(
    session: Session, tenant_id: str, words: Telling
) -> Sequence[str]:
    """Ids of the addresses in which those words stand, the best first."""
    return session.scalars(
        _ranked(
            tenant_id,
            OF_ADDRESS,
            words,
        )
    ).all()


def _ranked(tenant_id: str, kind: str, words: Telling) -> sa.Select[str]:
    weight = sa.case(
        dict(words.weights),
        value=PlaceWord.pair,
        else_=0.0,
    )
    return (
        sa.select(PlaceWord.ref)
        .where(
            PlaceWord.tenant_id == tenant_id,
            PlaceWord.kind == kind,
            PlaceWord.pair.in_(words.weights),
        )
        .group_by(PlaceWord.ref)
        .order_by(sa.func.sum(weight).desc(), PlaceWord.ref)
        .limit(MOST_FOUND)
    )


def count_up_to(session: Session, query: sa.Select[Any], most: int) -> int:
    """How many rows the query has, counted no further than `most`."""
    some = query.limit(most).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


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


def forget(
    session: Session, tenant_id: str, kind: str, refs: Sequence[str]
) -> None:
    session.execute(
        sa.delete(PlaceWord).where(
            PlaceWord.tenant_id == tenant_id,
            PlaceWord.kind == kind,
            PlaceWord.ref.in_(refs),
        )
    )


def index(
    session: Session,
    tenant_id: str,
    kind: str,
    names: Mapping[str, Sequence[str]],
) -> None:
    """What `names` names is found by their pairs of characters."""
    rows = []
    for ref, listed in names.items():
        pairs = {pair for name in listed for pair in alike_texts.pairs(name)}
        rows += [
            {"tenant_id": tenant_id, "kind": kind, "pair": pair, "ref": ref}
            for pair in pairs
        ]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(
            sa.insert(table(PlaceWord)), rows[start : start + AT_ONCE]
        )
