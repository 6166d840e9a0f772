"""Rows of public notices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.notices import PublicNotice


@dataclass(frozen=True, slots=True)
class NoticeSubject:
    """What a notice is about: a list, a grid, a badge."""

    tenant_id: str
    kind: str
    code: str
    """The one of its kind: a territory's code, a grid's code, a badge's number."""


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What a notice says."""

    title: str
    body: dict[str, Any]


def put(
    session: Session,
    subject: NoticeSubject,
    text: NoticeText,
    now: Any,
    instance_id: str | None,
) -> None:
    """Writes the notice of one subject, the first or anew."""
    tenant_id = subject.tenant_id
    code = subject.code
    notice = notices_of(session, tenant_id, subject.kind, [code]).get(code)
    if notice is None:
        notice = begun(session, tenant_id, subject.kind, code)
    write(notice, text, now, instance_id)
    session.flush()


def notices_of(
    session: Session,
    tenant_id: str,
    kind: str,
    subjects: Collection[str],
) -> dict[str, PublicNotice]:
    """Subject → its notice of that kind, where there is one."""
    rows = session.scalars(
        sa.select(PublicNotice).where(
            PublicNotice.tenant_id == tenant_id,
            PublicNotice.kind == kind,
            PublicNotice.subject_code.in_(subjects),
        ),
    )
    return {row.subject_code: row for row in rows}


def begun(
    session: Session,
    tenant_id: str,
    kind: str,
    subject: str,
) -> PublicNotice:
    """A new notice, still empty."""
    notice = PublicNotice(tenant_id=tenant_id, kind=kind, subject_code=subject)
    session.add(notice)
    return notice


def write(
    notice: PublicNotice,
    text: NoticeText,
    now: Any,
    instance_id: str | None,
) -> None:
    """What the notice says from `now` on."""
    notice.title = text.title
    notice.body = text.body
    notice.published_at = now
    notice.instance_id = instance_id
