"""Which addresses of the city's table fit what is typed: the same text first, then those that hold most of
its pairs of characters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import alike_texts
from orchestrator.store.addresses import (
    MOST_OF_PAIR,
    MOST_PAIRS,
    OF_ADDRESS,
    Address,
    PlaceWord,
    counted,
)
from orchestrator.store.registers import Grid
from orchestrator.store.territories import inside

MOST_COMPARED = 5_000
"""Addresses that are compared with one text; a pair that more have is counted no further."""
MOST_WEIGHED = 16
"""Pairs of one text, the rarest ones, by which addresses are compared."""
SCALE = 1_000_000
"""Weights are whole numbers, so that addresses of the same pairs weigh exactly the same."""


def id_of(text: str) -> str:
    """The id of an address: the same text is the same address."""
    return hashlib.sha256(text.encode("utf-8", "ignore")).hexdigest()[:24]


def best(
    session: Session,
    tenant_id: str,
    path: str,
    text: str,
    known: int,
    most: int,
) -> Sequence[sa.Row[Address, str]]:
    """Up to `most` addresses that fit the text, the best first, each with the name of its active grid. One in
    a grid outside of the place at `path` is none of them.

    `known`: how many addresses there are, counted up to MOST_KNOWN.
    """
    text = " ".join(text.split())
    rows = _begun(session, tenant_id, path, text)[:most]
    have = {row.Address.id for row in rows}
    more = _alike(
        session,
        tenant_id,
        path,
        text,
        known,
        most,
    )
    others = [row for row in more if row.Address.id not in have]
    together = [*rows, *others]
    return together[:most]


def shown(tenant_id: str) -> sa.Select[Address, str]:
    """The city's addresses, each with the name of its active grid."""
    return (
        sa.select(Address, Grid.name.label("grid_name"))
        .outerjoin(
            Grid,
            (Grid.tenant_id == Address.tenant_id)
            & (Grid.code == Address.grid_code)
            & (Grid.state == "active"),
        )
        .where(Address.tenant_id == tenant_id)
    )


def _in_place(path: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        Grid.code.is_(None),
        inside(
            Grid.territory_path,
            [path],
        ),
    )


def _begun(
    session: Session,
    tenant_id: str,
    path: str,
    text: str,
) -> Sequence[sa.Row[Address, str]]:
    """Those with whose whole text the typed one begins, the longest first."""
    beginnings = [
        id_of(text[:length].rstrip()) for length in range(2, len(text) + 1)
    ]
    if not beginnings:
        return []
    return session.execute(
        shown(tenant_id)
        .where(Address.id.in_(set(beginnings)), _in_place(path))
        .order_by(sa.func.length(Address.text).desc())
    ).all()


def _alike(
    session: Session,
    tenant_id: str,
    path: str,
    text: str,
    known: int,
    most: int,
) -> Sequence[sa.Row[Address, str]]:
    """Those that share pairs with the text: as much as one rare pair says, or most of them."""
    pairs = sorted(alike_texts.pairs(text))[:MOST_PAIRS]
    names = counted(session, tenant_id, OF_ADDRESS, pairs, MOST_COMPARED)
    rarest = sorted(names, key=lambda pair: (names[pair], pair))
    if not rarest:
        return []
    few = MOST_OF_PAIR
    if known > 2:
        few = min(few, known // 2)
    weighed = rarest[:MOST_WEIGHED]
    near = _weighed(
        _holders(tenant_id, _within_bounds(rarest, names)),
        tenant_id,
        {pair: SCALE // names[pair] for pair in weighed},
    )
    query = (
        shown(tenant_id)
        .join(near, near.c.ref == Address.id)
        .where(
            sa.or_(
                near.c.weight >= SCALE // few, near.c.held * 2 > len(weighed)
            )
        )
    )
    begins = Address.text.startswith(text, autoescape=True)
    return session.execute(
        query.where(_in_place(path))
        .order_by(
            near.c.weight.desc(),
            sa.case((begins, 0), else_=1),
            # The second door stands before the tenth.
            sa.func.length(Address.text),
            Address.text,
        )
        .limit(most)
    ).all()


def _within_bounds(
    rarest: Sequence[str], names: Mapping[str, int]
) -> list[str]:
    """The rarest pair, and the next ones as long as they are on few addresses together."""
    taken = [rarest[0]]
    together = names[rarest[0]]
    for pair in rarest[1:]:
        together += names[pair]
        if together > MOST_COMPARED:
            break
        taken.append(pair)
    return taken


def _holders(tenant_id: str, pairs: Sequence[str]) -> sa.Subquery:
    """Ids of the addresses that have one of the pairs. Each pair is read by itself: of several at once SQLite
    reads the whole index."""
    parts = [
        sa.select(PlaceWord.ref)
        .where(
            PlaceWord.tenant_id == tenant_id,
            PlaceWord.kind == OF_ADDRESS,
            PlaceWord.pair == pair,
        )
        .limit(MOST_COMPARED)
        .subquery()
        for pair in pairs
    ]
    return sa.union(*(sa.select(part.c.ref) for part in parts)).subquery()


def _weighed(
    near: sa.Subquery, tenant_id: str, weights: Mapping[str, int]
) -> sa.Subquery:
    """Each of them with the weight and the number of its pairs. The sums depend on its row and the limit
    keeps them apart, so that a database looks up pairs of these addresses alone."""
    its_own = sa.and_(
        PlaceWord.tenant_id == tenant_id,
        PlaceWord.kind == OF_ADDRESS,
        PlaceWord.pair.in_(weights),
        PlaceWord.ref == near.c.ref,
    )
    weight = sa.func.sum(sa.case(dict(weights), value=PlaceWord.pair))
    return (
        sa.select(
            near.c.ref,
            sa.select(weight)
            .where(its_own)
            .correlate(near)
            .scalar_subquery()
            .label("weight"),
            sa.select(sa.func.count())
            .where(its_own)
            .correlate(near)
            .scalar_subquery()
            .label("held"),
        )
        .limit(2 * MOST_COMPARED)
        .subquery()
    )
