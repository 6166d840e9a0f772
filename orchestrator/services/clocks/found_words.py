"""Takes words out of the search index after a deployment marked more fields as personal.

For example, a new version of a form marks `phone` as personal: the numbers that people wrote there find their
instances no longer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from orchestrator.services import bundles
from orchestrator.services.bundles import bundle_of, personal_marks
from orchestrator.services.execution.persistence import search_words
from orchestrator.services.installation.database import settings
from orchestrator.services.instances.timeline import Moves
from orchestrator.store import people
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.search import MAX_CONTENT, SearchEntry, fold, grams
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask

AT_ONCE = 100
"""Instances of a round."""
NOTE = "found-words.json"
"""In the data directory: jurisdiction → the marks that its instances were looked through for; the last row of
a round that is not the last one; when they are looked through again, and whether this is that time. Where it
is lost, all are looked through."""

log = logging.getLogger("gridflow.clock")


@dataclass(frozen=True, slots=True)
class _Change:
    row_id: int
    before: str
    content: str
    grams: list[str]


def go_on(now: datetime) -> int:
    """Looks through the next AT_ONCE instances of a jurisdiction whose forms have other personal fields than
    those that its instances were looked through for; returns how many of them lost words.

    All are looked through twice: a writer may not know a deployment for a minute (`bundles.FRESH`).
    """
    note = settings().var_dir / NOTE
    known = _read(note)
    with transaction(writing=False) as session:
        marks = {
            tenant_id: personal_marks(session, tenant_id)
            for tenant_id in people.tenants(session)
        }
    for tenant_id, digest in marks.items():
        done = known.get(tenant_id, {})
        if done.get("marks") != digest:
            done = {"marks": digest, "after": 0}
        if not _is_due(done, now):
            continue
        last, changed = _round(tenant_id, int(done.get("after", 0)))
        known[tenant_id] = _progress(done, last, now)
        note.write_text(json.dumps(known))
        return changed
    return 0


def _is_due(done: Mapping[str, Any], now: datetime) -> bool:
    if "again_at" in done:
        return now >= datetime.fromisoformat(done["again_at"])
    return "after" in done


def _progress(
    done: Mapping[str, Any], last: int | None, now: datetime
) -> dict[str, Any]:
    """What the note says after a round that came to the row `last`, None where it was the last round."""
    marks, second = done["marks"], "again_at" in done or "second" in done
    if last is not None:
        progress = {"marks": marks, "after": last}
        if second:
            progress["second"] = True
        return progress
    if second:
        return {"marks": marks}
    return {"marks": marks, "again_at": (now + bundles.FRESH).isoformat()}


def _read(note: Path) -> dict[str, dict[str, Any]]:
    try:
        result: dict[str, dict[str, Any]] = json.loads(note.read_text())
    except (OSError, ValueError):
        return {}
    return result


def _round(tenant_id: str, after: int) -> tuple[int | None, int]:
    """The last row that was looked at, None when there are no more, and how many lost words."""
    with transaction(writing=False) as session:
        rows = session.execute(
            sa.select(
                SearchEntry.id,
                SearchEntry.instance_id,
                SearchEntry.text,
                SearchEntry.content,
                ProcessInstance.definition_id,
            )
            .join(
                ProcessInstance,
                ProcessInstance.id == SearchEntry.instance_id,
            )
            .where(SearchEntry.tenant_id == tenant_id, SearchEntry.id > after)
            .order_by(SearchEntry.id)
            .limit(AT_ONCE)
        ).all()
        changes = [
            change
            for row in rows
            if (change := _change_or_none(session, row)) is not None
        ]
    if changes and not _write(changes):
        return after, len(changes)
    if len(rows) < AT_ONCE:
        return None, len(changes)
    return rows[-1].id, len(changes)


def _change_or_none(session: Session, row: Any) -> _Change | None:
    """What `_change` returns. None too for an instance that cannot be read back: it is noted in the log, and
    those behind it are still read."""
    try:
        return _change(session, row)
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception(
            "the words that instance %s is found by stay as they were: its history cannot be read back",
            row.instance_id,
        )
        return None


def _change(session: Session, row: Any) -> _Change | None:
    bundle = bundle_of(session, row.definition_id)
    moves = Moves.of(session, bundle, row.instance_id)
    if list(map(id, moves.bundles)) == list(map(id, moves.own)):
        return None
    hidden: set[str] = set()
    kept: set[str] = set()
    for entry in _submitted(session, row.instance_id):
        own = moves.own_at(entry.seq)
        outcome = moves.at(entry.seq)
        hidden |= _folded(search_words.lines(own, entry.data))
        kept |= _folded(search_words.lines(outcome, entry.data))
    hidden -= kept
    lines = row.content.split("\n")
    left = [line for line in lines if line not in hidden]
    if len(row.content) >= MAX_CONTENT and any(
        value.startswith(lines[-1]) for value in hidden
    ):
        left = left[:-1]
    if left == lines:
        return None
    steps = session.scalars(
        sa.select(UserTask.name)
        .distinct()
        .where(UserTask.instance_id == row.instance_id)
    )
    content = "\n".join(left)
    words = grams("\n".join([row.text, *steps, content]))
    return _Change(row.id, row.content, content, words)


def _submitted(session: Session, instance_id: str) -> Iterable[Any]:
    """Number and data of the entries that somebody filled in."""
    result = session.execute(
        sa.select(HistoryEntry.seq, HistoryEntry.data)
        .where(HistoryEntry.instance_id == instance_id)
        .execution_options(yield_per=500)
    )
    return (row for row in result if row.data.get("submitted"))


def _folded(lines: Iterable[str]) -> set[str]:
    return {part for line in lines for part in fold(line).split("\n") if part}


def _write(changes: list[_Change]) -> bool:
    """Whether every instance still had the words that were looked at; one that got more has to be looked at
    again."""
    with transaction() as session:
        written = [
            session.scalar(
                sa.update(SearchEntry)
                .where(
                    SearchEntry.id == change.row_id,
                    SearchEntry.content == change.before,
                )
                .values(content=change.content, grams=change.grams)
                .returning(SearchEntry.id)
            )
            for change in changes
        ]
    return None not in written
