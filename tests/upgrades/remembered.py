"""Statements that change tables, remembered: thirty databases go through the same migrations, and Alembic
takes longer to make these statements than a database to carry them out.

A statement is made of the migration's text and, where a table is changed in one batch, of the table as it
stands. Where both are as before, the statements of before are sent. What changes rows is always carried out
as written.
"""

from __future__ import annotations

import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import AbstractOperations, BatchOperations, ops
from alembic.operations.batch import BatchOperationsImpl

_BY_TEXT_ALONE = (
    ops.CreateTableOp,
    ops.CreateIndexOp,
    ops.DropIndexOp,
    ops.AddColumnOp,
    ops.DropTableOp,
    ops.RenameTableOp,
)
_READING = ("PRAGMA", "SELECT")
_STANDS = {
    "sqlite": (
        "SELECT type, name, sql FROM sqlite_master"
        " WHERE tbl_name = :table ORDER BY rowid"
    ),
    "postgresql": (
        "SELECT attname, attnotnull FROM pg_attribute"
        " WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    ),
}
"""Dialect → what of a table a migration may ask before it changes it."""
_Known = tuple[tuple[str, ...], Any]
_known: dict[tuple[object, ...], _Known] = {}
"""What is asked, of which migration and table → the statements that were sent, and what came back."""
_invoke = AbstractOperations.invoke
_flush = BatchOperationsImpl.flush


@contextmanager
def statements() -> Iterator[None]:
    """Within the block migrations send what they sent before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AbstractOperations, "invoke", _invoked)
        patch.setattr(BatchOperationsImpl, "flush", _flushed)
        yield


def _invoked(self: AbstractOperations, operation: Any) -> Any:
    if isinstance(self, BatchOperations) or not isinstance(
        operation, _BY_TEXT_ALONE
    ):
        return _invoke(self, operation)
    what = type(operation).__name__, _named(operation)
    return _once(self, what, lambda: _invoke(self, operation))


def _named(operation: Any) -> object:
    return getattr(operation, "index_name", None) or operation.table_name


def _flushed(self: BatchOperationsImpl) -> None:
    """The table as it stands tells how it is made anew."""
    connection = self.operations.get_bind()
    asked = sa.text(_STANDS[connection.dialect.name])
    rows = connection.execute(asked, {"table": self.table_name})
    stands = tuple(map(tuple, rows))
    what = "batch", self.table_name, stands
    _once(self.operations, what, lambda: _flush(self))


def _once(
    operations: Any, what: tuple[object, ...], make: Callable[[], Any]
) -> Any:
    migration = _migration()
    context = operations.migration_context
    order = context.__dict__.setdefault("asked", Counter())
    order[migration] += 1
    connection = context.connection
    key = connection.dialect.name, migration, order[migration], what
    if key not in _known:
        with _heard(connection) as sent:
            came = make()
        _known[key] = tuple(sent), came
        return came
    statements, came = _known[key]
    for statement in statements:
        connection.exec_driver_sql(statement)
    return came


@contextmanager
def _heard(connection: sa.Connection) -> Iterator[list[str]]:
    sent: list[str] = []

    def hear(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: Any,
        *_rest: object,
    ) -> None:
        if not statement.lstrip().startswith(_READING):
            assert not parameters, statement
            sent.append(statement)

    sa.event.listen(connection, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        sa.event.remove(connection, "before_cursor_execute", hear)


def _migration() -> tuple[str, int, str]:
    """The migration that is being carried out: its name, a sum of its text, and in which direction."""
    frame = sys._getframe(1)
    while (
        "down_revision" not in frame.f_globals
        or frame.f_code.co_name not in ("upgrade", "downgrade")
    ):
        assert frame.f_back is not None
        frame = frame.f_back
    file = Path(frame.f_globals["__file__"])
    return file.name, _sum(file), frame.f_code.co_name


@cache
def _sum(file: Path) -> int:
    return zlib.crc32(file.read_bytes())
