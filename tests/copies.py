"""Copies of a PostgreSQL database for tests: each test has one to itself and gives it back as it was.

Making a database writes some three hundred files. Rows that a test changed are put back instead, which costs
a fraction of that; a copy whose tables a test has altered is dropped, and the next test gets a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import sqlalchemy as sa
from psycopg import sql

MANY_ROWS = 1_000
"""Deleted rows after which a table is vacuumed, so that the next test does not read over them."""

_TABLES = (
    "SELECT relname FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)
_COLUMNS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
    " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)
_SEQUENCES = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public'"
_CATALOGUES = (
    "pg_class",
    "pg_attribute",
    "pg_constraint",
    "pg_index",
    "pg_proc",
    "pg_trigger",
    "pg_namespace",
)
_DISCONNECT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

State = dict[str, tuple[int, int]]
"""Table → number of its rows and the newest transaction that wrote one of them."""


class Copies:
    """The copies of one template database on one server."""

    def __init__(self, server: str, template: str) -> None:
        """`server`: its URL with `{database}` in the place of the database's name."""
        self.server = server
        self.template = template
        self._free: list[Copy] = []
        self._made = 0

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of a copy that nobody else uses until the block ends."""
        copy = self._free.pop() if self._free else self._make()
        yield self.server.format(database=copy.name)
        if copy.put_back():
            self._free.append(copy)
        else:
            copy.close()
            on_server(
                self.server,
                f"DROP DATABASE IF EXISTS {copy.name} WITH (FORCE)",
            )

    def close(self) -> None:
        """Ends the connections to the copies that are free."""
        for copy in self._free:
            copy.close()

    def _make(self) -> Copy:
        self._made += 1
        name = f"{self.template}_{self._made}"
        on_server(
            self.server, f"CREATE DATABASE {name} TEMPLATE {self.template}"
        )
        return Copy(self.server, name)


class Copy:
    """A database; its connection remembers in temporary tables what stood in it when it was made."""

    def __init__(self, server: str, name: str) -> None:
        self.name = name
        url = sa.make_url(server.format(database=name))
        self._connection = psycopg.connect(
            dbname=name,
            user=url.username,
            host=str(url.query["host"]),
            autocommit=True,
            prepare_threshold=None,
        )
        # Neither triggers nor foreign keys ask in which order the rows come back.
        self._connection.execute("SET session_replication_role = replica")
        self._tables = [row[0] for row in self._connection.execute(_TABLES)]
        self._rows = self._read_rows()
        for table, (count, _newest) in self._rows.items():
            if count:
                self._run(
                    "CREATE TEMP TABLE {} AS TABLE {}",
                    _kept(table),
                    _public(table),
                )
        self._sequences = self._read_sequences()
        self._schema = self._read_schema()

    def put_back(self) -> bool:
        """Restores every row and sequence; False when a table was altered, or the server is gone."""
        try:
            self._connection.execute(_DISCONNECT)
            if self._read_schema() != self._schema:
                return False
            self._put_rows_back()
            self._put_sequences_back()
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Ends the connection."""
        with suppress(psycopg.Error):
            self._connection.close()

    def _put_rows_back(self) -> None:
        now = self._read_rows()
        changed = [
            table for table in self._tables if now[table] != self._rows[table]
        ]
        if not changed:
            return
        with self._connection.transaction():
            for table in changed:
                self._run("DELETE FROM {}", _public(table))
                if self._rows[table][0]:
                    names = [
                        sql.Identifier(row[0])
                        for row in self._connection.execute(
                            _COLUMNS, [f"public.{table}"]
                        )
                    ]
                    columns = sql.SQL(", ").join(names)
                    self._run(
                        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}",
                        *(_public(table), columns, columns, _kept(table)),
                    )
        for table in changed:
            if now[table][0] > MANY_ROWS:
                self._run("VACUUM {}", _public(table))
        self._rows = self._read_rows()

    def _put_sequences_back(self) -> None:
        for name, value in self._read_sequences().items():
            before = self._sequences[name]
            if value != before:
                self._connection.execute(
                    "SELECT setval(%s, %s, %s)",
                    [name, before or 1, before is not None],
                )

    def _read_rows(self) -> State:
        each = "SELECT {} AS name, count(*), coalesce(max(xmin::text::bigint), 0) FROM {}"
        parts = [
            sql.SQL(each).format(sql.Literal(table), _public(table))
            for table in self._tables
        ]
        if not parts:
            return {}
        return {
            row[0]: (row[1], row[2])
            for row in self._connection.execute(
                sql.SQL(" UNION ALL ").join(parts)
            )
        }

    def _read_sequences(self) -> dict[str, int | None]:
        return dict(self._connection.execute(_SEQUENCES).fetchall())

    def _read_schema(self) -> list[tuple[int, int]]:
        each = "SELECT {} AS name, count(*), max(xmin::text::bigint) FROM {}"
        parts = [
            sql.SQL(each).format(sql.Literal(name), sql.Identifier(name))
            for name in _CATALOGUES
        ]
        return sorted(
            self._connection.execute(
                sql.SQL(" UNION ALL ").join(parts)
            ).fetchall()
        )

    def _run(self, statement: str, *names: sql.Composable) -> None:
        self._connection.execute(sql.SQL(statement).format(*names))


def on_server(url: str, statement: str) -> None:
    """Runs a statement on the server's own database, outside a transaction."""
    engine = sa.create_engine(
        url.format(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _public(table: str) -> sql.Identifier:
    return sql.Identifier("public", table)


def _kept(table: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"kept_{table}"[:63])
