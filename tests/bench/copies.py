"""A database full of copies of one process instance, and one with a long history."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from orchestrator.store.instances import HistoryEntry
from orchestrator.store.session import db, transaction

COPIED = {
    "process_instance": "id",
    "user_task": "instance_id",
    "user_task_candidate": "instance_id",
    "timer_job": "instance_id",
    "deadline": "instance_id",
    "history_entry": "instance_id",
    "grid_case": "instance_id",
    "counted_case": "instance_id",
    "counted_part": "instance_id",
    "search_entry": "instance_id",
}
"""Tables whose rows belong to one process instance, and the column that names it."""
CLOSED = {
    "process_instance": "completed",
    "user_task": "completed",
    "timer_job": "fired",
    "grid_case": "archived",
}
"""What the state is in the nineteen of twenty copies that have ended."""
NUMBERED = {("search_entry", "id")}
"""Columns that the database fills by itself."""


def copy(case: str, count: int) -> None:
    """Makes `count` copies of the process instance, each under a number of its own. One of twenty runs."""
    with transaction() as session:
        for name, column in COPIED.items():
            _copy_rows(session, name, column, case, count)
    analyse()


def _copy_rows(
    session: Any, name: str, column: str, case: str, count: int
) -> None:
    columns_of = sa.inspect(session.connection()).get_columns(name)
    keys = [
        known["name"]
        for known in columns_of
        if (name, known["name"]) not in NUMBERED
    ]
    changed = {
        "business_key": "'page-' || n",
        "case_no": "'page-' || n",
        column: "'page' || n",
        "id": "'page' || n || substr(id, length(:case) + 1)",
        "task_id": "'page' || n || substr(task_id, length(:case) + 1)",
        "deadline_id": "'page' || n || substr(deadline_id, length(:case) + 1)",
        "found_at": "found_at + n * interval '1 second'",
        "closed_at": "closed_at - n * interval '1 second'",
        "due_at": "due_at + n * interval '1 minute'",
        "due_sort": "due_sort + n * interval '1 minute'",
    }
    if name in CLOSED:
        changed["state"] = (
            f"CASE WHEN n % 20 = 0 THEN state ELSE '{CLOSED[name]}' END"
        )
    if name == "timer_job":
        changed |= {
            "fired_at": "CASE WHEN n % 20 = 0 THEN fired_at ELSE planned_at END",
            "lag_ms": "CASE WHEN n % 20 = 0 THEN lag_ms ELSE 0 END",
        }
    if name == "user_task_candidate":
        changed["offered"] = "offered AND n % 20 = 0"
    columns = ", ".join(changed.get(key, f'"{key}"') for key in keys)
    named = ", ".join(f'"{key}"' for key in keys)
    source = f"(SELECT * FROM {name} WHERE {column} = :case) t, generate_series(1, CAST(:count AS int)) n"
    session.execute(
        sa.text(
            f"INSERT INTO {name} ({named}) SELECT {columns} FROM {source}"
        ),
        {"case": case, "count": count},
    )


def lengthen(case: str, count: int) -> None:
    """Adds entries to the process instance's history until it has `count`, each like the last one."""
    with transaction() as session:
        last = session.scalars(
            sa.select(HistoryEntry)
            .where(HistoryEntry.instance_id == case)
            .order_by(HistoryEntry.seq.desc())
            .limit(1)
        ).one()
        session.execute(
            sa.text(
                "INSERT INTO history_entry (instance_id, seq, at, kind, element_id, actor_id, "
                "actor_body_id, data, hash) "
                "SELECT instance_id, n, at, kind, element_id, actor_id, actor_body_id, data, hash "
                "FROM history_entry, generate_series(CAST(:first AS int), CAST(:count AS int)) n "
                "WHERE instance_id = :case AND seq = :last"
            ),
            {
                "case": case,
                "first": last.seq + 1,
                "count": count,
                "last": last.seq,
            },
        )
        session.execute(
            sa.text(
                "UPDATE process_instance SET history_seq = :count WHERE id = :case"
            ),
            {"case": case, "count": count},
        )
    analyse()


def analyse() -> None:
    """Statistics for the planner, without which it guesses, as in a city's first minute only."""
    with db.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    # Plans that a connection keeps were made for the smaller tables.
    db.engine.dispose()
