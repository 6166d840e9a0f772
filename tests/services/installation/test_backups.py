"""A backup taken while people work leads back into an empty installation, whole; anything else is refused and
changes nothing."""

from __future__ import annotations

import fcntl
import gzip
import os
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from orchestrator.errors import BackupFailed
from orchestrator.services.installation import backup, database, restoring
from orchestrator.services.records import attachments, history
from orchestrator.services.records.purposes import of_start
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import db
from orchestrator.store.user_tasks import Attachment
from tests import servers
from tests.copies import on_server
from tests.databases import settings_for, without_pages
from tests.services.world import TENANT

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the server under test."""
    binaries = servers.postgres_binaries()
    if binaries is not None:
        monkeypatch.setenv(
            "PATH", f"{binaries}{os.pathsep}{os.environ['PATH']}"
        )


@pytest.fixture
def filed(world) -> list[str]:
    """Digests of the files of three matters."""
    purpose = of_start("errand", f"{TENANT}:civil-affairs:990100", None)
    for name in ("甲", "乙", "丙"):
        given = attachments.keep(
            b"%PDF-1.7" + name.encode(),
            f"{name}.pdf",
            "files",
            attachments.Claim(TENANT, world.person("zhao"), purpose),
            world.now,
        )
        world.start(subject=name, files=[given])
    return sorted(row.sha256 for row in world.rows(sa.select(Attachment)))


@pytest.fixture
def elsewhere(
    world, settled_url: str, tmp_path: Path, request
) -> Iterator[Flask]:
    """An installation of the same kind of database, empty."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    if settled_url.startswith("sqlite"):
        yield without_pages(
            settings_for(f"sqlite:///{folder / 'gridflow.sqlite'}", folder)
        )
        return
    server = request.getfixturevalue("postgres_url")
    on_server(server, "CREATE DATABASE restored")
    yield without_pages(
        settings_for(server.format(database="restored"), folder)
    )
    on_server(server, "DROP DATABASE restored WITH (FORCE)")


def _files(folder: Path) -> list[str]:
    return sorted(
        path.name
        for path in (folder / "attachments").rglob("*")
        if path.is_file()
    )


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_backup_leads_back_whole(
    world, filed, elsewhere, tmp_path: Path, encrypted: bool
) -> None:
    identity, recipient = backup.new_identity()
    (tmp_path / "key").write_text(identity)
    (database.settings().var_dir / "secret_key").write_text("k" * 64)
    file = tmp_path / "backup.gridflow"
    made = backup.make(file, world.now, recipient if encrypted else "")
    assert (made.attachments, made.missing, made.encrypted) == (
        3,
        (),
        encrypted,
    )
    assert file.stat().st_mode & 0o077 == 0
    assert (b"PDF" in file.read_bytes()) is False
    rows = world.rows(sa.select(ProcessInstance.business_key))
    with elsewhere.app_context():
        held = restoring.restore(file, tmp_path / "key" if encrypted else None)
        assert (held.attachments, held.missing, held.revision) == (
            3,
            (),
            made.revision,
        )
        with db.engine.connect() as connection:
            assert len(
                connection.execute(
                    sa.select(ProcessInstance.business_key)
                ).all()
            ) == len(rows)
        assert history.verify() == []
        assert _files(database.settings().var_dir) == filed
        assert (
            database.settings().var_dir / "secret_key"
        ).read_text() == "k" * 64
        db.session.remove()
        db.engine.dispose()


def test_a_backup_under_load_has_a_file_for_each_row(
    world, filed, elsewhere, tmp_path: Path
) -> None:
    """People start matters with files while the backup is written."""
    application, stop, started = (
        current_app._get_current_object(),
        threading.Event(),
        [],
    )
    purpose = of_start("errand", f"{TENANT}:civil-affairs:990100", None)

    def work() -> None:
        with application.app_context():
            while not stop.is_set():
                content = f"%PDF-1.7 load {len(started)}".encode()
                given = attachments.keep(
                    content,
                    "a.pdf",
                    "files",
                    attachments.Claim(TENANT, world.person("zhao"), purpose),
                    world.now,
                )
                started.append(world.start(subject="忙", files=[given]))
            db.session.remove()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        servers.wait_until(lambda: len(started) > 2, what="some matters")
        made = backup.make(tmp_path / "backup", world.now)
        seen = len(started)
        servers.wait_until(
            lambda: len(started) > seen, what="work after the backup"
        )
    finally:
        stop.set()
        worker.join()
    assert made.missing == ()
    with elsewhere.app_context():
        restoring.restore(tmp_path / "backup")
        with db.engine.connect() as connection:
            named = set(connection.scalars(sa.select(Attachment.sha256)))
            numbers = connection.scalar(
                sa.select(sa.func.count()).select_from(ProcessInstance)
            )
        assert 3 + 2 < numbers <= 3 + len(started)
        assert named <= set(_files(database.settings().var_dir))
        assert history.verify() == []
        db.session.remove()
        db.engine.dispose()


def test_a_missing_file_is_told(world, filed, tmp_path: Path) -> None:
    folder = database.settings().var_dir / "attachments"
    (folder / filed[0][:2] / filed[0]).unlink()
    assert backup.make(tmp_path / "backup", world.now).missing == (filed[0],)


def test_nothing_is_written_over(world, filed, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("older")
    with pytest.raises(BackupFailed, match="已经存在"):
        backup.make(tmp_path / "backup", world.now)
    backup.make(tmp_path / "another", world.now)
    with pytest.raises(BackupFailed, match="已经有数据"):
        restoring.restore(tmp_path / "another")
    assert (tmp_path / "backup").read_text() == "older"


def _without_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _of_something_else(file: Path) -> None:
    file.write_bytes(b"PK\x03\x04 not ours")


def _with_a_file_more(file: Path) -> None:
    folder = file.parent / "again"
    folder.mkdir()
    subprocess.run(["tar", "-xf", file, "-C", folder], check=True)
    (folder / "attachments" / "00").mkdir(parents=True, exist_ok=True)
    (folder / "attachments" / "00" / "forged").write_bytes(b"x")
    with tarfile.open(file, "w:gz") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, str(path.relative_to(folder)), recursive=False)


def _added(file: Path, entry: tarfile.TarInfo) -> None:
    """The archive with one more entry, without a content."""
    plain = file.with_suffix(".tar")
    plain.write_bytes(gzip.decompress(file.read_bytes()))
    with tarfile.open(plain, "a") as archive:
        archive.addfile(entry)
    file.write_bytes(gzip.compress(plain.read_bytes()))


def _that_leads_out(file: Path) -> None:
    _added(file, tarfile.TarInfo("../../outside"))


def _with_a_link(file: Path) -> None:
    entry = tarfile.TarInfo("attachments/link")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    _added(file, entry)


def _with_a_file_twice(file: Path) -> None:
    _added(file, tarfile.TarInfo("manifest.json"))


@pytest.mark.one_database
@pytest.mark.parametrize(
    "damage",
    [
        _without_a_byte,
        _cut,
        _of_something_else,
        _with_a_file_more,
        _that_leads_out,
        _with_a_link,
        _with_a_file_twice,
    ],
)
def test_a_damaged_backup_is_refused_and_changes_nothing(
    world, filed, elsewhere, tmp_path: Path, damage
) -> None:
    file = tmp_path / "backup"
    backup.make(file, world.now)
    damage(file)
    with elsewhere.app_context():
        with pytest.raises(BackupFailed, match=r"损坏|没有完成"):
            restoring.restore(file)
        with db.engine.connect() as connection:
            assert sa.inspect(connection).get_table_names() == []
        assert _files(database.settings().var_dir) == []
        db.engine.dispose()


@pytest.mark.one_database
def test_an_encrypted_backup_needs_its_key(
    world, filed, elsewhere, tmp_path: Path
) -> None:
    file, (_identity, recipient) = tmp_path / "backup", backup.new_identity()
    backup.make(file, world.now, recipient)
    (tmp_path / "other").write_text(backup.new_identity()[0])
    (tmp_path / "none").write_text("nothing")
    with elsewhere.app_context():
        with pytest.raises(BackupFailed, match="--identity"):
            restoring.restore(file)
        for key in ("other", "none"):
            with pytest.raises(BackupFailed, match="密钥与备份不符"):
                restoring.restore(file, tmp_path / key)
        db.engine.dispose()


@pytest.mark.one_database
def test_what_is_encrypted_lies_in_plain_at_no_other_place_and_leavings_are_swept(
    world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick, var = tmp_path / "stick", backup.var()
    stick.mkdir()
    left = var / f"{backup.SPACE}killed"
    left.mkdir()
    (left / backup.LOCK).touch()
    (left / "plain").write_text("what a killed backup left")
    running = var / f"{backup.SPACE}running"
    running.mkdir()
    held = (running / backup.LOCK).open("wb")
    fcntl.flock(held, fcntl.LOCK_EX)
    seen: list[list[str]] = []
    written = backup._write

    def write(*args: Any, **named: Any) -> Any:
        seen.append([file.name for file in stick.iterdir()])
        return written(*args, **named)

    monkeypatch.setattr(backup, "_write", write)
    _identity, recipient = backup.new_identity()
    backup.make(stick / "b.age", world.now, recipient)
    assert seen == [[]]
    assert [file.name for file in stick.iterdir()] == ["b.age"]
    assert not left.exists() and running.exists()
    held.close()
    backup.make(tmp_path / "next", world.now, recipient)
    assert not running.exists()


@pytest.mark.one_database
def test_a_recipient_that_is_none_is_refused(world, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="age1"):
        backup.make(tmp_path / "backup", world.now, "ssh-rsa AAAA")
    assert list(tmp_path.glob("*backup*")) == []


def test_without_the_tools_of_postgresql_it_says_what_to_install(
    world, settled_url: str, tmp_path: Path, monkeypatch
) -> None:
    if settled_url.startswith("sqlite"):
        backup.make(tmp_path / "backup", world.now)
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupFailed, match="postgresql-client"):
        backup.make(tmp_path / "backup", world.now)
    assert list(tmp_path.glob("*backup*")) == []
