"""Zhenjiang with its demo people, loaded once a run; every test of the handlers works on a copy, on SQLite
and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.services import jurisdictions
from orchestrator.store.session import db
from tests.copies import Copies, on_server
from tests.databases import BOTH, forget, release, settings_for, without_pages
from tests.handlers.office import CITY, NOW, Office
from tests.shared import shared


def _settle(url: str, folder: Path) -> None:
    with without_pages(settings_for(url, folder)).app_context():
        forget()
        jurisdictions.load(CITY, NOW, demo=True)
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        release()


@pytest.fixture(scope="session")
def sqlite_city(
    sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    def make(folder: Path) -> None:
        shutil.copy(sqlite_schema, folder / "city.sqlite")
        _settle(f"sqlite:///{folder / 'city.sqlite'}", folder)

    folder = shared(tmp_path_factory.getbasetemp(), "zhenjiang", make)
    return folder / "city.sqlite"


@pytest.fixture(scope="session")
def postgres_city(
    postgres_url: str,
    postgres_schema: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Copies]:
    on_server(
        postgres_url,
        f"CREATE DATABASE zhenjiang_city TEMPLATE {postgres_schema}",
    )
    _settle(
        postgres_url.format(database="zhenjiang_city"),
        tmp_path_factory.mktemp("zhenjiang-pg"),
    )
    with closing(Copies(postgres_url, "zhenjiang_city")) as copies:
        yield copies


@pytest.fixture(params=BOTH)
def city_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database in which the city is loaded."""
    if request.param == "sqlite":
        shutil.copy(
            request.getfixturevalue("sqlite_city"), tmp_path / "test.sqlite"
        )
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
        return
    with request.getfixturevalue("postgres_city").lent() as url:
        yield url


@pytest.fixture
def office(city_url: str, tmp_path: Path) -> Iterator[Office]:
    with without_pages(settings_for(city_url, tmp_path)).app_context():
        forget()
        yield Office()
        release()
