"""The database handle and `transaction()`, which only services open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy.orm import Session

from orchestrator.store.base import dumps
from orchestrator.store.lean_cursor import LeanCursor
from orchestrator.store.once import READS
from orchestrator.store.writing import write_transaction

_COPY = "copy"
"""In a session's `info`: the copy of the database that it reads from."""


class PageSession(FlaskSession):  # type: ignore[misc]
    """Reads from the primary, or from a copy of it."""

    def get_bind(
        self,
        mapper: Any = None,
        clause: Any = None,
        bind: Any = None,
        **more: Any,
    ) -> Any:
        """The engine or connection that a statement goes to."""
        copy = self.info.get(_COPY)
        if copy is not None and bind is None:
            return copy
        return super().get_bind(mapper, clause, bind, **more)


db = SQLAlchemy(session_options={"class_": PageSession, "info": {READS: True}})
"""`db.session` is for reading pages; writing goes through `transaction()`."""


def read_from(copy: sa.Engine | None) -> None:
    """The present request's `db.session` reads from that copy of the database; None: from the primary."""
    db.session().info[_COPY] = copy


synchronous = "FULL"
"""What SQLite is told of the disk. Tests, whose databases are made anew, tell it OFF."""
MOST_PREPARED = 300
"""Statements that a connection to PostgreSQL keeps prepared; the pages and services send about so many."""


def engine_options(url: str, pooler: bool = False) -> dict[str, Any]:
    """Options for create_engine. SQLite waits 15 s for the writer's lock; PostgreSQL fails fast when it is
    away. A failed statement is told without its values: logs hold no personal data.

    `pooler`: behind PgBouncer two transactions may meet two servers, so none keeps a prepared statement.
    """
    common = {"json_serializer": dumps, "hide_parameters": True}
    if sa.make_url(url).get_backend_name() == "sqlite":
        return {**common, "connect_args": {"timeout": 15}}
    if pooler:
        prepare_threshold = None
    else:
        prepare_threshold = 1
    return {
        **common,
        "connect_args": {
            "connect_timeout": 3,
            "tcp_user_timeout": 5000,
            "prepare_threshold": prepare_threshold,
        },
        "pool_pre_ping": False,
        "pool_size": 10,
    }


def prepare_engine(engine: sa.Engine) -> None:
    """SQLite: WAL, foreign keys, and writers that take the lock at BEGIN (deferred ones deadlock).
    PostgreSQL: how many statements a connection keeps prepared, and the cursor that sends them.

    `synchronous=FULL`: what was acknowledged is on the disk, whatever happens to the power; docs/decisions
    tells what it costs.
    """
    if engine.dialect.name != "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _keep_prepared(connection: Any, _record: Any) -> None:
            connection.prepared_max = MOST_PREPARED
            connection.cursor_factory = LeanCursor

        return

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get(
            "gridflow_writing",
            False,
        )
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


_addresses: WeakKeyDictionary[sa.Engine, str] = WeakKeyDictionary()


def address() -> str:
    """The address of the current application's database: what is kept in memory of it is kept under this."""
    engine = db.engine
    if engine not in _addresses:
        _addresses[engine] = str(engine.url)
    return _addresses[engine]


@contextmanager
def transaction(writing: bool = True) -> Iterator[Session]:
    """A session for one use case: commits when the block ends, rolls back when it raises.

    One that only reads says `writing=False`: on SQLite it then does not wait for the one writer.
    """
    held = write_transaction() if writing else nullcontext()
    # Options of the session, not of the engine: an engine with options is made anew for each transaction and
    # asks its listeners twice.
    options = {"gridflow_writing": writing}
    with (
        held,
        Session(
            db.engine, expire_on_commit=False, execution_options=options
        ) as session,
        session.begin(),
    ):
        yield session


@contextmanager
def pipelined(session: Session) -> Iterator[None]:
    """On PostgreSQL, the statements of the block are sent without waiting for each one's answer, so that they
    cost one round trip together.

    Neither results nor row counts may be read inside. What the server refuses is raised when the block ends,
    as SQLAlchemy's error.
    """
    connection = session.connection()
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        yield
        return
    try:
        with raw.pipeline():
            yield
    except psycopg.Error as refused:
        raise sa.exc.DBAPIError.instance(
            None,
            None,
            refused,
            psycopg.Error,
            dialect=connection.dialect,
        ) from refused
