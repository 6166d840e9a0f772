"""How the installation stands: its processes, its servers, its queues, its last backup."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

import orchestrator
from orchestrator.services.installation import disk, health, presence
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import operation_pages, service_processes
from orchestrator.store.service_processes import BackupMade, ServiceProcess

MOST_SLOW = 20
MOST_STUCK = 20


@dataclass(frozen=True, slots=True)
class InstallationState:
    """What the administrator's page tells."""

    release: str
    python: str
    database: str
    """Kind and version of the server, as it says itself."""
    revision: str
    """Of the database's schema."""
    room: disk.Room
    figures: health.Figures
    processes: Sequence[tuple[ServiceProcess, bool]]
    """Each with whether it gave a sign of life within SILENT_AFTER."""
    slow: Sequence[dict[str, Any]]
    """The last slow requests of all web servers, the newest first."""
    backup: BackupMade | None
    """The last one."""
    stuck: Sequence[Any]
    """Messages of the jurisdiction that should have been sent, the oldest first: (message, business key)."""

    @property
    def missing(self) -> list[str]:
        """Kinds of which no process serves."""
        return [
            kind for kind, count in self.figures.processes.items() if not count
        ]


def state(tenant_id: str, now: datetime) -> InstallationState:
    """The state at `now`, with the stuck messages of that jurisdiction."""
    session = reading()
    silent_before = now - presence.SILENT_AFTER
    rows = service_processes.seen_since(
        session, now - presence.FORGOTTEN_AFTER
    )
    slow = [entry for row in rows for entry in row.slow]
    slow.sort(key=lambda entry: str(entry["at"]), reverse=True)
    revision = session.execute(
        sa.text("SELECT version_num FROM alembic_version"),
    ).scalar()
    return InstallationState(
        release=orchestrator.RELEASE,
        python=platform.python_version(),
        database=_database(session.connection()),
        revision=str(revision),
        room=disk.room(),
        figures=health.figures(now),
        processes=[(row, row.seen_at >= silent_before) for row in rows],
        slow=[
            {**entry, "at": datetime.fromisoformat(entry["at"])}
            for entry in slow[:MOST_SLOW]
        ],
        backup=service_processes.last_backup(session),
        stuck=operation_pages.stuck_messages(
            session, tenant_id, now, MOST_STUCK
        ),
    )


def _database(connection: sa.Connection) -> str:
    version = ".".join(
        str(part) for part in connection.dialect.server_version_info or ()
    )
    names = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
    return f"{names[connection.dialect.name]} {version}"
