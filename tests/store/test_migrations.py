"""The migrated schema is what the models say, on both databases; every migration goes up, down and up again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from orchestrator.services import database
from orchestrator.store import models, search
from orchestrator.store.base import Base
from orchestrator.store.session import db
from tests.databases import release, settings_for, without_pages

assert models


@pytest.fixture
def bare(empty_url: str, tmp_path: Path) -> Iterator[sa.Engine]:
    with without_pages(settings_for(empty_url, tmp_path)).app_context():
        yield db.engine
        release()


def _differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": search.is_ours}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def test_a_migrated_database_is_what_the_models_say(bare):
    database.upgrade()
    assert _differences(bare) == []


def test_every_migration_can_be_taken_back_and_done_again(bare):
    database.upgrade()
    for revision in [each.revision for each in _script().walk_revisions()][1:]:
        database.downgrade(revision)
    database.downgrade("base")
    left = set(sa.inspect(bare).get_table_names()) - {"alembic_version"}
    assert left == set()
    database.upgrade()
    assert _differences(bare) == []


def test_migrations_are_numbered_in_one_line():
    script = _script()
    assert len(script.get_heads()) == 1
    numbers = [each.revision for each in script.walk_revisions()][::-1]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    for each in script.walk_revisions():
        assert Path(each.path).name.startswith(f"{each.revision}_")


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(database.MIGRATIONS))
