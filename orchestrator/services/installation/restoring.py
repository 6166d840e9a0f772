"""A backup leads back into an empty installation."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from orchestrator.errors import BackupFailed, StorageAway
from orchestrator.sentences import say
from orchestrator.services.installation import (
    backup,
    database,
    database_programs,
    storage,
)
from orchestrator.services.installation.backup import (
    ATTACHMENTS,
    DATABASE,
    FILES,
    FOLDERS,
    MANIFEST,
    Contents,
)
from orchestrator.store.session import db

_ENCRYPTED = b"age-encryption.org/"
_EMPTIED = """
DO $$
DECLARE found record;
BEGIN
  FOR found IN
    SELECT oid::regclass AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT relispartition AND NOT EXISTS (
      SELECT 1 FROM pg_depend WHERE objid = pg_class.oid
        AND classid = 'pg_class'::regclass AND deptype = 'e')
  LOOP
    EXECUTE format('DROP TABLE %s CASCADE', found.name);
  END LOOP;
  FOR found IN
    SELECT oid::regprocedure AS name FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
      SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid
        AND classid = 'pg_proc'::regclass AND deptype = 'e')
  LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', found.name);
  END LOOP;
END $$;
"""
"""Drops the tables, with all that hangs on them, and the functions; what belongs to an extension stays."""


_UNREADABLE = (
    *(tarfile.TarError, zlib.error),
    *(EOFError, OSError, OverflowError),
)
"""What a damaged or foreign archive raises."""


def restore(file: Path, identity: Path | None = None) -> Contents:
    """Puts a backup into this installation, whose database and attachments must be empty; returns what it
    held.

    Raises BackupFailed: for a file that is no backup, is damaged, or is of a newer release or another kind of
    database; and for an installation that has data. Nothing is changed then.
    """
    try:
        _require_empty()
        with tempfile.TemporaryDirectory(
            dir=backup.var(),
            prefix=".restore-",
        ) as space:
            folder = Path(space)
            _unpack(_plain(file, identity, folder), folder / "content")
            manifest = _checked(folder / "content")
            if manifest.get("database_only"):
                raise BackupFailed(
                    say(
                        "这是升级前的备份，只含数据库，不能恢复出整套系统。"
                        "要退回升级，请用 ./gridflow upgrade --back"
                    )
                )
            with _attachments_put(folder / "content" / ATTACHMENTS):
                _load_database(
                    folder / "content" / DATABASE[manifest["kind"]],
                    manifest["kind"],
                )
            _put_files(folder / "content")
    except (OSError, tarfile.TarError, EOFError, sqlite3.Error) as reason:
        raise BackupFailed(
            say("恢复没有完成：{reason}", reason=reason),
        ) from reason
    except StorageAway as away:
        raise BackupFailed(backup.away_sentence(away)) from away
    return backup.contents_of(manifest, encrypted=identity is not None)


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """A backup that was compared with its manifest, unpacked while `opened` lasts."""

    space: Path
    """Room for what is written meanwhile."""
    folder: Path
    """Its files."""
    kind: str
    """`sqlite` or `postgresql`."""
    revision: str
    """Schema of its database."""
    made_at: datetime


@contextlib.contextmanager
def opened(file: Path, identity: Path | None = None) -> Iterator[OpenedBackup]:
    """The backup within the block. Raises BackupFailed: for a file that is no backup of this kind of
    database, and for what goes wrong with disk or attachments within the block."""
    try:
        with tempfile.TemporaryDirectory(
            dir=backup.var(), prefix=".restore-"
        ) as name:
            space = Path(name)
            folder = space / "content"
            _unpack(_plain(file, identity, space), folder)
            manifest = _checked(folder)
            made_at = datetime.fromisoformat(manifest["made_at"])
            yield OpenedBackup(
                space,
                folder,
                manifest["kind"],
                str(manifest["revision"]),
                made_at.astimezone(UTC),
            )
    except (OSError, tarfile.TarError, EOFError) as reason:
        raise BackupFailed(
            say("恢复没有完成：{reason}", reason=reason),
        ) from reason
    except StorageAway as away:
        raise BackupFailed(backup.away_sentence(away)) from away


def put_back(held: OpenedBackup) -> None:
    """Puts the database of a backup in the place of the present one, in one step. Attachments that it holds
    are kept besides those that are there.

    Raises BackupFailed, with the database as it was; OSError and StorageAway as they come.
    """
    _keep_attachments(held.folder / ATTACHMENTS)
    copy = held.folder / DATABASE[held.kind]
    db.session.remove()
    db.engine.dispose()
    if held.kind == "sqlite":
        _load_database(copy, "sqlite")
    else:
        _exchange(copy, held.space)


def _keep_attachments(folder: Path) -> None:
    files = storage.here()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not files.renew(path.name):
            files.put(path.name, path.read_bytes())


def _exchange(copy: Path, space: Path) -> None:
    """PostgreSQL: what is there goes and what was there comes in one transaction."""
    emptied = space / "emptied.sql"
    emptied.write_text(_EMPTIED, encoding="utf-8")
    script = space / "database.sql"
    database_programs.convert(
        "pg_restore",
        "--no-owner",
        "--no-privileges",
        f"--file={script}",
        str(copy),
    )
    database_programs.run(
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        f"--file={emptied}",
        f"--file={script}",
    )


def _require_empty() -> None:
    full = say(
        "这里已经有数据。恢复只能放进空的数据库和空的数据目录，请先另设一个",
    )
    with db.engine.connect() as connection:
        if sa.inspect(connection).get_table_names():
            raise BackupFailed(full)
    if next(storage.here().entries(), None) is not None:
        raise BackupFailed(full)


def _plain(file: Path, identity: Path | None, space: Path) -> Path:
    """The archive without its encryption."""
    with file.open("rb") as stream:
        encrypted = stream.read(len(_ENCRYPTED)) == _ENCRYPTED
    if not encrypted:
        return file
    if identity is None:
        raise BackupFailed(say("备份是加密的，请用 --identity 指出密钥文件"))
    lines = identity.read_text(encoding="utf-8", errors="replace").split()
    key = next(
        (line for line in lines if line.startswith("AGE-SECRET-KEY-")),
        "",
    )
    try:
        pyrage.decrypt_file(
            str(file),
            str(space / "plain"),
            [pyrage.x25519.Identity.from_str(key)],
        )
    except (pyrage.DecryptError, pyrage.IdentityError) as reason:
        raise BackupFailed(say("密钥与备份不符，或备份已损坏")) from reason
    return space / "plain"


def _unpack(plain: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    try:
        with tarfile.open(plain, "r:gz") as archive:
            for entry in archive:
                _take_out(archive, entry, folder)
    except _UNREADABLE as reason:
        raise BackupFailed(
            say("这不是网格流程的备份，或备份已损坏：{reason}", reason=reason),
        ) from reason


def _take_out(
    archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path
) -> None:
    """Writes one file of the archive. Raises TarError for a link, a device and a name that leads out of the
    folder: a backup has none.

    `extractall(filter="data")` does the same, but not every Python 3.11 has it (Debian 12 has 3.11.2).
    """
    target = folder / entry.name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise tarfile.TarError(entry.name)
    if entry.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    content = archive.extractfile(entry) if entry.isreg() else None
    if content is None:
        raise tarfile.TarError(entry.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with content, target.open("xb") as stream:
        shutil.copyfileobj(content, stream)
    os.utime(target, (entry.mtime, entry.mtime))


def _checked(folder: Path) -> dict[str, Any]:
    """The manifest, after every file was compared with it."""
    try:
        manifest: dict[str, Any] = json.loads(
            (folder / MANIFEST).read_text(encoding="utf-8"),
        )
        sums = manifest["files"]
        kind = manifest["kind"]
        revision = manifest["revision"]
        datetime.fromisoformat(manifest["made_at"])
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise BackupFailed(
            say(
                "这不是网格流程的备份，或备份已损坏：{reason}",
                reason=MANIFEST,
            ),
        ) from reason
    results = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
    } - {MANIFEST}
    wrong = sorted(results ^ set(sums)) or [
        name for name in sums if _sum(folder / name) != sums[name]
    ]
    if wrong:
        raise BackupFailed(say("备份已损坏：{name} 与清单不符", name=wrong[0]))
    if kind != db.engine.dialect.name:
        raise BackupFailed(
            say("备份是 {kind} 数据库的，这里用的是另一种", kind=kind),
        )
    known = {
        value.revision
        for value in ScriptDirectory(str(database.MIGRATIONS)).walk_revisions()
    }
    if revision not in known:
        raise BackupFailed(
            say(
                "备份（{revision}）比程序新，请换较新的程序",
                revision=revision,
            ),
        )
    return manifest


def _load_database(copy: Path, kind: str) -> None:
    if kind == "sqlite":
        target = Path(backup.sqlite_file())
        db.engine.dispose()
        copy.chmod(0o600)
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        shutil.move(copy, target)
        return
    database_programs.run(
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
        str(copy),
    )


@contextlib.contextmanager
def _attachments_put(folder: Path) -> Iterator[None]:
    """The folder's files are in the storage within the block, and go again when it fails: the next try finds
    an empty one."""
    files = storage.here()
    put: list[str] = []
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                put.append(path.name)
                files.put(path.name, path.read_bytes())
        yield
    except BaseException:
        with contextlib.suppress(StorageAway, OSError):
            for name in put:
                files.remove(name)
        raise


def _put_files(folder: Path) -> None:
    for name in FOLDERS:
        if (folder / name).is_dir():
            shutil.copytree(
                folder / name,
                backup.var() / name,
                dirs_exist_ok=True,
            )
    for name in FILES:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, backup.var() / name)
            (backup.var() / name).chmod(0o600)


def _sum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
