"""Rows of public notices."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.notices import PublicNotice


def put(
    session: Session,
    tenant_id: str,
    kind: str,
    subject: str,
    title: str,
    body: dict[str, Any],
    now: Any,
    instance_id: str | None,
) -> None:
    """Writes the notice of one subject, the first or anew."""
    notice = notices_of(session, tenant_id, kind, [subject]).get(subject)
    if notice is None:
        notice = begun(session, tenant_id, kind, subject)
    write(notice, title, body, now, instance_id)
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
    title: str,
    body: dict[str, Any],
    now: Any,
    instance_id: str | None,
) -> None:
    """What the notice says from `now` on."""
    notice.title = title
    notice.body = body
    notice.published_at = now
    notice.instance_id = instance_id
