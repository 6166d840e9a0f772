"""Fixtures of real databases and queues: started once a run, with a fresh schema for every test that asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from orchestrator.services.installation import database
from orchestrator.settings import Settings
from orchestrator.store.session import db
from tests import servers
from tests.copies import Copies, on_server
from tests.shared import shared

BEHIND = "0070"
"""The schema of the databases that tests of an upgrade begin with: some migrations are left."""
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
_numbers = iter(range(1, 100_000))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL: its URL with `{database}` in the place of the database's name."""
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def valkey() -> Iterator[servers.Valkey]:
    with servers.valkey(keep=False) as server:
        yield server


@pytest.fixture
def redis_url(valkey: servers.Valkey) -> str:
    """A real, empty server of the Redis protocol."""
    if not valkey.answers():
        valkey.start()
    import redis

    redis.Redis.from_url(valkey.url).flushall()
    return valkey.url


@pytest.fixture(scope="session")
def sqlite_schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema and no rows; each test takes a copy."""

    def make(folder: Path) -> None:
        _migrate(f"sqlite:///{folder / 'schema.sqlite'}", folder)

    folder = shared(tmp_path_factory.getbasetemp(), "schema", make)
    return folder / "schema.sqlite"


@pytest.fixture(scope="session")
def postgres_schema(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Name of a database with the schema and no rows; each test takes a copy."""
    on_server(postgres_url, "CREATE DATABASE gridflow_schema")
    _migrate(
        postgres_url.format(database="gridflow_schema"),
        tmp_path_factory.mktemp("schema-pg"),
    )
    return "gridflow_schema"


@pytest.fixture(scope="session")
def postgres_schemas(
    postgres_url: str, postgres_schema: str
) -> Iterator[Copies]:
    with closing(Copies(postgres_url, postgres_schema)) as copies:
        yield copies


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, on SQLite and on PostgreSQL: not even a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server, name = (
        request.getfixturevalue("postgres_url"),
        f"t{next(_numbers)}",
    )
    on_server(server, f"CREATE DATABASE {name}")
    yield server.format(database=name)
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_behind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema of BEHIND."""

    def make(folder: Path) -> None:
        _migrate(f"sqlite:///{folder / 'schema.sqlite'}", folder, BEHIND)

    folder = shared(tmp_path_factory.getbasetemp(), f"schema-{BEHIND}", make)
    return folder / "schema.sqlite"


@pytest.fixture(scope="session")
def postgres_behind(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Name of a database with the schema of BEHIND."""
    on_server(postgres_url, "CREATE DATABASE gridflow_behind")
    url = postgres_url.format(database="gridflow_behind")
    _migrate(url, tmp_path_factory.mktemp("behind-pg"), BEHIND)
    return "gridflow_behind"


@pytest.fixture(params=BOTH)
def behind_url(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database of its own with the schema of BEHIND, on SQLite and on PostgreSQL."""
    forget()
    if request.param == "sqlite":
        file = tmp_path / "behind.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_behind"), file)
        yield f"sqlite:///{file}"
        return
    server = request.getfixturevalue("postgres_url")
    template = request.getfixturevalue("postgres_behind")
    name = f"t{next(_numbers)}"
    on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.format(database=name)
    on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=BOTH)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database with the schema and no rows, on SQLite and on PostgreSQL."""
    forget()
    if request.param == "sqlite":
        shutil.copy(
            request.getfixturevalue("sqlite_schema"), tmp_path / "test.sqlite"
        )
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
        return
    with request.getfixturevalue("postgres_schemas").lent() as url:
        yield url


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The database alone, without pages, inside an application's context."""
    made = without_pages(settings_for(database_url, tmp_path))
    with made.app_context():
        forget()
        yield made
        release()


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The product on a database of its own, inside its context."""
    # Imported late: tests of the floors below need no pages.
    from app import create_app

    made = create_app(settings_for(database_url, tmp_path))
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with made.app_context():
        forget()
        yield made
        release()


def settings_for(url: str, folder: Path, **changed: object) -> Settings:
    """Settings for one test: what a folder of its own needs, small limits."""
    given: dict[str, object] = {
        "var_dir": folder,
        "database_url": url,
        "redis_url": None,
        "secret_key": "tests",
        "max_attachment_mb": 1,
        "sign_in_attempts": 5,
        "lock_minutes": 15,
        "sweep_seconds": 1,
        "demo": False,
    }
    return Settings(**{**given, **changed})  # type: ignore[arg-type]


def without_pages(settings: Settings) -> Flask:
    """An application that has a database and nothing else."""
    made = Flask(__name__)
    made.extensions["gridflow"] = settings
    database.connect(made, settings)
    return made


def forget() -> None:
    """Caches keyed by address: another test's database may have had the same one."""
    from orchestrator.services import bundles
    from orchestrator.services.execution import day_layers

    day_layers.forget()
    bundles.forget()


def release() -> None:
    """Connections are given back, so that the database can be dropped."""
    db.session.remove()
    db.engine.dispose()


def _migrate(url: str, folder: Path, revision: str = "head") -> None:
    with without_pages(settings_for(url, folder)).app_context():
        database.upgrade(revision)
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        release()
