"""A backup of a whole installation in one file; restoring.py leads it back into an empty one.

The database is copied first, in one snapshot; then the files, which only come and never change their content:
each row of the copy finds its file.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyrage
import sqlalchemy as sa
from alembic.migration import MigrationContext

from orchestrator.errors import BackupFailed, StorageAway
from orchestrator.sentences import say
from orchestrator.services.installation import (
    backup_notes,
    database,
    database_programs,
    storage,
)
from orchestrator.store.session import db
from orchestrator.store.user_tasks import Attachment

FORMAT = 1
MANIFEST = "manifest.json"
ATTACHMENTS = "attachments"
FILES = ("secret_key",)
"""What an installation keeps besides, in its var directory: the key that signs sessions and seals heads."""
FOLDERS = ("history-heads",)
SPACE = ".gridflow-backup-"
"""How the folder begins in which a backup is put together."""
LOCK = "lock"
"""File in it that the process holds as long as it lives."""
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    made_at: str
    revision: str
    """Schema of its database."""
    kind: str
    """`sqlite` or `postgresql`."""
    attachments: int
    missing: tuple[str, ...]
    """Digests of attachments that a row names and no file holds."""
    encrypted: bool


def make(
    file: Path,
    now: datetime,
    recipient: str = "",
    with_files: bool = True,
    since: datetime | None = None,
) -> Contents:
    """Writes the backup to `file`, encrypted for the age recipient where one is named; returns what it holds.
    Without files it is the database, for the way back of an upgrade, with those attachments that were written
    after `since`.

    Raises BackupFailed, and leaves no half file behind. The installation goes on working meanwhile.
    """
    if file.exists():
        raise BackupFailed(say("{file} 已经存在，请换一个文件名", file=file))
    to = _recipient(recipient)
    part = file.with_name(f".{file.name}.part")
    try:
        # What is to be encrypted lies in plain only where the data do, not on the stick that takes it away.
        folder = file.parent
        if to is not None:
            folder = var()
        _sweep(folder)
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=SPACE) as space,
            _held(Path(space)),
        ):
            plain = Path(space) / "plain"
            contents = _write(
                plain,
                Path(space),
                now,
                encrypted=to is not None,
                with_files=with_files,
                since=since,
            )
            os.close(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            )
            if to is None:
                shutil.copyfile(plain, part)
            else:
                pyrage.encrypt_file(str(plain), str(part), [to])
        _flush(part)
        part.replace(file)
        if with_files:
            backup_notes.note(file, now, encrypted=to is not None)
    except (
        OSError,
        pyrage.EncryptError,
        tarfile.TarError,
        sqlite3.Error,
    ) as reason:
        raise BackupFailed(
            say(
                "备份没有完成：{reason}。请检查空间和权限后重试", reason=reason
            ),
        ) from reason
    except StorageAway as away:
        raise BackupFailed(away_sentence(away)) from away
    finally:
        part.unlink(missing_ok=True)
    return contents


def _sweep(folder: Path) -> None:
    """Removes what backups left whose process was killed: nobody holds its lock."""
    for lock in folder.glob(f"{SPACE}*/{LOCK}"):
        # Over NFS only who may write gets the lock.
        with contextlib.suppress(OSError), lock.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


@contextlib.contextmanager
def _held(space: Path) -> Iterator[None]:
    with (space / LOCK).open("wb") as file:
        # A file system without locks: the backup is made, its leavings stay.
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def away_sentence(away: StorageAway) -> str:
    """The sentence for whoever makes or restores a backup."""
    return say(
        "附件存储暂时不可用（{reason}），请恢复后重试", reason=away.reason
    )


def new_identity() -> tuple[str, str]:
    """A new pair of keys: (identity, which decrypts and is kept apart; recipient, which encrypts)."""
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def _write(
    plain: Path,
    space: Path,
    now: datetime,
    encrypted: bool,
    with_files: bool,
    since: datetime | None,
) -> Contents:
    kind = db.engine.dialect.name
    copy = space / DATABASE[kind]
    if kind == "sqlite":
        revision = _dump_sqlite(copy)
    else:
        revision = _dump_postgresql(copy)
    sums: dict[str, str] = {}
    with tarfile.open(plain, "w:gz", compresslevel=3) as archive:
        _add(archive, copy, copy.name, sums)
        missing: list[str] = []
        if with_files:
            _add_files(archive, sums)
            missing = _missing(copy if kind == "sqlite" else None, sums)
        elif since is not None:
            _add_attachments(archive, sums, since)
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "revision": revision,
            "kind": kind,
            "files": sums,
            "missing": missing,
            "database_only": not with_files,
        }
        note = space / MANIFEST
        note.write_text(
            json.dumps(manifest, ensure_ascii=False),
            encoding="utf-8",
        )
        archive.add(note, MANIFEST)
    return contents_of(manifest, encrypted)


def _add_files(archive: tarfile.TarFile, sums: dict[str, str]) -> None:
    for name, path in _kept():
        with contextlib.suppress(FileNotFoundError):
            _add(archive, path, name, sums)
    _add_attachments(archive, sums)


def _kept() -> Iterator[tuple[str, Path]]:
    """Name in the archive and path of each file of the var directory that belongs to a backup."""
    for name in FILES:
        yield name, var() / name
    for folder in FOLDERS:
        for path in sorted((var() / folder).rglob("*")):
            if path.is_file():
                yield str(path.relative_to(var())), path


def _add_attachments(
    archive: tarfile.TarFile,
    sums: dict[str, str],
    since: datetime | None = None,
) -> None:
    """Adds all, or those that were written after `since`."""
    files = storage.here()
    for name, changed_at in files.entries():
        if since is not None and changed_at < since:
            continue
        content = files.get(name)
        if content is None:
            # A file may go while we read: a sweep takes what no row names.
            continue
        within = f"{ATTACHMENTS}/{name[:2]}/{name}"
        entry = tarfile.TarInfo(within)
        entry.size = len(content)
        entry.mtime = int(changed_at.timestamp())
        entry.mode = 0o600
        archive.addfile(entry, io.BytesIO(content))
        sums[within] = hashlib.sha256(content).hexdigest()


def _add(
    archive: tarfile.TarFile,
    path: Path,
    name: str,
    sums: dict[str, str],
) -> None:
    """Adds the file as it is now and notes its SHA-256. A file that grows meanwhile is added as long as it
    was."""
    with path.open("rb") as stream:
        entry = archive.gettarinfo(arcname=name, fileobj=stream)
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        summed = _Summed(stream)
        archive.addfile(entry, summed)
    sums[name] = summed.digest.hexdigest()


class _Summed:
    """A stream whose bytes are summed on their way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        part = self.stream.read(size)
        self.digest.update(part)
        return part


def _dump_sqlite(copy: Path) -> str:
    """A copy of the database as it is at one instant; returns its schema's revision."""
    with (
        closing(sqlite3.connect(sqlite_file())) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        return str(
            target.execute(
                "SELECT version_num FROM alembic_version",
            ).fetchone()[0],
        )


def _dump_postgresql(copy: Path) -> str:
    """The database as pg_dump writes it, in one snapshot; returns its schema's revision."""
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(
            connection,
        ).get_current_revision()
    database_programs.run(
        "pg_dump",
        "--format=custom",
        "--compress=0",
        "--no-owner",
        "--no-privileges",
        f"--file={copy}",
    )
    return str(revision)


def _missing(copy: Path | None, sums: Mapping[str, str]) -> list[str]:
    """Digests that a submitted form's attachment names and no file of the archive holds."""
    query = (
        sa.select(Attachment.sha256)
        .where(Attachment.instance_id.is_not(None))
        .distinct()
    )
    if copy is None:
        engine = db.engine
    else:
        engine = sa.create_engine(f"sqlite:///{copy}")
    with engine.connect() as connection:
        named = set(connection.scalars(query))
    if copy is not None:
        engine.dispose()
    return sorted(
        digest
        for digest in named
        if f"{ATTACHMENTS}/{digest[:2]}/{digest}" not in sums
    )


def contents_of(manifest: Mapping[str, Any], encrypted: bool) -> Contents:
    """What the manifest says."""
    files = [
        name
        for name in manifest["files"]
        if name.startswith(f"{ATTACHMENTS}/")
    ]
    return Contents(
        manifest["made_at"],
        manifest["revision"],
        manifest["kind"],
        len(files),
        tuple(manifest["missing"]),
        encrypted,
    )


def sqlite_file() -> str:
    """Path of the SQLite database."""
    return str(db.engine.url.database)


def var() -> Path:
    """The var directory of this installation."""
    return database.settings().var_dir


def _recipient(text: str) -> Any:
    if not text:
        return None
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as reason:
        raise BackupFailed(
            say("{text} 不是 age 的公钥，应以 age1 开头", text=text),
        ) from reason


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
