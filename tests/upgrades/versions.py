"""The recorded databases, each put back as its version left it: that version's schema, its rows and its
files."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from orchestrator.services.installation import database
from orchestrator.store.session import db
from tests.upgrades import kept

FORMER = Path(__file__).parent / "former"
RECORDED = [
    file.name.removesuffix(".json.gz")
    for file in sorted(kept.DATABASES.glob("*.json.gz"))
]
TEXTS_THEN = {
    "text-hashes": "0001",
    "without-hours": "0005",
    "undated": "0007",
}
"""What a version is called whose migrations were edited afterwards → the migration it ran in its former
text."""


def schema_of(name: str) -> str:
    """The newest migration that the version had."""
    return name[:4]


def put_back(name: str, attachments: Path, scratch: Path) -> datetime:
    """Fills the current application's empty database as the version left it; returns the instant at which it
    did."""
    content = kept.read(kept.DATABASES / f"{name}.json.gz")
    _make_schema(name, scratch)
    kept.fill(db.engine, content, attachments)
    return datetime.fromisoformat(content["at"])


_schemas: dict[str, bytes] = {}
"""Newest migration → an empty SQLite database that it made, for the versions after it to begin with."""


def _make_schema(name: str, scratch: Path) -> None:
    wanted = schema_of(name)
    file = Path(db.engine.url.database or "")
    keeps = db.engine.dialect.name == "sqlite" and name == wanted
    before = max((made for made in _schemas if made <= wanted), default="")
    if keeps and before:
        file.write_bytes(_schemas[before])
    migrations = _migrations_then(name, scratch / f"migrations-{name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", migrations)
        database.upgrade()
    if keeps:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        _schemas[wanted] = file.read_bytes()


def _migrations_then(name: str, folder: Path) -> Path:
    """The migrations up to the version's own, with the former text of one that was edited later."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    for file in database.MIGRATIONS.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    for file in (database.MIGRATIONS / "versions").glob("0*.py"):
        if file.name[:4] <= schema_of(name):
            shutil.copy(file, versions)
    edited = TEXTS_THEN.get(name[5:])
    if edited is not None:
        (was,) = FORMER.glob(f"{edited}_*.txt")
        (now,) = versions.glob(f"{edited}_*.py")
        shutil.copy(was, now)
    return folder
