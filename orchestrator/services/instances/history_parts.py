"""A matter's history cut into parts: which entries a page or a printed dossier shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.instances import HistoryEntry

PART_SIZE = 200
"""History entries on one page, and in one part of a printed dossier."""


@dataclass(frozen=True, slots=True)
class HistoryPart:
    """A part of a history: the entries `first` to `last` of `total`, counted from 1."""

    first: int
    last: int
    total: int

    @property
    def number(self) -> int:
        """Which part it is when the history is cut into parts of PART_SIZE, counted from 1."""
        return (max(self.first, 1) - 1) // PART_SIZE + 1

    @property
    def count(self) -> int:
        """How many such parts the history has."""
        return max(1, -(-self.total // PART_SIZE))

    @property
    def whole(self) -> bool:
        """Whether it is the whole history."""
        return self.first <= 1 and self.last == self.total


def latest(total: int, before: int | None = None) -> HistoryPart:
    """The last PART_SIZE entries, or those before entry number `before`."""
    last = total if before is None else max(1, min(before - 1, total))
    return HistoryPart(max(1, last - PART_SIZE + 1), last, total)


def numbered(total: int, number: int) -> HistoryPart:
    """Part `number` of the history. A number outside gives the nearest part."""
    count = max(1, -(-total // PART_SIZE))
    within = max(1, min(number, count))
    return HistoryPart((within - 1) * PART_SIZE + 1, min(within * PART_SIZE, total), total)


def entries_of(session: Session, instance_id: str, part: HistoryPart) -> Sequence[HistoryEntry]:
    """The entries of the part, in order."""
    query = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id == instance_id, HistoryEntry.seq.between(part.first, part.last)
    )
    return session.scalars(query.order_by(HistoryEntry.seq)).all()
