"""A database that one test gives back is to the next test as it was at the beginning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from tests.copies import Copies, on_server

pytestmark = pytest.mark.postgres

TABLES = """
CREATE TABLE place (
    id serial PRIMARY KEY, name text NOT NULL, sort_name text GENERATED ALWAYS AS (upper(name)) STORED
);
CREATE TABLE person (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, place_id int NOT NULL REFERENCES place (id)
);
CREATE TABLE note (id serial PRIMARY KEY, text text);
INSERT INTO place (name) VALUES ('east'), ('west');
INSERT INTO person (place_id) VALUES (1), (2);
"""
ALL = (
    "SELECT * FROM place ORDER BY id",
    "SELECT * FROM person ORDER BY id",
    "SELECT * FROM note ORDER BY id",
    "SELECT last_value, is_called FROM place_id_seq",
    "SELECT last_value, is_called FROM person_id_seq",
    "SELECT last_value, is_called FROM note_id_seq",
)


@pytest.fixture(scope="module")
def copies(postgres_url: str) -> Iterator[Copies]:
    on_server(postgres_url, "CREATE DATABASE small")
    run(postgres_url.format(database="small"), TABLES)
    with closing(Copies(postgres_url, "small")) as made:
        yield made


def run(url: str, statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statements)
    engine.dispose()


def everything(url: str) -> list[list[Any]]:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        found = [list(connection.exec_driver_sql(query)) for query in ALL]
    engine.dispose()
    return found


@pytest.mark.parametrize(
    "changed",
    [
        "SELECT 1",
        "INSERT INTO note (text) VALUES ('new')",
        "INSERT INTO note (text) SELECT 'many' FROM generate_series(1, 3000)",
        "INSERT INTO place (name) VALUES ('north')",
        "UPDATE place SET name = 'elsewhere' WHERE id = 1",
        "DELETE FROM person WHERE id = 2",
        "DELETE FROM person; DELETE FROM place; INSERT INTO place (name) VALUES ('north')",
        "TRUNCATE person",
        "INSERT INTO note (text) VALUES ('in vain'); DELETE FROM note",
        "ALTER TABLE note ADD COLUMN more text",
        "DROP TABLE person",
        "CREATE INDEX by_text ON note (text)",
    ],
)
def test_whatever_a_test_changed_the_next_one_finds_what_the_template_has(
    copies: Copies, changed: str
) -> None:
    with copies.lent() as url:
        before = everything(url)
        run(url, changed)
    with copies.lent() as url:
        assert everything(url) == before


def test_two_at_once_have_a_copy_each_and_a_connection_left_open_keeps_nobody_waiting(
    copies: Copies,
) -> None:
    with copies.lent() as first, copies.lent() as second:
        assert first != second
        left = sa.create_engine(first).connect()
        left.exec_driver_sql("UPDATE place SET name = 'locked'")
    with copies.lent() as third, copies.lent() as fourth:
        assert {third, fourth} == {first, second}
        assert everything(third) == everything(fourth)
    with pytest.raises(sa.exc.OperationalError):
        left.exec_driver_sql("SELECT 1")
    left.close()
