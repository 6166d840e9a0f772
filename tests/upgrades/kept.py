"""A database's rows and files as one small file, and back into an empty schema of the same version, on SQLite
and PostgreSQL."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

DATABASES = Path(__file__).parent / "databases"


def write(
    engine: sa.Engine, attachments: Path, at: datetime, file: Path
) -> None:
    """Writes what a SQLite database holds, with its attachments; `at` is the instant at which it was left."""
    with engine.connect() as connection:
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_index%' "
            "AND name NOT LIKE 'sqlite_%'"
        ).scalars()
        tables = {name: _rows(connection, name) for name in sorted(names)}
    files = {
        str(path.relative_to(attachments)): _text(path.read_bytes())
        for path in sorted(attachments.rglob("*"))
        if path.is_file()
    }
    content = json.dumps(
        {"at": at.isoformat(), "tables": tables, "files": files},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    # Neither a name nor an instant in the head: the same database makes the same file.
    file.write_bytes(gzip.compress(content.encode(), 9, mtime=0))


def read(file: Path) -> dict[str, Any]:
    """What `write` wrote: `at`, `tables` and `files`."""
    found: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    return found


def fill(
    engine: sa.Engine, kept: Mapping[str, Any], attachments: Path
) -> None:
    """Puts the rows into an empty schema of their own version, and the files into the folder of the
    attachments."""
    metadata = sa.MetaData()
    metadata.reflect(
        engine, only=lambda name, _metadata: name in kept["tables"]
    )
    with engine.execution_options(gridflow_writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SET session_replication_role = replica"
            )
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for name, content in kept["tables"].items():
            if (
                name == "search_entry"
                and connection.dialect.name == "postgresql"
            ):
                # Its numbers are the database's own: SQLite's are too large for PostgreSQL's column.
                place = content["columns"].index("id")
                content = {
                    key: [row[:place] + row[place + 1 :] for row in rows]
                    for key, rows in (("rows", content["rows"]),)
                } | {"columns": [c for c in content["columns"] if c != "id"]}
            if name != "alembic_version":
                _fill(connection, metadata.tables[name], content)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = origin")
    for name, text in kept["files"].items():
        path = attachments / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes_of(text))


def _rows(connection: sa.Connection, name: str) -> dict[str, Any]:
    found = connection.exec_driver_sql(
        f'SELECT * FROM "{name}" ORDER BY rowid'
    )
    return {
        "columns": list(found.keys()),
        "rows": [
            [
                _text(value) if isinstance(value, bytes) else value
                for value in row
            ]
            for row in found
        ],
    }


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def bytes_of(text: str) -> bytes:
    """What a column of bytes held, from what the file has of it."""
    return base64.b64decode(text)


def _fill(
    connection: sa.Connection, table: sa.Table, content: Mapping[str, Any]
) -> None:
    on_postgres = connection.dialect.name == "postgresql"
    columns = [table.c[name] for name in content["columns"]]
    rows = [
        {
            column.name: _value(column, value, on_postgres)
            for column, value in zip(columns, row, strict=True)
        }
        for row in content["rows"]
    ]
    if not rows:
        return
    names = ", ".join(f'"{column.name}"' for column in columns)
    marks = ", ".join(_mark(column, on_postgres) for column in columns)
    connection.execute(
        sa.text(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'), rows
    )
    if (
        on_postgres
        and "id" in content["columns"]
        and isinstance(table.c.id.type, sa.Integer)
    ):
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), (SELECT max(id) FROM "
            f'"{table.name}"))'
        )


def _mark(column: sa.Column[Any], on_postgres: bool) -> str:
    return (
        f"CAST(:{column.name} AS JSON)"
        if on_postgres and isinstance(column.type, sa.JSON)
        else f":{column.name}"
    )


def _value(column: sa.Column[Any], value: Any, on_postgres: bool) -> Any:
    """SQLite's value as the column's database takes it."""
    if value is None:
        return None
    if isinstance(column.type, sa.LargeBinary):
        return bytes_of(value)
    if not on_postgres:
        return value
    if column.name == "lag_ms":
        return min(value, 2**31 - 1)
    if isinstance(column.type, sa.Boolean):
        return bool(value)
    if isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return value.split(" ") if isinstance(column.type, sa.ARRAY) else value
