"""Every test of the services runs on SQLite and on PostgreSQL, in a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.handlers import TOPICS
from orchestrator.services import database, deployments, running
from orchestrator.store.session import db
from tests.servers import postgres
from tests.services.world import World, make_app, settings_for, settle_city


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the city in it; each test takes a copy."""
    folder = tmp_path_factory.mktemp("template")
    file = folder / "city.sqlite"
    _build(f"sqlite:///{file}", folder)
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    _on_server(postgres_url, "CREATE DATABASE city")
    _build(postgres_url.format(database="city"), tmp_path_factory.mktemp("template-pg"))
    return "city"


def _build(url: str, folder: Path) -> None:
    app = make_app(settings_for(url, folder))
    with app.app_context():
        database.upgrade()
        settle_city()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


def _on_server(url: str, statement: str) -> None:
    engine = sa.create_engine(url.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


_numbers = iter(range(1, 100_000))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "test.sqlite")
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
        return
    server = request.getfixturevalue("postgres_url")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{next(_numbers)}"
    _on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.format(database=name)
    _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The city in an application of its own. The topic `errand.record` notes what it was asked for and answers with a number."""
    app = make_app(settings_for(database_url, tmp_path))
    with app.app_context():
        running.forget_calendar()
        deployments._cache.cache_clear()
        here = World(app)

        def record(context):
            here.handled.append(context.instance.id)
            return {"record_no": len(here.handled)}

        monkeypatch.setitem(TOPICS, "errand.record", record)
        yield here
        db.session.remove()
        db.engine.dispose()
