"""The cursor of PostgreSQL answers as psycopg's own does, and reads a long statement once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from orchestrator.store import lean_cursor
from orchestrator.store.lean_cursor import LONGEST, LeanCursor

pytestmark = pytest.mark.postgres

LONG = f"SELECT %(a)s::int AS one, '{'长' * 5_000}' || %(b)s::text AS two"


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Any]:
    engine = sa.create_engine(postgres_url.format(database="postgres"))
    with closing(engine.raw_connection()) as pooled:
        yield pooled.driver_connection
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 AS one, 'x' AS two",
        "SELECT 1 WHERE false",
        "SELECT",
        "SET search_path TO public",
    ],
)
def test_the_columns_of_an_answer_are_psycopgs(
    connection: psycopg.Connection, statement: str
) -> None:
    usual = connection.execute(statement).description
    ours = LeanCursor(connection).execute(statement).description
    if usual is None:
        assert ours is None
    else:
        assert [(*column,) for column in ours] == [(*it,) for it in usual]
        assert len(ours) == len(usual)


def test_a_long_statement_is_read_once(connection: psycopg.Connection) -> None:
    cursor = LeanCursor(connection)
    before = lean_cursor._read.cache_info()
    for number in (1, 2, 3):
        cursor.execute(LONG, {"a": number, "b": "短"})
        assert cursor.fetchone() == (number, "长" * 5_000 + "短")
    after = lean_cursor._read.cache_info()
    assert after.misses == before.misses + 1
    assert after.hits == before.hits + 2


def test_a_statement_that_comes_once_is_not_kept(
    connection: psycopg.Connection,
) -> None:
    before = lean_cursor._read.cache_info().currsize
    cursor = LeanCursor(connection)
    cursor.execute(f"SELECT %(a)s::int -- {'x' * LONGEST}", {"a": 1})
    assert cursor.fetchone() == (1,)
    assert lean_cursor._read.cache_info().currsize == before
