"""The city's own table of addresses, and the index by which grids and addresses are found from words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.domain import alike_texts
from orchestrator.store.base import Base, one_of, table
from orchestrator.store.registers import Grid
from orchestrator.store.territories import inside

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
    session: Session,
    tenant_id: str,
    kind: str,
    text: str,
    known: int,
) -> Telling:
    """Of the text's pairs those that neither MOST_OF_PAIR nor half of the `known` names have; each is counted
    no further than that."""
    few = MOST_OF_PAIR
    if known > 2:
        few = min(few, known // 2)
    pairs = sorted(alike_texts.pairs(text))[:MOST_PAIRS]
    names = counted(
        session,
        tenant_id,
        kind,
        pairs,
        few,
    )
    return Telling(
        {pair: 1 / number for pair, number in names.items() if number <= few}
    )


def counted(
    session: Session,
    tenant_id: str,
    kind: str,
    pairs: Sequence[str],
    most: int,
) -> dict[str, int]:
    """Each pair that a name has → how many have it, counted no further than one above `most`."""
    counts = []
    for pair in pairs:
        some = (
            sa.select(PlaceWord.pair)
            .where(
                PlaceWord.tenant_id == tenant_id,
                PlaceWord.kind == kind,
                PlaceWord.pair == pair,
            )
            .limit(most + 1)
            .subquery()
        )
        counts.append(
            sa.select(
                some.c.pair,
                sa.func.count().label("names"),
            ).group_by(some.c.pair)
        )
    if not counts:
        return {}
    rows = session.execute(sa.union_all(*counts)).all()
    return {row.pair: row.names for row in rows}


def grid_codes(
    session: Session,
    tenant_id: str,
    path: str,
    words: Telling,
) -> Sequence[str]:
    """Codes of the active grids under the place in whose names those words stand, the best first."""
    weight = sa.case(
        dict(words.weights),
        value=PlaceWord.pair,
        else_=0.0,
    )
    return session.scalars(
        sa.select(PlaceWord.ref)
        .join(
            Grid,
            (Grid.tenant_id == PlaceWord.tenant_id)
            & (Grid.code == PlaceWord.ref),
        )
        .where(
            PlaceWord.tenant_id == tenant_id,
            PlaceWord.kind == OF_GRID,
            PlaceWord.pair.in_(words.weights),
            Grid.state == "active",
            inside(
                Grid.territory_path,
                [path],
            ),
        )
        .group_by(PlaceWord.ref)
        .order_by(sa.func.sum(weight).desc(), PlaceWord.ref)
        .limit(MOST_FOUND)
    ).all()


def count_up_to(session: Session, query: sa.Select[Any], most: int) -> int:
    """How many rows the query has, counted no further than `most`."""
    some = query.limit(most).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def forget(
    session: Session,
    tenant_id: str,
    kind: str,
    refs: Sequence[str],
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
    write_words(
        session,
        words_of(
            tenant_id,
            kind,
            names,
        ),
    )


def words_of(
    tenant_id: str, kind: str, names: Mapping[str, Sequence[str]]
) -> list[dict[str, str]]:
    """Rows of the index, in its own order: so two writers wait for each other instead of blocking both."""
    found = {
        (pair, ref)
        for ref, listed in names.items()
        for name in listed
        for pair in alike_texts.pairs(name)
    }
    return [
        {"tenant_id": tenant_id, "kind": kind, "pair": pair, "ref": ref}
        for pair, ref in sorted(found)
    ]


def write_words(session: Session, words: Sequence[Mapping[str, str]]) -> None:
    """Adds the rows; one that somebody else added meanwhile stays."""
    add = _insert(session)(table(PlaceWord)).on_conflict_do_nothing()
    for start in range(0, len(words), AT_ONCE):
        session.execute(
            add,
            words[start : start + AT_ONCE],
        )


def write(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds the addresses; one that is there gets the new point and grid."""
    add = _insert(session)(table(Address))
    session.execute(
        add.on_conflict_do_update(
            index_elements=["tenant_id", "id"],
            set_={
                name: add.excluded[name]
                for name in ("latitude", "longitude", "grid_code")
            },
        ),
        rows,
    )


def _insert(session: Session) -> Any:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert
    return sqlite.insert
