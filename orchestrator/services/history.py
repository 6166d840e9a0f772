"""The append-only, hash-chained history of a process instance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.store.base import dumps
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction

GENESIS = "0" * 64


def link(
    previous: str,
    instance_id: str,
    seq: int,
    at: datetime,
    kind: str,
    element_id: str | None,
    actor_id: int | None,
    actor_body_id: str | None,
    data: Mapping[str, Any],
) -> str:
    """The hash of an entry: sha256 over the previous hash and the entry's canonical JSON, in hex."""
    content = dumps([instance_id, seq, at.astimezone(UTC).isoformat(), kind, element_id, actor_id, actor_body_id, data])
    return hashlib.sha256(f"{previous}{content}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BrokenLink:
    instance_id: str
    seq: int
    reason: str

    def __str__(self) -> str:
        return f"{self.instance_id} 第 {self.seq} 条：{self.reason}"


def verify(instance_id: str | None = None) -> list[BrokenLink]:
    """The broken links of one instance's history, or of all; an empty list means the history is as it was written."""
    with transaction() as session:
        query = sa.select(ProcessInstance.id, ProcessInstance.history_seq, ProcessInstance.history_hash)
        if instance_id is not None:
            query = query.where(ProcessInstance.id == instance_id)
        broken: list[BrokenLink] = []
        for found_id, last_seq, head in session.execute(query).all():
            broken += _verify_one(session, found_id, last_seq, head)
        return broken


def _verify_one(session: Any, instance_id: str, last_seq: int, head: str) -> list[BrokenLink]:
    entries = session.scalars(
        sa.select(HistoryEntry).where(HistoryEntry.instance_id == instance_id).order_by(HistoryEntry.seq)
    ).all()
    previous = GENESIS
    for expected, entry in enumerate(entries, 1):
        if entry.seq != expected:
            return [BrokenLink(instance_id, expected, "记录缺失")]
        digest = link(
            previous,
            instance_id,
            entry.seq,
            entry.at,
            entry.kind,
            entry.element_id,
            entry.actor_id,
            entry.actor_body_id,
            entry.data,
        )
        if digest != entry.hash:
            return [BrokenLink(instance_id, entry.seq, "内容与校验值不符")]
        previous = digest
    if len(entries) != last_seq or previous != head:
        return [BrokenLink(instance_id, last_seq, "末尾记录缺失")]
    return []
