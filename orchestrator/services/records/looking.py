"""Notes who looked at what, at most once a day for each person and subject."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.store.base import table
from orchestrator.store.looks import Look
from orchestrator.store.session import db, transaction

MOST_KNOWN = 20_000
"""Looks that a process remembers, so that the next one of the day costs nothing."""
_known: set[tuple[str, str, int, str]] = set()


def note(subject: str, person_id: int, address: str, now: datetime) -> None:
    """Keeps the first look of the day, in a transaction of its own. Raises what the database raises."""
    day = now.astimezone(UTC).date().isoformat()
    key = (subject, day, person_id, str(db.engine.url))
    if key in _known:
        return
    insert = (
        postgresql.insert
        if db.engine.dialect.name == "postgresql"
        else sqlite.insert
    )
    row = {
        "subject": subject[:80],
        "on": day,
        "person_id": person_id,
        "at": now,
        "address": address[:45],
    }
    with transaction() as session:
        session.execute(
            insert(table(Look)).values(row).on_conflict_do_nothing(),
        )
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known.add(key)
