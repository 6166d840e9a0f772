"""What is taken out of the database when a dossier is destroyed, and what of it stays.

Of the history stay number, instant, kind, step, people and hash of each entry; what was written in them goes.
Counts, looks and the registers of what was decided stay: they are other records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.hash_chain import canonical
from orchestrator.store.added_signers import AddedSigner, HeldSubmission
from orchestrator.store.archives import ArchivePackage
from orchestrator.store.base import Base, table
from orchestrator.store.data_grants import DataGrant
from orchestrator.store.disclosures import Disclosure
from orchestrator.store.disposals import Tombstone
from orchestrator.store.incidents import Incident, OutboxMessage
from orchestrator.store.instances import Copy, HistoryEntry, ProcessInstance
from orchestrator.store.look_reviews import LookReview
from orchestrator.store.merges import CaseMerge
from orchestrator.store.moves import MoveResult
from orchestrator.store.notifications import Notification
from orchestrator.store.photos import AttachmentPhoto
from orchestrator.store.registers import Filing, Grid, GridCase
from orchestrator.store.resident_reports import ResidentPhoto, ResidentReport
from orchestrator.store.search import SearchEntry
from orchestrator.store.set_aside import SetAside
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import (
    Attachment,
    UserTask,
    UserTaskCandidate,
)

_EMPTIED: Sequence[tuple[type[Base], Mapping[str, Any]]] = (
    (HistoryEntry, {"data": {}}),
    (UserTask, {"variables": {}}),
    (UserTaskCandidate, {"applicant": ""}),
    (
        GridCase,
        {"location": "", "latitude": None, "longitude": None, "result": ""},
    ),
    (AddedSigner, {"reason": "", "opinion": ""}),
    (Incident, {"message": "", "details": {}}),
    (OutboxMessage, {"payload": {}, "last_error": None}),
    (Copy, {"reason": ""}),
    (Filing, {"subject": ""}),
    (Disclosure, {"reason": ""}),
    (DataGrant, {"reason": "", "revoked_why": ""}),
    (Deadline, {"entries": []}),
    (
        ResidentReport,
        {
            "content": "",
            "place": "",
            "point": "",
            "phone": "",
            "sender": "",
            "answer": "",
        },
    ),
)
"""Tables with the instance's id → what stands there instead."""
_REMOVED: Sequence[type[Base]] = (
    Notification,
    SearchEntry,
    CaseMerge,
    ArchivePackage,
    Attachment,
)
_BY_TASK_OR_FILE: Sequence[type[Base]] = (
    AttachmentPhoto,
    ResidentPhoto,
    HeldSubmission,
    SetAside,
)
_BY_LOOK: Sequence[type[Base]] = (LookReview,)
STAYS: Mapping[str, str] = {
    "assessed_case": "which cases an assessment counted",
    "assessment_result": "what an assessment came to",
    "calendar_move": "instants alone",
    "counted_case": "figures",
    "counted_part": "figures",
    "disposal_entry": "the register of what was destroyed",
    "event_subscription": "names of the diagram; an ended instance has none",
    Grid.__tablename__: "the register of grids",
    "grid_event": "the register of grids",
    "item_list_version": "the lists of items",
    "item_review": "what a review of an item came to",
    "pay_sheet": "the register of pay",
    "printout": "checksums of what was handed out",
    "public_notice": "what was published",
    "read_task": "who saw a task",
    "suspension": "instants alone",
    "task_reminder": "instants alone",
    "timer_job": "instants alone",
    "tombstone": "what this module leaves",
    "visit": "the record of the visit itself",
}
"""Tables that name an instance and stay as they are → why."""


def known_tables() -> set[str]:
    """Names of the tables of which it is decided what becomes of them."""
    models: list[type[Base]] = [
        *(model for model, _ in _EMPTIED),
        *_REMOVED,
        *_BY_TASK_OR_FILE,
        *_BY_LOOK,
        MoveResult,
        ProcessInstance,
    ]
    return {model.__tablename__ for model in models} | set(STAYS)


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of one instance."""

    instance_id: str
    entries: int
    digest: str
    files: int


def digest_of(entries: Sequence[Any]) -> str:
    """SHA-256 over what stays of a history: number, instant, kind, step, people and hash of each entry (rows
    of history_entry)."""
    left = [
        [
            row.seq,
            row.at.astimezone(UTC).isoformat(),
            row.kind,
            row.element_id,
            row.actor_id,
            row.actor_body_id,
            row.hash.hex(),
        ]
        for row in entries
    ]
    return hashlib.sha256(canonical(left).encode()).hexdigest()


def erase(
    session: Session,
    instance: ProcessInstance,
    destroyed_by: str,
    title: str,
    now: datetime,
) -> Erased:
    """Takes out what was written in the ended instance, its files and its packages, and leaves a tombstone.
    `title` stands in place of its title. The files' bytes go with the next sweep, as no row names them."""
    entries = session.execute(
        sa.select(table(HistoryEntry))
        .where(HistoryEntry.instance_id == instance.id)
        .order_by(HistoryEntry.seq)
    ).all()
    files = sa.select(Attachment.id).where(
        Attachment.instance_id == instance.id
    )
    many = len(session.scalars(files).all())
    reports = sa.select(ResidentReport.id).where(
        ResidentReport.instance_id == instance.id
    )
    tasks = sa.select(UserTask.id).where(UserTask.instance_id == instance.id)
    for of_rows in (
        sa.delete(AttachmentPhoto).where(
            AttachmentPhoto.attachment_id.in_(files)
        ),
        sa.delete(ResidentPhoto).where(ResidentPhoto.report_id.in_(reports)),
        sa.delete(HeldSubmission).where(HeldSubmission.task_id.in_(tasks)),
        sa.delete(SetAside).where(SetAside.task_id.in_(tasks)),
    ):
        session.execute(of_rows)
    for model in _REMOVED:
        session.execute(
            sa.delete(model).where(_of(model) == instance.id),
            execution_options={"synchronize_session": False},
        )
    for model, instead in _EMPTIED:
        session.execute(
            sa.update(model).where(_of(model) == instance.id).values(instead),
            execution_options={"synchronize_session": False},
        )
    for model in (UserTask, GridCase):
        session.execute(
            sa.update(model)
            .where(_of(model) == instance.id)
            .values(title=title),
            execution_options={"synchronize_session": False},
        )
    _empty_reviews(session, instance.id)
    _empty_moves(session, instance.id, title)
    instance.title = title
    instance.variables = {}
    instance.engine_state = None
    instance.destroyed_at = now
    digest = digest_of(entries)
    session.add(
        Tombstone(
            instance_id=instance.id,
            destroyed_by=destroyed_by,
            destroyed_at=now,
            entries=len(entries),
            digest=digest,
        )
    )
    session.flush()
    session.expire_all()
    return Erased(instance.id, len(entries), digest, many)


def _empty_reviews(session: Session, instance_id: str) -> None:
    looks = sa.select(Disclosure.id).where(
        Disclosure.instance_id == instance_id
    )
    session.execute(
        sa.update(LookReview)
        .where(LookReview.look_id.in_(looks))
        .values(note="", answer=""),
        execution_options={"synchronize_session": False},
    )


def _empty_moves(session: Session, instance_id: str, instead: str) -> None:
    """A move that was refused stays a refused one: the reasons give way to a sentence."""
    for row in session.scalars(
        sa.select(MoveResult).where(MoveResult.instance_id == instance_id)
    ):
        row.changed = []
        if row.refused:
            row.refused = [instead]


def _of(model: type[Base]) -> Any:
    return sa.inspect(model).columns["instance_id"]
