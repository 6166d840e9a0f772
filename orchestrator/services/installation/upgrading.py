"""A database is looked at before it is upgraded, backed up, upgraded, and can be led back.

The backup before an upgrade holds the database alone: attachments are never changed. The one before going
back holds the attachments written since as well: no row names them then, and what no row names is swept away.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from orchestrator.errors import UpgradeFailed
from orchestrator.sentences import say
from orchestrator.services.installation import (
    backup,
    database,
    restoring,
    schema_upgrade,
)
from orchestrator.store.base import table
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import db

ROOM_MB = 64
"""Free disk that is wanted besides twice the database: a backup, and what a migration writes anew."""
MOST_TOLD = 5
"""Programs that are named where others are connected."""
WRITTEN_BEFORE_NAMED = timedelta(hours=1)
"""So long before its row an attachment may be written, or so far may a store's clock be from this one."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an upgrade would find."""

    found: str | None
    """Schema of the database; None for an empty one."""
    pending: tuple[str, ...]
    """Migrations that it lacks, the oldest first."""
    database_mb: int
    free_mb: int
    """Room on the disk under the var directory."""
    others: Sequence[str]
    """Sessions of others on this database, each with its program and address; none on SQLite, whose launcher
    holds a lock."""
    reads_histories: bool
    """Whether this program can read the histories as they stand: those of a very old schema only
    afterwards."""

    @property
    def needed_mb(self) -> int:
        return 2 * self.database_mb + ROOM_MB


def look() -> Outlook:
    """What there is. Raises schema_upgrade.DatabaseUnreachable."""
    script = ScriptDirectory(str(database.MIGRATIONS))
    try:
        with db.engine.connect() as connection:
            result = MigrationContext.configure(
                connection
            ).get_current_revision()
            size = _size(connection)
            others = _others(connection)
            reads_histories = _reads_histories(connection)
    except sa.exc.OperationalError as reason:
        raise schema_upgrade.DatabaseUnreachable(
            str(reason.orig).strip().splitlines()[0]
        ) from None
    known = [revision.revision for revision in script.walk_revisions()]
    if result is None or result not in known:
        pending = known
    else:
        pending = known[: known.index(result)]
    return Outlook(
        result,
        tuple(reversed(pending)),
        size // 1024**2 + 1,
        shutil.disk_usage(backup.var()).free // 1024**2,
        others,
        reads_histories,
    )


def require_possible(outlook: Outlook) -> None:
    """Raises UpgradeFailed with what has to be done first."""
    if outlook.found is not None and outlook.found not in _known():
        raise UpgradeFailed(
            say(
                "数据库（{found}）比程序新，不能升级。请换较新的程序，"
                "或用 ./gridflow upgrade --back 退回升级前的备份",
                found=outlook.found,
            )
        )
    if outlook.others:
        outcome = sorted(set(outlook.others))[:MOST_TOLD]
        raise UpgradeFailed(
            say(
                "还有 {others} 个程序连着数据库（{told}）。请先停止各台主机上的网格流程和其他程序，再升级。"
                "连接来自 PgBouncer 的，先在它的控制台执行 PAUSE，"
                "并把 GRIDFLOW_DATABASE_URL 直接指向 PostgreSQL",
                others=len(outlook.others),
                told="、".join(outcome),
            )
        )
    if outlook.free_mb < outlook.needed_mb:
        raise UpgradeFailed(
            say(
                "数据目录所在磁盘只剩 {free} MB，备份和升级需要 {needed} MB。请腾出空间后重试",
                free=outlook.free_mb,
                needed=outlook.needed_mb,
            )
        )


def keep(outlook: Outlook, now: datetime) -> Path:
    """Backs the database up into the var directory; returns the file. Raises BackupFailed."""
    file = _new_file(f"before-upgrade-{now:%Y%m%d-%H%M%S}-{outlook.found}")
    backup.make(file, now, with_files=False)
    return file


def migrate(now: datetime) -> None:
    """Brings the schema up to date. Raises UpgradeFailed: with the database as it was, or when a history's
    head is another one than before, which says that the backup must be put back."""
    before = _heads()
    schema_upgrade.bring_up_to_date(now)
    if _heads() != before:
        raise UpgradeFailed(
            say(
                "升级后历史记录的校验值与升级前不同。请用 ./gridflow upgrade --back 退回升级前的备份，"
                "并告诉维护人员"
            )
        )


def go_back(
    file: Path, now: datetime, identity: Path | None = None
) -> tuple[str, Path | None]:
    """Puts the database of the backup in the place of the present one, of which a backup is made first, with
    the attachments written since; returns the schema that it has now, and that backup. `identity`: the file
    of the key that decrypts.

    Raises BackupFailed and UpgradeFailed, with the database as it was.
    """
    outlook = look()
    if outlook.others:
        require_possible(outlook)
    _require_room_to_go_back(outlook, file)
    kept = None
    with restoring.opened(file, identity) as held:
        if outlook.found is not None:
            name = f"before-back-{now:%Y%m%d-%H%M%S}-{outlook.found}"
            kept = _new_file(name)
            since = held.made_at - WRITTEN_BEFORE_NAMED
            backup.make(kept, now, with_files=False, since=since)
        restoring.put_back(held)
        return held.revision, kept


def _require_room_to_go_back(outlook: Outlook, file: Path) -> None:
    """The file is decrypted and unpacked beside the backup of the present database."""
    needed = outlook.needed_mb + 2 * (file.stat().st_size // 1024**2)
    if outlook.free_mb < needed:
        raise UpgradeFailed(
            say(
                "数据目录所在磁盘只剩 {free} MB，备份和退回需要 {needed} MB。请腾出空间后重试",
                free=outlook.free_mb,
                needed=needed,
            )
        )


def _new_file(name: str) -> Path:
    folder = backup.var() / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{name}.gridflow"


def _known() -> set[str]:
    script = ScriptDirectory(str(database.MIGRATIONS))
    return {revision.revision for revision in script.walk_revisions()}


def _size(connection: sa.Connection) -> int:
    """Bytes of the database."""
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        page = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        return int(pages) * int(page)
    result = connection.exec_driver_sql(
        "SELECT pg_database_size(current_database())"
    )
    return int(result.scalar_one())


def _others(connection: sa.Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return []
    result = connection.exec_driver_sql(
        "SELECT application_name, host(client_addr) FROM pg_stat_activity"
        " WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    return [f"{name or '?'} @ {host or 'local'}" for name, host in result]


def _reads_histories(connection: sa.Connection) -> bool:
    there = sa.inspect(connection)
    entries = table(HistoryEntry)
    if not there.has_table(entries.name):
        return False
    columns = {column["name"] for column in there.get_columns(entries.name)}
    return columns >= set(entries.columns.keys())


def _heads() -> list[tuple[str, int, bytes]]:
    """The head of every history, of a database that has any."""
    instances = table(ProcessInstance)
    columns = (
        instances.c.id,
        instances.c.history_seq,
        instances.c.history_hash,
    )
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table(instances.name):
            return []
        rows = connection.execute(sa.select(*columns).order_by(instances.c.id))
        return [(row.id, row.history_seq, row.history_hash) for row in rows]
