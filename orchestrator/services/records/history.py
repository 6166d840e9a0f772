"""The append-only, hash-chained history of a process instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import hash_chain
from orchestrator.sentences import say
from orchestrator.store.base import table
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
    previous = hash_chain.GENESIS
    before = None
    for expected, row in enumerate(entries, 1):
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
    if len(entries) != last_seq or previous != head:
        return BrokenLink(instance_id, last_seq, say("末尾记录缺失"))
    return None
