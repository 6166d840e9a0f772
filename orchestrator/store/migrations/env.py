"""Alembic's entry: migrates the engine that services/installation/database.py hands over.

SQLite cannot change a table in place: batch mode makes it anew and drops the old one, which rows of other tables refer to. So foreign keys
are off while migrations run, and every reference is checked before the commit.
"""

import sqlalchemy as sa
from alembic import context

from orchestrator.store import models, search
from orchestrator.store.base import Base

assert models


def run() -> None:
    engine = context.config.attributes["engine"].execution_options(
        gridflow_writing=True
    )
    on_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if on_sqlite:
            _foreign_keys(connection, "OFF")
        try:
            _migrate(connection, on_sqlite)
        finally:
            if on_sqlite:
                _foreign_keys(connection, "ON")


def _migrate(connection: sa.Connection, on_sqlite: bool) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        include_object=search.is_ours,
        # SQLite can: without this Alembic commits after every migration, and a later one that fails leaves the database in between.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        before = _broken_references(connection) if on_sqlite else set()
        context.run_migrations()
        if on_sqlite and (broken := _broken_references(connection) - before):
            told = ", ".join(
                sorted(f"{child} → {parent}" for child, _row, parent in broken)
            )
            raise RuntimeError(
                f"the migration leaves rows that refer to nothing: {told}"
            )
    if connection.in_transaction():
        connection.commit()


def _foreign_keys(connection: sa.Connection, value: str) -> None:
    """Set on the driver's connection: inside a transaction, which SQLAlchemy would begin, SQLite ignores it."""
    if connection.in_transaction():
        connection.rollback()
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(f"PRAGMA foreign_keys={value}")


def _broken_references(
    connection: sa.Connection,
) -> set[tuple[str, int | None, str]]:
    """(table, row, table referred to) of every row that refers to nothing."""
    return {
        tuple(row)[:3]
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
    }


run()
