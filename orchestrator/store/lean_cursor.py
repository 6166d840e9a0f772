"""The cursor that asks PostgreSQL: what psycopg works out anew for each statement is worked out once, or when
somebody asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import _queries

LONGEST = 40_000
"""Bytes of a statement that is kept; one with thousands of values in a list is not sent again."""
MOST_KEPT = 300
"""Statements that a process keeps; the one that was not sent for longest goes."""

_read = lru_cache(MOST_KEPT)(_queries._query2pg_nocache)


class _KeptQuery(_queries.PostgresQuery):
    """psycopg reads every statement of more than 4,096 bytes or 50 values anew; the inbox has such a one."""

    def convert(self, query: Any, vars: Any) -> None:
        if not isinstance(query, str) or not vars or len(query) > LONGEST:
            super().convert(query, vars)
            return
        asked = query.encode(self._tx.encoding)
        self.query, self._want_formats, self._order, self._parts = _read(
            asked,
            self._tx.encoding,
        )
        self.dump(vars)


class _Columns(Sequence[psycopg.Column]):
    """The columns of an answer. SQLAlchemy reads them at the first answer of a statement, and only asks
    whether there are any at the others."""

    def __init__(self, cursor: psycopg.Cursor[Any], number: int) -> None:
        self._cursor, self._number = cursor, number

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, index: Any) -> Any:
        columns = [
            psycopg.Column(self._cursor, number)
            for number in range(self._number)
        ]
        return columns[index]


class LeanCursor(psycopg.Cursor[Any]):
    _query_cls = _KeptQuery

    @property
    def description(self) -> Any:
        """The columns of the answer; None for one without rows."""
        answer = self.pgresult
        if answer and answer.nfields:
            return _Columns(self, answer.nfields)
        return super().description
