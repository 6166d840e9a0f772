"""Whether what the installation needs answers, and the figures that a monitoring system watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from orchestrator.services.installation import database, disk, presence
from orchestrator.store import operation_pages as queries
from orchestrator.store import service_processes, trouble
from orchestrator.store.session import db

MOST_APART = timedelta(seconds=30)
"""So far the clock of this machine may be from that of the database."""


@dataclass(frozen=True, slots=True)
class Health:
    database: bool
    schema: bool
    """Whether this program can work with the database's schema: with its own, and with a newer one, which an
    installation that is updated host by host has for a while."""
    clock: bool
    """Whether this machine's clock and the database's differ by less than MOST_APART."""
    disk: bool
    queue: bool
    """Whether Redis answers; without it timers fire some seconds late."""

    @property
    def ready(self) -> bool:
        """Whether requests can be served: timers and disk warn, they stop nobody."""
        return self.database and self.schema


@dataclass(frozen=True, slots=True)
class Figures:
    late_timers: int
    latest_timer_seconds: float
    """How late the planned timer is that should have fired first; 0 where none is late."""
    unsent_messages: int
    oldest_message_seconds: float
    open_incidents: int
    free_disk_bytes: int
    processes: Mapping[str, int]
    """Kind → how many of its processes serve."""
    backup_age_seconds: float
    """Since the last backup; -1 where none is known."""


def health(queue_answers: Callable[[], bool], now: datetime) -> Health:
    """What answers at `now`. Raises nothing: what is away is told as away."""
    room = not disk.room().scarce
    try:
        with db.engine.connect() as connection:
            result = MigrationContext.configure(
                connection,
            ).get_current_revision()
            apart = abs(_clock_of(connection, now) - now)
    except trouble.KINDS:
        return Health(False, False, True, room, queue_answers())
    return Health(
        True,
        result is not None and not _lacks_migrations(result),
        apart < MOST_APART,
        room,
        queue_answers(),
    )


def _lacks_migrations(revision: str) -> bool:
    """Whether this program knows a newer schema than that one. One that it does not know is newer: a
    migration only adds, so that programs of before go on."""
    script = ScriptDirectory(str(database.MIGRATIONS))
    known = {migration.revision for migration in script.walk_revisions()}
    return revision in known and revision != script.get_current_head()


def clock_agrees(now: datetime) -> bool:
    """Whether this machine's clock, which says `now`, and the database's differ by less than MOST_APART.
    Raises SQLAlchemyError where the database is away."""
    with db.engine.connect() as connection:
        return abs(_clock_of(connection, now) - now) < MOST_APART


def database_clock(now: datetime) -> datetime:
    """What the database's clock says, which all hosts share, while this machine's says `now`. Raises
    SQLAlchemyError where the database is away."""
    with db.engine.connect() as connection:
        return _clock_of(connection, now)


def figures(now: datetime) -> Figures:
    """The figures of all jurisdictions together, from indexes that hold open rows alone."""
    with db.engine.connect() as connection:
        late, first_due = queries.late_timers(connection, now)
        unsent, oldest = queries.unsent_messages(connection, now)
        incidents = queries.open_incident_count(connection)
        processes = presence.counts(connection, now)
        backup_at = service_processes.last_backup_at(connection)
    if backup_at is None:
        backup_age = -1.0
    else:
        backup_age = _seconds_since(backup_at, now)
    return Figures(
        late_timers=late,
        latest_timer_seconds=_seconds_since(first_due, now),
        unsent_messages=unsent,
        oldest_message_seconds=_seconds_since(oldest, now),
        open_incidents=incidents,
        free_disk_bytes=disk.room().free_mb * 1024**2,
        processes=processes,
        backup_age_seconds=backup_age,
    )


def _clock_of(connection: sa.Connection, now: datetime) -> datetime:
    """The database server's clock; SQLite has none of its own."""
    if connection.dialect.name == "sqlite":
        return now
    moment: datetime = connection.execute(
        sa.select(sa.func.clock_timestamp()),
    ).scalar_one()
    return moment


def _seconds_since(instant: datetime | None, now: datetime) -> float:
    if instant is None:
        return 0.0
    return max(0.0, (now - instant).total_seconds())
