"""The append-only, hash-chained history of a process instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import hash_chain
from orchestrator.sentences import say
from orchestrator.store.base import table
from orchestrator.store.disposals import ENTRY as DESTROYED_ENTRY
from orchestrator.store.disposals import Tombstone
from orchestrator.store.erasing import digest_of
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction

Written = tuple[
    datetime,
    str,
    str | None,
    int | None,
    str | None,
    Mapping[str, Any],
]
"""An entry's instant, kind, element, person, body and data."""


def link(
    previous: bytes,
    instance_id: str,
    seq: int,
    written: Written,
) -> bytes:
    """The hash of an entry: sha256 over the previous hash and the entry's canonical JSON."""
    return hash_chain.link(previous, hashed(instance_id, seq, written))


def hashed(instance_id: str, seq: int, written: Written) -> list[Any]:
    """The values whose text is hashed."""
    at, *rest = written
    return [instance_id, seq, at.astimezone(UTC).isoformat(), *rest]


@dataclass(frozen=True, slots=True)
class BrokenLink:
    instance_id: str
    seq: int
    reason: str

    def __str__(self) -> str:
        return say(
            "{instance_id} 第 {seq} 条：{reason}",
            instance_id=self.instance_id,
            seq=self.seq,
            reason=self.reason,
        )


def verify(instance_id: str | None = None) -> list[BrokenLink]:
    """The first broken link of each history, of one instance or of all; an empty list means they are as they
    were written."""
    heads = sa.select(
        ProcessInstance.id,
        ProcessInstance.history_seq,
        ProcessInstance.history_hash,
    )
    if instance_id is not None:
        heads = heads.where(ProcessInstance.id == instance_id)
    with transaction(writing=False) as session:
        # A stretch at a time: the histories of years do not fit into memory.
        result = (
            broken_link(session, *head)
            for stretch in session.execute(
                heads.order_by(ProcessInstance.id),
            ).partitions(500)
            for head in stretch
        )
        return [link for link in result if link is not None]


def broken_link(
    session: Session,
    instance_id: str,
    last_seq: int,
    head: bytes,
) -> BrokenLink | None:
    """The first link of a history that does not hold, or that is told out of the order of time; None when all
    do."""
    entries = session.execute(
        sa.select(table(HistoryEntry))
        .where(HistoryEntry.instance_id == instance_id)
        .order_by(HistoryEntry.seq),
    ).all()
    broken = _first_broken(instance_id, entries, 0)
    if broken is not None:
        emptied = _emptied(session, instance_id, entries)
        if emptied:
            broken = _first_broken(instance_id, entries, emptied)
    if broken is not None:
        return broken
    last = hash_chain.GENESIS
    if entries:
        last = entries[-1].hash
    if len(entries) != last_seq or last != head:
        return BrokenLink(instance_id, last_seq, say("末尾记录缺失"))
    return None


def _first_broken(
    instance_id: str,
    entries: Sequence[Any],
    emptied: int,
) -> BrokenLink | None:
    """The first link after the `emptied` ones that does not hold, or that is told out of the order of
    time."""
    previous = hash_chain.GENESIS
    before = None
    if emptied:
        previous = entries[emptied - 1].hash
        before = entries[emptied - 1].at
    for expected, row in enumerate(entries[emptied:], emptied + 1):
        if row.seq != expected:
            return BrokenLink(instance_id, expected, say("记录缺失"))
        what = (
            row.at,
            row.kind,
            row.element_id,
            row.actor_id,
            row.actor_body_id,
            row.data,
        )
        digest = link(previous, instance_id, row.seq, what)
        if digest != row.hash:
            return BrokenLink(instance_id, row.seq, say("内容与校验值不符"))
        if before is not None and row.at < before - hash_chain.SKEW:
            return BrokenLink(instance_id, row.seq, say("时间早于前一条"))
        previous = digest
        before = row.at
    return None


def _emptied(
    session: Session,
    instance_id: str,
    entries: Sequence[Any],
) -> int:
    """How many entries, from the first on, are what a destroyed dossier leaves: all their hashes as they
    were, named by the history of the procedure that destroyed it, which holds itself. 0 where any of it is
    otherwise."""
    stone = session.get(Tombstone, instance_id)
    if stone is None:
        return 0
    named = session.scalars(
        sa.select(HistoryEntry.data).where(
            HistoryEntry.instance_id == stone.destroyed_by,
            HistoryEntry.kind == DESTROYED_ENTRY,
        )
    )
    parts = [part for data in named for part in data.get("parts", ())]
    left = entries[: stone.entries]
    if (
        not left
        or any(row.data for row in left)
        or [row.seq for row in left] != list(range(1, stone.entries + 1))
        or [instance_id, len(left), digest_of(left)] not in parts
    ):
        return 0
    procedure = session.get_one(ProcessInstance, stone.destroyed_by)
    if procedure.destroyed_at is not None or broken_link(
        session,
        procedure.id,
        procedure.history_seq,
        procedure.history_hash,
    ):
        return 0
    return len(left)
