"""Attachments: bytes stand outside the database under their hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.errors import AttachmentRefused, FormInvalid, NotFound
from orchestrator.sentences import say
from orchestrator.services.records import (
    examined_files,
    heic,
    photo_facts,
    pictures,
    stored_files,
    virus_scans,
)
from orchestrator.services.records.ids import new_id
from orchestrator.store.archives import ArchivePackage
from orchestrator.store.photos import AttachmentPhoto
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment

PENDING_DAYS = 7
"""How long an upload waits for its form to be submitted."""
MOST_PENDING = 100
MOST_PENDING_MB = 300
"""Uploads of one person that wait, and their size together."""
BATCH = 200
"""Rows that a sweep removes in one transaction."""
_ID = re.compile("[0-9a-f]{22}")
_LOCKED = sa.select(
    Attachment.id,
    Attachment.tenant_id,
    Attachment.instance_id,
    Attachment.uploaded_by,
    Attachment.field_key,
    Attachment.purpose,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who submits a form with files, and for what."""

    tenant_id: str
    by: int
    purpose: str = ""
    """As services/records/purposes.py names it."""
    instance_id: str | None = None
    """The running instance whose files may be named again; None at a start."""


def keep(
    content: bytes,
    filename: str,
    field_key: str,
    claim: Claim,
    now: datetime,
) -> str:
    """Keeps a file uploaded for a form's field and returns the attachment's id; the same file again gets the
    id it has.

    Raises AttachmentRefused with what to do, also for a person with too many uploads that wait.
    """
    if heic.is_one(content, filename):
        examined_files.require_size(content, filename)
        content = pictures.from_heic(content, filename)
        filename = heic.jpeg_name(filename)
    examined_file = examined_files.examine(content, filename)
    name = examined_file.name
    virus_scans.require_clean(content, name)
    digest = hashlib.sha256(content).hexdigest()
    stored_files.write_content(name, digest, content)
    with transaction() as session:
        mine = (
            Attachment.uploaded_by == claim.by,
            Attachment.instance_id.is_(None),
        )
        same = (
            Attachment.sha256 == digest,
            Attachment.filename == name,
            Attachment.field_key == field_key,
        )
        known = session.scalar(
            sa.select(Attachment)
            .where(*mine, *same, Attachment.purpose == claim.purpose)
            .limit(1),
        )
        if known is not None:
            known.uploaded_at = now
            kept = known.id
        else:
            _require_room(session, mine, name, len(content))
            kept = new_id(now)
            session.add(
                Attachment(
                    id=kept,
                    tenant_id=claim.tenant_id,
                    field_key=field_key,
                    filename=name,
                    content_type=examined_file.content_type,
                    size=len(content),
                    sha256=digest,
                    uploaded_by=claim.by,
                    uploaded_at=now,
                    purpose=claim.purpose,
                ),
            )
            session.flush()
            _note_photo(session, kept, examined_file.content_type, content)
    # A sweep that saw no row of it may have taken the file away while the row was being written.
    stored_files.write_content(name, digest, content)
    return kept


def require(
    session: Session,
    form: forms.Form | None,
    values: Mapping[str, Any],
    claim: Claim,
) -> None:
    """Raises FormInvalid at the field of a file that is neither this person's upload for this form nor
    already on the instance.

    The rows stay locked, so that no sweep and no other form takes them until the transaction ends.
    """
    given = _given(form, values)
    ids = {
        value
        for listed in given.values()
        for value in listed
        if _ID.fullmatch(value)
    }
    if not given:
        return
    if ids:
        rows = session.execute(
            _LOCKED.where(Attachment.id.in_(ids)).with_for_update(),
        ).all()
    else:
        rows = []
    known = {row.id: row for row in rows}
    sentence = say(
        "有文件不是在这张表单上传的，或者因久未提交已被清理，请去掉后重新上传"
    )
    errors = {
        key: [sentence]
        for key, listed in given.items()
        if not all(_belongs(known.get(value), key, claim) for value in listed)
    }
    if errors:
        raise FormInvalid(errors)


def adopt(
    session: Session,
    form: forms.Form | None,
    values: Mapping[str, Any],
    instance_id: str,
    task_id: str | None,
) -> None:
    """The form's files, examined by `require`, become the instance's."""
    ids = {
        value for listed in _given(form, values).values() for value in listed
    }
    if ids:
        session.execute(
            sa.update(Attachment)
            .where(Attachment.id.in_(ids), Attachment.instance_id.is_(None))
            .values(instance_id=instance_id, task_id=task_id),
        )


def sweep(now: datetime) -> int:
    """Removes uploads that no form was submitted with for PENDING_DAYS, and files that no row names; returns
    how many rows."""
    removed = 0
    while True:
        with transaction() as session:
            old = (
                Attachment.instance_id.is_(None),
                Attachment.uploaded_at < now - timedelta(days=PENDING_DAYS),
            )
            rows = session.execute(
                sa.select(Attachment.id, Attachment.sha256)
                .where(*old)
                .limit(BATCH)
                .with_for_update(skip_locked=True),
            ).all()
            session.execute(
                sa.delete(AttachmentPhoto).where(
                    AttachmentPhoto.attachment_id.in_([row.id for row in rows])
                )
            )
            session.execute(
                sa.delete(Attachment).where(
                    Attachment.id.in_([row.id for row in rows]),
                ),
            )
        for digest in {row.sha256 for row in rows}:
            stored_files.let_go(digest, _named)
        removed += len(rows)
        if len(rows) < BATCH:
            break
    stored_files.sweep(now, _named)
    return removed


def _note_photo(
    session: Session,
    attachment_id: str,
    content_type: str,
    content: bytes,
) -> None:
    """Keeps what a photograph says of itself."""
    if not content_type.startswith("image/"):
        return
    facts = photo_facts.facts_of(content)
    if facts is None:
        return
    taken_at = ""
    if facts.taken_at is not None:
        taken_at = facts.taken_at.isoformat()
    session.add(
        AttachmentPhoto(
            attachment_id=attachment_id,
            taken_at=taken_at,
            latitude=facts.latitude,
            longitude=facts.longitude,
        )
    )


def names(
    ids: Sequence[str],
    by: int,
    instance_id: str | None,
) -> dict[str, str]:
    """Names by id of those attachments that this person uploaded or that belong to the instance, also of the
    newest upload."""
    own = sa.or_(
        Attachment.uploaded_by == by,
        Attachment.instance_id == instance_id,
    )
    # A transaction of its own: on SQLite, one that began earlier does not see what was uploaded since.
    with transaction(writing=False) as session:
        rows = session.execute(
            sa.select(Attachment.id, Attachment.filename).where(
                Attachment.id.in_(ids),
                own,
            ),
        )
        return {row.id: row.filename for row in rows}


def read(sha256: str) -> bytes:
    """The bytes of an attachment. Raises NotFound, StorageAway, and AttachmentRefused when the store holds no
    longer what was uploaded."""
    content = stored_files.read(sha256)
    if content is None:
        raise NotFound(sha256)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise AttachmentRefused(
            sha256,
            say("附件内容与上传时的校验值不符，请联系管理员从备份恢复"),
        )
    return content


def _require_room(
    session: Session,
    mine: tuple[Any, ...],
    name: str,
    size: int,
) -> None:
    """Raises AttachmentRefused when the person has too many uploads, or too much in them, that no form was
    submitted with."""
    count, total = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(Attachment.size), 0),
        ).where(*mine),
    ).one()
    if count >= MOST_PENDING or total + size > MOST_PENDING_MB * 1024 * 1024:
        raise AttachmentRefused(
            name,
            say(
                "您上传后没有提交的文件已达 {most_pending} 个或 {most_pending_mb} MB，“{"
                "name}”没有保存。请先提交已填好的表单；没有提交的文件 {pending_days} 天后"
                "自动清理",
                most_pending=MOST_PENDING,
                most_pending_mb=MOST_PENDING_MB,
                name=name,
                pending_days=PENDING_DAYS,
            ),
        )


def _given(
    form: forms.Form | None,
    values: Mapping[str, Any],
) -> dict[str, list[str]]:
    """Field key → ids of its files, of the fields that have any."""
    if form is None:
        return {}
    return {
        field.key: list(values[field.key])
        for field in form.inputs()
        if field.type == "filepicker" and values.get(field.key)
    }


def _belongs(row: Any, field_key: str, claim: Claim) -> bool:
    if row is None or row.tenant_id != claim.tenant_id:
        return False
    if row.instance_id is not None:
        return bool(row.instance_id == claim.instance_id)
    # Uploads of before purposes were noted have none.
    return bool(
        row.uploaded_by == claim.by
        and row.field_key == field_key
        and row.purpose in (claim.purpose, ""),
    )


def _named(digests: Collection[str]) -> set[str]:
    """Those of the digests that a row names: an attachment, or an archive package."""
    with transaction(writing=False) as session:
        given = session.scalars(
            sa.select(Attachment.sha256).where(Attachment.sha256.in_(digests)),
        )
        named = set(given)
        packed = session.scalars(
            sa.select(ArchivePackage.sha256).where(
                ArchivePackage.sha256.in_(digests),
            ),
        )
        named.update(digest for digest in packed if digest)
        return named
