"""An instance's history cut into parts: which entries a page or a printed dossier shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTask

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


@dataclass(frozen=True, slots=True)
class WantedPart:
    """Which part of a history somebody asks for; without both the latest."""

    before: int | None = None
    """The part that ends before this entry."""
    number: int | None = None
    """The part with this number."""

    def of(self, total: int) -> HistoryPart:
        """The part, of a history of so many entries."""
        if self.number is None:
            return latest(total, self.before)
        return numbered(total, self.number or 1)


LATEST = WantedPart()


def latest(total: int, before: int | None = None) -> HistoryPart:
    """The last PART_SIZE entries, or those before entry number `before`."""
    if before is None:
        last = total
    else:
        last = max(1, min(before - 1, total))
    return HistoryPart(max(1, last - PART_SIZE + 1), last, total)


def numbered(total: int, number: int) -> HistoryPart:
    """Part `number` of the history. A number outside gives the nearest part."""
    count = max(1, -(-total // PART_SIZE))
    within = max(1, min(number, count))
    return HistoryPart(
        (within - 1) * PART_SIZE + 1,
        min(within * PART_SIZE, total),
        total,
    )


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The entries of a part, in order, with what they name."""

    entries: Sequence[HistoryEntry]
    people: dict[int, str]
    """Names of who acted."""
    bodies: dict[str, str]
    """Names of the bodies for which they acted."""
    due: Mapping[int, datetime]
    """Number of an entry that completes a task → when the task was due at last, its extensions counted."""


_ENTRIES = (
    sa.select(
        HistoryEntry,
        Person.display_name.label("person"),
        Body.name.label("body"),
        UserTask.due_at,
    )
    .join(Person, Person.id == HistoryEntry.actor_id, isouter=True)
    .join(Body, Body.id == HistoryEntry.actor_body_id, isouter=True)
    .join(
        UserTask,
        sa.and_(
            HistoryEntry.kind == "user-task-completed",
            UserTask.id
            == HistoryEntry.instance_id
            + "."
            + HistoryEntry.data["task"].as_string(),
        ),
        isouter=True,
    )
    .where(
        HistoryEntry.instance_id
        == sa.bindparam("instance", type_=sa.String()),
        HistoryEntry.seq.between(
            sa.bindparam("first", type_=sa.Integer()),
            sa.bindparam("last", type_=sa.Integer()),
        ),
    )
    .order_by(HistoryEntry.seq)
)


def numbers_of_tasks(session: Session, instance_id: str) -> dict[str, int]:
    """Id of each task that was completed → number of the entry that completes it."""
    task = HistoryEntry.data["task"].as_string()
    rows = session.execute(
        sa.select(task.label("task"), HistoryEntry.seq)
        .where(
            HistoryEntry.instance_id == instance_id,
            HistoryEntry.kind == "user-task-completed",
        )
        .order_by(HistoryEntry.seq)
    )
    return {f"{instance_id}.{row.task}": row.seq for row in rows}


def page_of(
    session: Session,
    instance_id: str,
    part: HistoryPart,
) -> HistoryPage:
    """What the part holds."""
    asked = {"instance": instance_id, "first": part.first, "last": part.last}
    rows = session.execute(_ENTRIES, asked).all()
    return HistoryPage(
        [row.HistoryEntry for row in rows],
        {
            row.HistoryEntry.actor_id: row.person
            for row in rows
            if row.person is not None
        },
        {
            row.HistoryEntry.actor_body_id: row.body
            for row in rows
            if row.body is not None
        },
        {
            row.HistoryEntry.seq: row.due_at
            for row in rows
            if row.due_at is not None
        },
    )
