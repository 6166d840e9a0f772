"""Before a SQLite database is migrated it is copied; one that cannot be migrated stays as it was, and one
sentence says what to do."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.errors import UpgradeFailed
from orchestrator.services.installation import database, schema_upgrade
from orchestrator.store.session import db
from tests.databases import BEHIND, release, settings_for, without_pages

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)


@pytest.fixture
def behind(behind_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A database of an earlier version with a row in it."""
    made = without_pages(settings_for(behind_url, tmp_path))
    with made.app_context():
        with db.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO resource (sha256, content) VALUES ('a', 'b')"
            )
        yield made
        release()


def _on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _revision() -> str:
    with db.engine.connect() as connection:
        return str(
            connection.exec_driver_sql(
                "SELECT version_num FROM alembic_version"
            ).scalar_one()
        )


def test_a_copy_of_before_is_made_for_its_owner_alone(
    behind: Flask, tmp_path: Path
) -> None:
    copy = schema_upgrade.bring_up_to_date(NOW)
    assert _revision() > BEHIND
    assert (copy is not None) == _on_sqlite()
    if copy is not None:
        assert (
            copy
            == tmp_path
            / "backups"
            / f"gridflow-20261127-010000-{BEHIND}.sqlite"
        )
        assert (
            copy.stat().st_mode & 0o777,
            copy.parent.stat().st_mode & 0o777,
        ) == (
            0o600,
            0o700,
        )
        with sqlite3.connect(copy) as kept:
            assert kept.execute(
                "SELECT sha256, version_num FROM resource, alembic_version"
            ).fetchall() == [("a", BEHIND)]
    assert schema_upgrade.bring_up_to_date(NOW) is None, (
        "nothing is left to do"
    )


def test_an_empty_database_is_not_copied(
    empty_url: str, tmp_path: Path
) -> None:
    with without_pages(settings_for(empty_url, tmp_path)).app_context():
        assert schema_upgrade.bring_up_to_date(NOW) is None
        release()
    assert not (tmp_path / "backups").exists()


def test_the_last_three_copies_are_kept(
    behind: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Five times through all that are left would take its time.
    migrations = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, migrations)
    for file in (migrations / "versions").glob("0*.py"):
        if int(file.name[:4]) > int(BEHIND) + 1:
            file.unlink()
    monkeypatch.setattr(database, "MIGRATIONS", migrations)
    for day in range(5):
        schema_upgrade.bring_up_to_date(NOW + timedelta(days=day))
        database.downgrade(BEHIND)
    kept = sorted(file.name[9:17] for file in (tmp_path / "backups").glob("*"))
    assert kept == (
        ["20261129", "20261130", "20261201"] if _on_sqlite() else []
    )


FAILING = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{number}", "{before}", None, None


def upgrade():
    with op.batch_alter_table("resource") as table:
        table.add_column(sa.Column("more", sa.Integer()))
    op.execute("DELETE FROM resource")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    behind: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, migrations)
    last = max(
        file.name[:4] for file in (migrations / "versions").glob("0*.py")
    )
    number = f"{int(last) + 1:04d}"
    (migrations / "versions" / f"{number}_failing.py").write_text(
        FAILING.format(number=number, before=last)
    )
    monkeypatch.setattr(database, "MIGRATIONS", migrations)
    before = _all_of_it()
    with pytest.raises(UpgradeFailed) as failed:
        schema_upgrade.bring_up_to_date(NOW)
    assert _all_of_it() == before
    (line,) = str(failed.value).splitlines()
    assert (
        "数据没有改动" in line
        and BEHIND in line
        and "请换回原来的程序" in line
        and "nowhere" in line
    )


def test_a_database_of_a_later_version_is_left_alone(behind: Flask) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '9999'"
        )
    with pytest.raises(UpgradeFailed, match=r"比程序新.*请换回较新的程序"):
        schema_upgrade.bring_up_to_date(NOW)


def test_without_a_place_for_the_copy_nothing_is_migrated(
    behind: Flask, tmp_path: Path
) -> None:
    (tmp_path / "backups").write_text("in the way")
    if _on_sqlite():
        with pytest.raises(UpgradeFailed, match=r"副本写不进.*数据没有改动"):
            schema_upgrade.bring_up_to_date(NOW)
        assert _revision() == BEHIND
    else:
        schema_upgrade.bring_up_to_date(NOW)
        assert _revision() > BEHIND


def _all_of_it() -> dict[str, object]:
    """Tables with their columns, and the rows of those that have any."""
    inspector = sa.inspect(db.engine)
    with db.engine.connect() as connection:
        return {
            name: (
                [column["name"] for column in inspector.get_columns(name)],
                [
                    tuple(row)
                    for row in connection.exec_driver_sql(
                        f'SELECT * FROM "{name}"'
                    )
                ],
            )
            for name in inspector.get_table_names()
            if not name.startswith("search_index")
        }
