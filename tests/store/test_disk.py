"""What SQLite is told before the first statement."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.store import session
from tests.conftest import TOLD_OF_THE_DISK

FULL = 2
"""`PRAGMA synchronous` of a connection whose commits are on the disk."""


def test_what_is_acknowledged_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests' own databases do not wait for it."""
    monkeypatch.setattr(session, "synchronous", TOLD_OF_THE_DISK)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'disk.sqlite'}")
    session.prepare_engine(engine)

    def told(name: str) -> object:
        with engine.connect() as connection:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()

    assert told("synchronous") == FULL
    assert told("journal_mode") == "wal"
    assert told("foreign_keys") == 1
    engine.dispose()
