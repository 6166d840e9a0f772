"""The small city of the services' tests, settled once a run; every test takes a copy, on SQLite and on
PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.services import database
from orchestrator.store.session import db
from tests.databases import BOTH, on_server, release
from tests.services.world import make_app, settings_for, settle_city

_numbers = iter(range(1, 100_000))


@pytest.fixture(scope="session")
def errands_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("errands")
    _build(f"sqlite:///{folder / 'city.sqlite'}", folder)
    return folder / "city.sqlite"


@pytest.fixture(scope="session")
def errands_postgres(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    on_server(postgres_url, "CREATE DATABASE errands")
    _build(postgres_url.format(database="errands"), tmp_path_factory.mktemp("errands-pg"))
    return "errands"


@pytest.fixture(params=BOTH)
def settled_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database in which the city is settled."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("errands_sqlite"), tmp_path / "test.sqlite")
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
        return
    server, template = request.getfixturevalue("postgres_url"), request.getfixturevalue("errands_postgres")
    name = f"errand_{next(_numbers)}"
    on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.format(database=name)
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def _build(url: str, folder: Path) -> None:
    with make_app(settings_for(url, folder)).app_context():
        database.upgrade()
        settle_city()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        release()
