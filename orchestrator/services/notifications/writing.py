"""Notifications become rows: nobody is told of the same thing twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.notifications import delivery
from orchestrator.services.records.ids import new_id
from orchestrator.store.base import table
from orchestrator.store.notifications import Notification, known_sources

LONGEST_WORDS = 200
"""Characters of what somebody wrote that a notification repeats."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing that people are notified of."""

    kind: str
    """One of store.notifications.KINDS."""
    source: str
    """What it is, within the instance; in all, where it is about none."""
    people: Collection[int]
    at: datetime
    task_id: str | None = None
    step: str = ""
    by: str = ""
    words: str = ""
    due_at: datetime | None = None
    again: bool = False
    """Whether it says anew what was said before: nobody has to read the earlier ones any more."""


def write(
    session: Session,
    tenant_id: str,
    instance_id: str | None,
    occasions: Sequence[Occasion],
    now: datetime,
) -> int:
    """Writes a row for each person of each occasion who has not been told of it; returns how many."""
    within = f"{instance_id}." if instance_id else ""
    known = known_sources(
        session, [f"{within}{occasion.source}" for occasion in occasions]
    )
    rows = []
    for occasion in occasions:
        source = f"{within}{occasion.source}"
        for person_id in sorted(occasion.people):
            if (person_id, source) in known:
                continue
            known.add((person_id, source))
            rows.append(
                {
                    "id": new_id(occasion.at),
                    "tenant_id": tenant_id,
                    "person_id": person_id,
                    "kind": occasion.kind,
                    "instance_id": instance_id,
                    "task_id": occasion.task_id,
                    "step": occasion.step[:120],
                    "by": occasion.by,
                    "words": occasion.words[:LONGEST_WORDS],
                    "due_at": occasion.due_at,
                    "at": occasion.at,
                    "read_at": None,
                    "source": source,
                },
            )
    if rows:
        session.execute(sa.insert(table(Notification)), rows)
        delivery.enqueue(session, rows, now)
    for occasion in occasions:
        if occasion.again:
            _read_earlier(session, instance_id, occasion, now)
    return len(rows)


def _read_earlier(
    session: Session,
    instance_id: str | None,
    occasion: Occasion,
    now: datetime,
) -> None:
    session.execute(
        sa.update(Notification)
        .where(
            Notification.instance_id == instance_id,
            Notification.task_id == occasion.task_id,
            Notification.kind == occasion.kind,
            Notification.words == occasion.words[:LONGEST_WORDS],
            Notification.person_id.in_(occasion.people),
            Notification.at < occasion.at,
            Notification.read_at.is_(None),
        )
        .values(read_at=now),
    )
