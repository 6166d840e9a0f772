"""The small city of the services' tests, settled once a run; every test takes a copy, on SQLite and on
PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.store.session import db
from tests.copies import Copies, on_server
from tests.databases import BOTH, release
from tests.services.world import make_app, settings_for, settle_city
from tests.shared import shared


@pytest.fixture(scope="session")
def errands_sqlite(
    sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    def make(folder: Path) -> None:
        shutil.copy(sqlite_schema, folder / "city.sqlite")
        _build(f"sqlite:///{folder / 'city.sqlite'}", folder)

    folder = shared(tmp_path_factory.getbasetemp(), "errands", make)
    return folder / "city.sqlite"


@pytest.fixture(scope="session")
def errands_postgres(
    postgres_url: str,
    postgres_schema: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Copies]:
    on_server(
        postgres_url, f"CREATE DATABASE errands TEMPLATE {postgres_schema}"
    )
    _build(
        postgres_url.format(database="errands"),
        tmp_path_factory.mktemp("errands-pg"),
    )
    with closing(Copies(postgres_url, "errands")) as copies:
        yield copies


@pytest.fixture(params=BOTH)
def settled_url(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database in which the city is settled."""
    if request.param == "sqlite":
        shutil.copy(
            request.getfixturevalue("errands_sqlite"), tmp_path / "test.sqlite"
        )
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
        return
    with request.getfixturevalue("errands_postgres").lent() as url:
        yield url


def _build(url: str, folder: Path) -> None:
    with make_app(settings_for(url, folder)).app_context():
        settle_city()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        release()
