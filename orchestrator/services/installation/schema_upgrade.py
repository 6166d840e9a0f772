"""The schema of an installation is brought to that of the program; a SQLite database is copied first."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from orchestrator.errors import UpgradeFailed
from orchestrator.sentences import say
from orchestrator.services.installation import database
from orchestrator.store.session import db

COPIES = 3
"""So many of the newest copies are kept."""


class DatabaseUnreachable(Exception):
    """No connection to the database; the message is what its driver says."""


def bring_up_to_date(now: datetime) -> Path | None:
    """Migrates the database where it is behind; returns the copy that was made before, on SQLite when there
    was something to copy.

    Raises UpgradeFailed, with the database as it was, and DatabaseUnreachable.
    """
    try:
        with db.engine.connect() as connection:
            result = MigrationContext.configure(
                connection,
            ).get_current_revision()
    except sa.exc.OperationalError as reason:
        raise DatabaseUnreachable(
            str(reason.orig).strip().splitlines()[0],
        ) from None
    script = ScriptDirectory(str(database.MIGRATIONS))
    if result == script.get_current_head():
        return None
    if result is not None and not _is_known(script, result):
        raise UpgradeFailed(
            say(
                "数据库（{found}）比程序新，没有改动。请换回较新的程序，或用升级前的副本（"
                "在数据目录的 backups 中）",
                found=result,
            ),
        )
    if result is None:
        copy = None
    else:
        copy = _copy(result, now)
    try:
        database.upgrade()
    except Exception as reason:
        sentence = (
            str(getattr(reason, "orig", reason)).strip()
            or type(reason).__name__
        ).splitlines()[0]
        raise UpgradeFailed(
            say(
                "数据库没有升级成功，数据没有改动，仍是原来的版本（{found}）。请换回原来的"
                "程序继续使用，并把本行告诉维护人员：{told}",
                found=result or say("空库"),
                told=sentence,
            ),
        ) from reason
    return copy


def _is_known(script: ScriptDirectory, revision: str) -> bool:
    try:
        return script.get_revision(revision) is not None
    except CommandError:
        return False


def _copy(revision: str, now: datetime) -> Path | None:
    """The SQLite database in a file of its own, readable by its owner alone; the oldest of more than three
    goes. PostgreSQL has its own tools."""
    address = sa.make_url(db.engine.url)
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    folder = database.settings().var_dir / "backups"
    file = folder / f"gridflow-{now:%Y%m%d-%H%M%S}-{revision}.sqlite"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        with (
            closing(sqlite3.connect(address.database)) as source,
            closing(sqlite3.connect(file)) as target,
        ):
            source.backup(target)
    except (OSError, sqlite3.Error) as reason:
        with contextlib.suppress(OSError):
            file.unlink()
        raise UpgradeFailed(
            say(
                "升级前的数据库副本写不进 {folder}（{reason}），没有升级，数据没有改动。请"
                "腾出空间或改正权限后重试",
                folder=folder,
                reason=reason,
            ),
        ) from reason
    for old in sorted(folder.glob("gridflow-*.sqlite"))[:-COPIES]:
        old.unlink()
    return file
