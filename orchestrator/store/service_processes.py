"""The processes of the installation that serve, and the backups that were made of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base


class ServiceProcess(Base):
    """One row for each web server, worker and clock; it renews its row while it serves."""

    __tablename__ = "service_process"

    id: Mapped[str] = mapped_column(sa.String(160), primary_key=True)
    """`kind:host:pid`."""
    kind: Mapped[str] = mapped_column(sa.String(10))
    """`web`, `worker` or `clock`."""
    host: Mapped[str] = mapped_column(sa.String(120))
    pid: Mapped[int]
    release: Mapped[str] = mapped_column(sa.String(40))
    """Of the program that it runs."""
    knows: Mapped[str] = mapped_column(
        sa.String(12),
        default="",
        server_default="",
    )
    """The newest migration that its program has; empty of one from before this was noted."""
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    slow: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    """Its last slow requests: endpoint, seconds, instant, number; nothing of what they say."""


class BackupMade(Base):
    """A backup that `./gridflow backup` finished."""

    __tablename__ = "backup_made"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    host: Mapped[str] = mapped_column(sa.String(120))
    file: Mapped[str] = mapped_column(sa.String(500))
    """Its path on that host."""
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    encrypted: Mapped[bool]


def seen_since(session: Session, instant: datetime) -> Sequence[Any]:
    """The processes that gave a sign of life since then, by kind, host and number."""
    return session.scalars(
        sa.select(ServiceProcess)
        .where(ServiceProcess.seen_at >= instant)
        .order_by(
            ServiceProcess.kind,
            ServiceProcess.host,
            ServiceProcess.pid,
        ),
    ).all()


def count_by_kind(
    connection: sa.Connection,
    instant: datetime,
) -> dict[str, int]:
    """Kind → how many of its processes gave a sign of life since then."""
    rows = connection.execute(
        sa.select(ServiceProcess.kind, sa.func.count())
        .where(ServiceProcess.seen_at >= instant)
        .group_by(ServiceProcess.kind),
    )
    return {row[0]: row[1] for row in rows}


def last_backup(session: Session) -> BackupMade | None:
    """The newest backup that is known; None where none was made."""
    return session.scalar(
        sa.select(BackupMade).order_by(BackupMade.at.desc()).limit(1),
    )


def last_backup_at(connection: sa.Connection) -> datetime | None:
    """When the newest backup was made."""
    return connection.execute(sa.select(sa.func.max(BackupMade.at))).scalar()
