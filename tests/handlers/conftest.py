"""Zhenjiang with its demo people, loaded once a run; every test of the handlers works on a copy, on SQLite
and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.services import jurisdictions
from orchestrator.store.session import db
from tests.databases import BOTH, forget, on_server, release, settings_for, without_pages
from tests.handlers.office import CITY, NOW, Office

_numbers = iter(range(1, 100_000))


def _settle(url: str, folder: Path) -> None:
    with without_pages(settings_for(url, folder)).app_context():
        forget()
        jurisdictions.load(CITY, NOW, demo=True)
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        release()


@pytest.fixture(scope="session")
def sqlite_city(sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zhenjiang")
    shutil.copy(sqlite_schema, folder / "city.sqlite")
    _settle(f"sqlite:///{folder / 'city.sqlite'}", folder)
    return folder / "city.sqlite"


@pytest.fixture(scope="session")
def postgres_city(postgres_url: str, postgres_schema: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    on_server(postgres_url, f"CREATE DATABASE zhenjiang_city TEMPLATE {postgres_schema}")
    _settle(postgres_url.format(database="zhenjiang_city"), tmp_path_factory.mktemp("zhenjiang-pg"))
    return "zhenjiang_city"


@pytest.fixture(params=BOTH)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_city"), tmp_path / "test.sqlite")
        url, drop = f"sqlite:///{tmp_path / 'test.sqlite'}", None
    else:
        server, template = request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_city")
        name = f"handlers_{next(_numbers)}"
        on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        url, drop = server.format(database=name), (server, f"DROP DATABASE {name} WITH (FORCE)")
    with without_pages(settings_for(url, tmp_path)).app_context():
        forget()
        yield Office()
        release()
    if drop:
        on_server(*drop)
