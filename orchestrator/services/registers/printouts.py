"""Dossiers on paper: what was printed is noted, so that a copy can be held against the record later."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Destroyed, NotFound
from orchestrator.services.access import Viewer, visible_instance
from orchestrator.services.records import history
from orchestrator.services.records.ids import new_id
from orchestrator.store.instances import (
    HistoryEntry,
    Printout,
    ProcessInstance,
)
from orchestrator.store.people import Person
from orchestrator.store.session import transaction


@dataclass(frozen=True, slots=True)
class PrintoutCheck:
    """What a printed copy is worth."""

    instance: ProcessInstance
    printed_at: datetime
    printed_by: str
    record_intact: bool
    """Whether the record as printed still stands unchanged."""
    entries_since: int
    """History entries added after it was printed."""


def note(instance_id: str, content: bytes, by: int, now: datetime) -> str:
    """Notes that this PDF of the instance's dossier was printed; returns its SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    with transaction() as session:
        row = session.get(ProcessInstance, instance_id)
        if row is None:
            raise NotFound(instance_id)
        session.add(
            Printout(
                id=new_id(now),
                instance_id=instance_id,
                printed_by=by,
                printed_at=now,
                history_seq=row.history_seq,
                history_hash=row.history_hash,
                sha256=digest,
            ),
        )
    return digest


def verify(session: Session, who: Viewer, digest: str) -> PrintoutCheck:
    """What is known of the printed file with that SHA-256, also after its dossier was destroyed: the hashes
    stay. Raises NotFound when none was issued that the viewer may see."""
    wanted = digest.strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        raise NotFound(wanted)
    row = session.scalars(
        sa.select(Printout)
        .where(Printout.sha256 == wanted)
        .order_by(Printout.printed_at),
    ).first()
    if row is None:
        raise NotFound(wanted)
    try:
        instance = visible_instance(session, who, row.instance_id)
    except Destroyed:
        instance = session.get_one(ProcessInstance, row.instance_id)
    then = session.get(HistoryEntry, (row.instance_id, row.history_seq))
    intact = (
        then is not None
        and then.hash == row.history_hash
        and not history.verify(row.instance_id)
    )
    by = (
        session.scalar(
            sa.select(Person.display_name).where(Person.id == row.printed_by),
        )
        or ""
    )
    return PrintoutCheck(
        instance,
        row.printed_at,
        by,
        intact,
        instance.history_seq - row.history_seq,
    )
