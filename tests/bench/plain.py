"""The rows of a completion as plain psycopg writes them, and what the processor spends on it: the service is
compared with that."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.types.json import Json

from orchestrator.store.session import db, transaction
from tests.bench.city import GRID, NOW, TENANT

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Spent:
    """Seconds."""

    wall: float = 0.0
    cpu: float = 0.0
    """Of the processor, by this process and by the database's for its connections."""
    server: float = 0.0
    """The database's part of it."""


@contextmanager
def spending() -> Iterator[Spent]:
    """What the block spends; it is told once the block has ended. Connections that it opens are counted from
    then on only."""
    spent = Spent()
    pids = _backends()
    server, cpu, wall = _ticks(pids), time.process_time(), time.perf_counter()
    yield spent
    spent.wall = time.perf_counter() - wall
    spent.server = (_ticks(pids) - server) / _TICKS
    spent.cpu = time.process_time() - cpu + spent.server


def _backends() -> list[int]:
    with transaction(writing=False) as session:
        asked = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        return list(session.scalars(sa.text(asked)))


def _ticks(pids: Sequence[int]) -> int:
    """User and system time of these processes, in ticks of the kernel's clock."""
    total = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total


_ONE_ROW = {
    "process_instance": "id = :case",
    "user_task": "instance_id = :case AND state = 'open'",
    "history_entry": "instance_id = :case ORDER BY seq DESC",
    "timer_job": "instance_id = :case AND state = 'planned'",
    "search_entry": "instance_id = :case",
}
"""Table → which row of a case the transactions write again."""


def _rows(case: str) -> dict[str, dict[str, Any]]:
    with transaction(writing=False) as session:
        return {
            name: dict(
                session.execute(
                    sa.text(f"SELECT * FROM {name} WHERE {where} LIMIT 1"),
                    {"case": case},
                )
                .mappings()
                .one()
            )
            for name, where in _ONE_ROW.items()
        }


def plain_psycopg(cases: Sequence[str]) -> Spent:
    """A transaction for each case that writes the rows of a completion, with prepared statements, in the same
    database."""
    rows = _rows(cases[0])
    url = db.engine.url
    with psycopg.connect(
        host=url.query["host"],
        user="postgres",
        dbname=url.database,
        autocommit=True,
    ) as connection:
        connection.prepare_threshold = 1
        with spending() as spent:
            for number, case in enumerate(cases):
                with connection.transaction():
                    _write(connection, rows, case, f"plain{number}")
        connection.execute("DELETE FROM history_entry WHERE seq >= 100000")
        for name in ("timer_job", "deadline", "user_task"):
            if name == "user_task":
                connection.execute(
                    "DELETE FROM user_task_candidate WHERE task_id LIKE 'plain%'"
                )
            connection.execute(f"DELETE FROM {name} WHERE id LIKE 'plain%'")  # type: ignore[arg-type]
    return spent


def _write(
    connection: psycopg.Connection,
    rows: dict[str, dict[str, Any]],
    case: str,
    new: str,
) -> None:
    run = connection.execute
    instance, task = rows["process_instance"], rows["user_task"]
    run("SELECT * FROM process_instance WHERE id = %s FOR UPDATE", [case])
    run("SELECT * FROM user_task WHERE id = %s", [task["id"]])
    run(
        "UPDATE process_instance SET revision = revision + 1, engine_state = %s, variables = %s "
        "WHERE id = %s",
        [instance["engine_state"], Json(instance["variables"]), case],
    )
    run(
        "UPDATE user_task SET state = 'completed', closed_at = %s WHERE id = %s",
        [NOW, task["id"]],
    )
    run(
        "UPDATE user_task_candidate SET offered = false WHERE task_id = %s",
        [task["id"]],
    )
    run(
        "DELETE FROM timer_job WHERE instance_id = %s AND state = 'planned'",
        [case],
    )
    own = {"id": new, "instance_id": case}
    _insert(connection, "user_task", {**task, **own, "state": "completed"})
    run(
        "INSERT INTO user_task_candidate (task_id, candidate, instance_id, offered, due_sort) "
        "VALUES (%s, %s, %s, false, %s)",
        [new, f"{TENANT}:grid-member:{GRID}", case, NOW],
    )
    run(
        "INSERT INTO deadline SELECT %s, tenant_id, instance_id, %s, name, start_at, limit_amount, "
        "limit_unit, citation, calendar_version, entries, due_at, provisional FROM deadline "
        "WHERE instance_id = %s LIMIT 1",
        [new, new, case],
    )
    _insert(connection, "timer_job", {**rows["timer_job"], **own})
    entry = {**rows["history_entry"], "instance_id": case}
    entry["seq"] = 100_000 + int(new.removeprefix("plain"))
    _insert(connection, "history_entry", entry)
    found = rows["search_entry"]
    run(
        "UPDATE search_entry SET text = %s, content = %s, grams = %s WHERE instance_id = %s",
        [found["text"], found["content"], found["grams"], case],
    )


def _insert(
    connection: psycopg.Connection, name: str, row: dict[str, Any]
) -> None:
    values = [
        Json(value) if isinstance(value, (dict, list)) else value
        for value in row.values()
    ]
    places = ", ".join(["%s"] * len(values))
    text = f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})"
    connection.execute(text, values)  # type: ignore[arg-type]
