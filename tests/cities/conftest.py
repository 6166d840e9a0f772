"""Each city with its demo people, loaded once a run; every test works on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.services import jurisdictions
from orchestrator.store.session import db
from tests.cities.play import BPMN, NOW, Play
from tests.databases import forget, release, settings_for, without_pages


@pytest.fixture(scope="session")
def settled(
    sqlite_schema: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """City → its database file, made the first time somebody asks."""
    made: dict[str, Path] = {}

    def settle(city: str) -> Path:
        if city not in made:
            folder = tmp_path_factory.mktemp(city)
            file = Path(shutil.copy(sqlite_schema, folder / "city.sqlite"))
            with without_pages(
                settings_for(f"sqlite:///{file}", folder)
            ).app_context():
                forget()
                jurisdictions.load(BPMN / city, NOW, demo=True)
                with db.engine.connect() as connection:
                    connection.exec_driver_sql(
                        "PRAGMA wal_checkpoint(TRUNCATE)"
                    )
                release()
            made[city] = file
        return made[city]

    return settle


@dataclass
class Plays:
    """Fresh copies of one city, one after the other."""

    city: str
    settled: Path
    folder: Path

    @contextmanager
    def fresh(self) -> Iterator[Play]:
        file = shutil.copy(self.settled, self.folder / "test.sqlite")
        with without_pages(
            settings_for(f"sqlite:///{file}", self.folder)
        ).app_context():
            forget()
            yield Play(self.city)
            release()
            db.engine.dispose()


@pytest.fixture
def plays(
    request: pytest.FixtureRequest,
    settled: Callable[[str], Path],
    tmp_path: Path,
) -> Plays:
    """Copies of the city of the test's module (CITY)."""
    return Plays(request.module.CITY, settled(request.module.CITY), tmp_path)


@pytest.fixture
def play(plays: Plays) -> Iterator[Play]:
    """The city of the test's module, at work."""
    with plays.fresh() as fresh:
        yield fresh
