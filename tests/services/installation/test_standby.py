"""A copy of PostgreSQL that pages read from: near, too far behind, cut off, gone."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.errors import SettingInvalid
from orchestrator.services.installation.standby import (
    DISTRUSTED_SECONDS,
    EVERY_SECONDS,
    Standby,
)
from orchestrator.settings import read_settings
from orchestrator.store.session import db, engine_options
from tests.chaos.cluster import Cluster
from tests.databases import release, settings_for, without_pages
from tests.servers import wait_until

KEY = "tests" * 8


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_copy_that_falls_behind_or_dies_is_not_read_until_it_is_near_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster")
    clock = Clock()
    try:
        cluster.begin()
        cluster.follow()
        primary = cluster.primary.connect("gridflow")
        copy = cluster.standby.connect("gridflow")
        # Commits that waited for a copy that stands still would stand still as well.
        primary.execute("SET synchronous_commit = local")
        address = f"postgresql+psycopg://postgres@127.0.0.1:{cluster.standby.port}/gridflow"
        engine = sa.create_engine(address, **engine_options(address))
        app = without_pages(settings_for(cluster.url, tmp_path))
        with app.app_context():
            standby = Standby(engine, 5, clock)

            def near_after(seconds: float) -> bool:
                clock.now += seconds
                return standby.is_near()

            assert wait_until(lambda: near_after(2), 20, "a near copy")
            copy.execute("SELECT pg_wal_replay_pause()")
            wait_until(
                lambda: copy.execute(
                    "SELECT pg_get_wal_replay_pause_state() = 'paused'"
                ).fetchone()[0],
                20,
                "a copy that stands still",
            )
            primary.execute("CREATE TABLE written AS SELECT 1 AS number")
            assert near_after(2), "what is missing is two seconds old"
            assert not near_after(4)
            assert not near_after(60)
            copy.execute("SELECT pg_wal_replay_resume()")
            wait_until(lambda: near_after(2), 20, "a near copy again")
            copy.close()
            cluster.stop(cluster.standby, signal.SIGQUIT)
            assert standby.is_near(), "it is looked at once a second"
            assert not near_after(EVERY_SECONDS)
            cluster.start(cluster.standby)
            assert not near_after(EVERY_SECONDS), "not asked for a while"
            wait_until(
                lambda: near_after(DISTRUSTED_SECONDS), 20, "the copy back"
            )
            engine.dispose()
            release()
        primary.close()
    finally:
        cluster.end()


def test_a_primary_in_the_place_of_a_copy_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'no-copy.sqlite'}"
    with without_pages(settings_for(url, tmp_path)).app_context():
        standby = Standby(db.engine, 5, Clock())
        for told in ((False, 10), (True, None)):
            rows = sa.text(f"SELECT {int(told[0])}, {told[1] or 'NULL'}")
            module = "orchestrator.services.installation.standby"
            monkeypatch.setattr(f"{module}._WRITTEN", sa.text("SELECT 5"))
            monkeypatch.setattr(f"{module}._COPIED", rows)
            standby.next_look = 0.0
            assert not standby.is_near()
        monkeypatch.setattr(f"{module}._COPIED", sa.text("SELECT 1, 5"))
        standby.next_look = 0.0
        assert standby.is_near()
        release()


def test_nobody_goes_by_a_comparison_of_long_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one request compares, the others go by the last comparison only as long as it is recent."""
    url = f"sqlite:///{tmp_path / 'no-copy.sqlite'}"
    clock = Clock()
    with without_pages(settings_for(url, tmp_path)).app_context():
        standby = Standby(db.engine, 5, clock)
        module = "orchestrator.services.installation.standby"
        monkeypatch.setattr(f"{module}._WRITTEN", sa.text("SELECT 5"))
        monkeypatch.setattr(f"{module}._COPIED", sa.text("SELECT 1, 5"))
        assert standby.is_near()
        with standby._looking:
            clock.now += EVERY_SECONDS
            assert standby.is_near()
            clock.now += 3600
            assert not standby.is_near()
        assert standby.is_near(), "whoever compares now knows"
        release()


@pytest.mark.parametrize(
    ("primary", "copy"),
    [
        ("", "postgresql://db-2/gridflow"),
        ("sqlite:///x.sqlite", "postgresql://db-2/gridflow"),
        ("postgresql://db-1/gridflow", "sqlite:///x.sqlite"),
        ("postgresql://db-1/gridflow", "db-2"),
    ],
)
def test_a_copy_is_named_beside_a_postgresql_alone(
    primary: str, copy: str
) -> None:
    given = {
        "GRIDFLOW_SECRET_KEY": KEY,
        "GRIDFLOW_DATABASE_URL": primary,
        "GRIDFLOW_DATABASE_READ_URL": copy,
    }
    with pytest.raises(SettingInvalid, match="GRIDFLOW_DATABASE_READ_URL"):
        read_settings(given)


def test_an_address_of_a_copy_is_read_like_that_of_the_database() -> None:
    given = {
        "GRIDFLOW_SECRET_KEY": KEY,
        "GRIDFLOW_DATABASE_URL": "postgresql://db-1/gridflow",
        "GRIDFLOW_DATABASE_READ_URL": "postgres://db-2/gridflow",
        "GRIDFLOW_DATABASE_READ_LAG_SECONDS": "9",
    }
    settings = read_settings(given)
    assert settings.database_read_url == "postgresql+psycopg://db-2/gridflow"
    assert settings.read_lag_seconds == 9
