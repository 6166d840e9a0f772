"""`./gridflow upgrade`: it looks before it leaps, keeps a backup, and leads back to what was before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.conninfo import conninfo_to_dict

from app import create_app
from orchestrator.services.installation import (
    backup,
    database_programs,
    storage,
)
from orchestrator.services.records import history, stored_files
from orchestrator.store.session import db
from tests import servers
from tests.databases import BEHIND, release, settings_for

pytestmark = pytest.mark.both_databases


@pytest.fixture
def behind(
    behind_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The product on a database of an earlier version with a row in it."""
    binaries = servers.postgres_binaries()
    if binaries is not None:
        path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
        monkeypatch.setenv("PATH", path)
    made = create_app(settings_for(behind_url, tmp_path))
    with made.app_context():
        _add("before")
        yield made
        release()


def _add(name: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO resource (sha256, content) VALUES ('{name}', 'x')"
        )
    db.engine.dispose()


def _stands() -> tuple[str, list[str]]:
    """Schema and rows."""
    with db.engine.connect() as connection:
        schema = connection.exec_driver_sql(
            "SELECT version_num FROM alembic_version"
        ).scalar_one()
        rows = connection.exec_driver_sql(
            "SELECT sha256 FROM resource ORDER BY sha256"
        ).scalars()
        found = list(rows)
    db.engine.dispose()
    return str(schema), found


def _run(app: Flask, *arguments: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["upgrade", *arguments])
    if not isinstance(done.exception, SystemExit | None):
        raise done.exception
    db.session.remove()
    db.engine.dispose()
    return done.exit_code, done.output


def test_an_upgrade_leads_back_to_what_was_before(
    behind: Flask, tmp_path: Path
) -> None:
    code, told = _run(behind, "--check")
    assert (code, _stands()[0]) == (0, BEHIND), told
    assert not (tmp_path / "backups").exists()
    code, told = _run(behind)
    assert code == 0, told
    (kept,) = (tmp_path / "backups").glob(
        f"before-upgrade-*-{BEHIND}.gridflow"
    )
    assert str(kept) in told and kept.stat().st_mode & 0o077 == 0
    assert _stands()[0] > BEHIND
    _add("since")
    assert _run(behind)[1].endswith("不需要升级 / nothing to do\n")
    code, told = _run(behind, "--back", str(kept))
    assert code == 0, told
    assert _stands() == (BEHIND, ["before"])
    (since,) = (tmp_path / "backups").glob("before-back-*.gridflow")
    assert str(since) in told
    # Whoever went back by mistake goes forward again.
    code, told = _run(behind, "--back", str(since))
    assert code == 0, told
    assert _stands()[1] == ["before", "since"]


@pytest.mark.one_database
def test_attachments_written_since_go_forward_again(
    behind: Flask, tmp_path: Path
) -> None:
    old, new = "0a" * 32, "0b" * 32
    stored_files.write(old, b"old")
    long_ago = datetime.now(UTC) - timedelta(days=30)
    path = tmp_path / "attachments" / old[:2] / old
    os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    assert _run(behind)[0] == 0
    (kept,) = (tmp_path / "backups").glob("before-upgrade-*")
    stored_files.write(new, b"new")
    assert _run(behind, "--back", str(kept))[0] == 0
    # The former program's sweep: its database names neither.
    later = datetime.now(UTC) + timedelta(days=2)
    stored_files.sweep(later, lambda digests: {old} & set(digests))
    assert stored_files.read(new) is None
    (since,) = (tmp_path / "backups").glob("before-back-*")
    code, told = _run(behind, "--back", str(since))
    assert code == 0, told
    assert stored_files.read(new) == b"new"
    names = {name for name, _changed_at in storage.here().entries()}
    assert names == {old, new}


@pytest.mark.one_database
def test_an_encrypted_backup_leads_back_with_its_key(
    behind: Flask, tmp_path: Path
) -> None:
    identity, recipient = backup.new_identity()
    (tmp_path / "key").write_text(identity)
    file = tmp_path / "nightly.gridflow"
    backup.make(file, datetime.now(UTC), recipient)
    _add("since")
    code, told = _run(behind, "--back", str(file))
    assert code == 1 and "--identity" in told
    key = str(tmp_path / "key")
    code, told = _run(behind, "--back", str(file), "--identity", key)
    assert code == 0, told
    assert _stands() == (BEHIND, ["before"])


@pytest.mark.one_database
def test_the_databases_programs_are_told_every_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = sa.make_url(
        "postgresql+psycopg://gf:se%40cret@/gridflow"
        "?host=db-1:5432&host=db-2:5433&target_session_attrs=read-write"
    )
    engine = SimpleNamespace(url=url)
    called = []
    monkeypatch.setattr(
        database_programs, "db", SimpleNamespace(engine=engine)
    )
    monkeypatch.setattr(
        database_programs, "_call", lambda *given: called.append(given)
    )
    database_programs.run("pg_dump", "--format=custom")
    ((_program, arguments, environment),) = called
    assert environment["PGPASSWORD"] == "se@cret"
    address = conninfo_to_dict(arguments[0].removeprefix("--dbname="))
    assert address == {
        "host": "db-1,db-2",
        "port": "5432,5433",
        "dbname": "gridflow",
        "user": "gf",
        "target_session_attrs": "read-write",
    }


def test_a_table_of_an_extension_stays(behind: Flask, tmp_path: Path) -> None:
    if db.engine.dialect.name == "sqlite":
        # A file has no extensions; going back exchanges it whole.
        assert _run(behind, "--check")[0] == 0
        return
    assert _run(behind)[0] == 0
    (kept,) = (tmp_path / "backups").glob("before-upgrade-*")
    with db.engine.begin() as connection:
        for statement in (
            "CREATE TABLE of_extension AS SELECT 4326 AS srid",
            "ALTER EXTENSION plpgsql ADD TABLE of_extension",
        ):
            connection.exec_driver_sql(statement)
    db.engine.dispose()
    code, told = _run(behind, "--back", str(kept))
    assert code == 0, told
    assert _stands() == (BEHIND, ["before"])
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql(
            "SELECT srid FROM of_extension"
        ).scalars().all() == [4326]


def test_a_damaged_backup_leads_nowhere(behind: Flask, tmp_path: Path) -> None:
    assert _run(behind)[0] == 0
    (kept,) = (tmp_path / "backups").glob("before-upgrade-*")
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 0xFF
    kept.write_bytes(content)
    before = _stands()
    code, told = _run(behind, "--back", str(kept))
    assert code == 1 and "损坏" in told
    assert _stands() == before


@pytest.mark.one_database
def test_too_little_room_and_a_broken_history_stop_it(
    behind: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        full = SimpleNamespace(total=1, used=1, free=5 * 1024**2)
        patch.setattr(shutil, "disk_usage", lambda _path: full)
        code, told = _run(behind)
        assert code == 1 and "只剩 5 MB，备份和升级需要" in told
        backup_of_before = tmp_path / "before.gridflow"
        backup_of_before.write_bytes(bytes(3 * 1024**2))
        code, told = _run(behind, "--back", str(backup_of_before))
        assert code == 1 and "只剩 5 MB，备份和退回需要" in told
    with monkeypatch.context() as patch:
        link = history.BrokenLink("a", 1, "内容与校验值不符")
        patch.setattr(history, "verify", lambda: [link])
        code, told = _run(behind)
        assert code == 1 and "历史记录校验异常" in told
    assert _stands() == (BEHIND, ["before"])


@pytest.mark.one_database
def test_a_database_of_a_newer_program_is_refused(behind: Flask) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '9999'"
        )
    code, told = _run(behind)
    assert code == 1 and "比程序新" in told


def test_what_an_earlier_version_left_open_to_others_is_closed_by_the_upgrade(
    behind: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "attachments" / "cf" / "cfa3"
    file.parent.mkdir(parents=True)
    file.write_text("personal")
    paths = (tmp_path, file.parent, file)
    for path in paths:
        path.chmod(0o755)
    assert _run(behind, "--check")[0] == 0
    assert file.stat().st_mode & 0o077, "who only looks changes nothing"
    assert _run(behind)[0] == 0
    assert [path.stat().st_mode & 0o077 for path in paths] == [0, 0, 0]


def test_programs_that_still_work_on_the_database_are_counted(
    behind: Flask,
) -> None:
    if db.engine.dialect.name == "sqlite":
        # There the launcher's lock on the var directory says it.
        assert _run(behind, "--check")[0] == 0
        return
    other = db.engine.raw_connection()
    other.detach()
    done = behind.test_cli_runner().invoke(args=["upgrade"])
    other.close()
    assert done.exit_code == 1
    assert "还有 1 个程序连着数据库（" in done.output
    assert " @ " in done.output
    assert _stands() == (BEHIND, ["before"])
