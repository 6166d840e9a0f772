"""Which processes of the installation serve: each renews its row, and goes when it is told to stop."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

import orchestrator
from orchestrator.services.installation import database
from orchestrator.store import service_processes as store
from orchestrator.store.base import table
from orchestrator.store.service_processes import ServiceProcess
from orchestrator.store.session import transaction

EVERY = timedelta(seconds=15)
"""Between two signs of life."""
SILENT_AFTER = timedelta(seconds=60)
"""After so long without a sign, a process no longer serves."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""A process that ended without saying so is told so long."""
MOST_SLOW = 20
KINDS = ("web", "worker", "clock")

_ROW = table(ServiceProcess)
Slow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServingProcess:
    """A process that serves."""

    kind: str
    """One of KINDS."""
    host: str
    pid: int
    started_at: datetime

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.host}:{self.pid}"


def this_process(kind: str, now: datetime) -> ServingProcess:
    """The process that runs this, from `now` on."""
    return ServingProcess(kind, socket.gethostname()[:120], os.getpid(), now)


def renew(
    process: ServingProcess, now: datetime, slow: Sequence[Slow] | None = None
) -> None:
    """Notes that the process serves at `now`, with its last slow requests, and forgets processes that have
    been silent for FORGOTTEN_AFTER. `now`: by the database's clock, which all hosts share. Raises
    SQLAlchemyError."""
    # The row of a process that was killed may bear the same name: in a container every number is 1.
    details: dict[str, Any] = {
        "seen_at": now,
        "release": orchestrator.RELEASE,
        "knows": newest_migration(),
        "started_at": process.started_at,
    }
    if slow is not None:
        details["slow"] = list(slow)[-MOST_SLOW:]
    is_mine = _ROW.c.id == process.id
    mine = sa.update(_ROW).where(is_mine).values(details)
    with transaction() as session:
        session.execute(
            sa.delete(_ROW).where(_ROW.c.seen_at < now - FORGOTTEN_AFTER),
        )
        renewed: Any = session.execute(mine)
        if renewed.rowcount:
            return
        session.add(
            ServiceProcess(
                id=process.id,
                kind=process.kind,
                host=process.host,
                pid=process.pid,
                release=orchestrator.RELEASE,
                knows=newest_migration(),
                started_at=process.started_at,
                seen_at=now,
                slow=details.get("slow", []),
            ),
        )


def leave(process: ServingProcess) -> None:
    """Takes the process from the list: it ends as it should."""
    with transaction() as session:
        session.execute(sa.delete(_ROW).where(_ROW.c.id == process.id))


@cache
def newest_migration() -> str:
    """Of this program, whatever the database has."""
    script = ScriptDirectory(str(database.MIGRATIONS))
    return script.get_current_head() or ""


def hosts_of_other_programs(session: Session, now: datetime) -> list[str]:
    """Hosts whose processes serve at `now` with a program that has other migrations: an installation that is
    updated host by host has such for a while."""
    others = (
        ServiceProcess.seen_at >= now - SILENT_AFTER,
        ServiceProcess.knows != newest_migration(),
    )
    hosts = sa.select(ServiceProcess.host).where(*others).distinct()
    return list(session.scalars(hosts.order_by(ServiceProcess.host)))


def counts(connection: sa.Connection, now: datetime) -> dict[str, int]:
    """Kind → how many of its processes serve now; each of KINDS is there. Workers only where a queue is set:
    without one they have nothing to do and end at once."""
    result = store.count_by_kind(connection, now - SILENT_AFTER)
    wanted = set(KINDS)
    if database.settings().redis_url is None:
        wanted.discard("worker")
    return {
        kind: result.get(kind, 0)
        for kind in KINDS
        if kind in wanted or kind in result
    }
