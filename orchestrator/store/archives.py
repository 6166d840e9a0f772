"""Archive packages of ended process instances: asked for, made, kept under their hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from orchestrator.store.base import Base, one_of

WAITING = "waiting"
MADE = "made"
REFUSED = "refused"
FAILED = "archive-failed"
"""Kind of the incident about a package that was given up; its `package` names it."""


class ArchivePackage(Base):
    """A package that somebody asked for; its bytes stand with the attachments'."""

    __tablename__ = "archive_package"
    __table_args__ = (
        one_of("state", WAITING, MADE, REFUSED),
        sa.Index(None, "instance_id", "asked_at"),
        sa.Index(None, "state", "asked_at"),
        sa.Index(None, "sha256"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(sa.String(12))
    ended_at: Mapped[datetime | None]
    """When it was made or refused."""
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    """Of the file."""
    size: Mapped[int | None]
    """In bytes."""
    history_seq: Mapped[int]
    """Of the record as it was when the package was asked for."""
    record: Mapped[str] = mapped_column(
        sa.String(64), default="", server_default=""
    )
    """Digest of the heads of all that is in it; empty of a package from before they were noted."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was begun. One that a store or a database in trouble ended is not counted."""
    troubles: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often a store or a database in trouble ended an attempt."""
    next_at: Mapped[datetime | None]
    """Not begun again before then; None: at once. Who makes it puts it off while he goes on."""
    reason: Mapped[str] = mapped_column(
        sa.String(400), default="", server_default=""
    )
    """Why it could not be made."""


def packages_of(
    session: Session, instance_id: str, most: int
) -> list[ArchivePackage]:
    """The instance's packages, the latest first."""
    query = (
        sa.select(ArchivePackage)
        .where(ArchivePackage.instance_id == instance_id)
        .order_by(ArchivePackage.asked_at.desc(), ArchivePackage.id.desc())
    )
    return list(session.scalars(query.limit(most)))


def wait_again(session: Session, package_id: str) -> bool:
    """A package that was given up waits as if it were asked for now; False where it was not given up, or
    another one of the instance waits."""
    another = aliased(ArchivePackage)
    result: Any = session.execute(
        sa.update(ArchivePackage)
        .where(
            ArchivePackage.id == package_id,
            ArchivePackage.state == REFUSED,
            ~sa.exists().where(
                another.instance_id == ArchivePackage.instance_id,
                another.state == WAITING,
            ),
        )
        .values(
            state=WAITING,
            attempts=0,
            troubles=0,
            next_at=None,
            ended_at=None,
            reason="",
        )
    )
    return bool(result.rowcount)
