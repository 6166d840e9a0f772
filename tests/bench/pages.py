"""Pages in a database of many matters beside the same pages in one of few, and a matter with a long history
beside a short one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from orchestrator.services import user_tasks
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import UserTask
from tests.bench.city import GRID, NOW, TRIAGE, new_case, open_task, person

Figure = tuple[str, float, str]

COPIED = {
    "process_instance": "id",
    "user_task": "instance_id",
    "user_task_candidate": "instance_id",
    "timer_job": "instance_id",
    "deadline": "instance_id",
    "history_entry": "instance_id",
    "grid_case": "instance_id",
}
"""Tables whose rows belong to one matter, and the column that names it."""
CLOSED = {
    "process_instance": "completed",
    "user_task": "completed",
    "timer_job": "fired",
    "grid_case": "archived",
}
"""What the state is in the nineteen of twenty copies that have ended."""


def pages(app: Flask, item: str, many: int, long: int) -> Iterator[Figure]:
    """Milliseconds of each page with `many` matters and their ratio to few; the same for a history of `long`
    entries."""
    app.config["WTF_CSRF_ENABLED"] = False
    office = person("zd-wgb")
    case = new_case(0, person("zd-wgy1"), item)
    user_tasks.complete(open_task(case), TRIAGE, office, NOW)
    with transaction() as session:
        task = session.scalars(
            sa.select(UserTask.id).where(
                UserTask.instance_id == case, UserTask.state == "open"
            )
        ).one()
    clients = {name: _signed_in(app, name) for name in ("zd-wgb", "admin")}
    places = {
        "matter": ("zd-wgb", f"/matter/{case}"),
        "task": ("zd-wgb", f"/task/{task}"),
        "dossier": ("zd-wgb", f"/dossier/{case}"),
        "inbox": ("zd-wgb", "/"),
        "cases": ("zd-wgb", "/cases"),
        "cases_major": ("zd-wgb", "/cases?priority=major"),
        "cases_overdue": ("zd-wgb", "/cases?overdue=1"),
        "grids": ("zd-wgb", "/grids"),
        "grid": ("zd-wgb", f"/grids/{GRID}"),
        "administration": ("admin", "/admin/"),
    }
    # Without statistics the planner guesses, which a city's database does only in its first minute.
    _analyse()
    few = {
        name: _median_ms(clients[who], path)
        for name, (who, path) in places.items()
    }
    _copy(case, many)
    large = {
        name: _median_ms(clients[who], path)
        for name, (who, path) in places.items()
    }
    for name in places:
        asked = _statements(clients[places[name][0]], places[name][1])
        words = (
            f"ms with {many:,} matters, {large[name] / few[name]:.2f} of the time with few "
            f"({few[name]:.1f}), {asked} statements; goal ≤ 40"
        )
        yield f"page_{name}_ms", large[name], words
    short = few["matter"], few["dossier"]
    _lengthen(case, long)
    for name, before in zip(("matter", "dossier"), short, strict=True):
        ms = _median_ms(clients["zd-wgb"], places[name][1])
        yield (
            f"long_{name}_over_short",
            ms / before,
            f"page of a matter with {long:,} history entries over one with a few ({ms:.0f} ms)",
        )


def _signed_in(app: Flask, username: str) -> FlaskClient:
    client = app.test_client()
    _outside(
        client.post,
        "/sign-in",
        data={"username": username, "password": "gridflow"},
    )
    return client


def _outside(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Calls in a thread of its own: inside the measurement's context all requests would share one person and
    one session."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call, *arguments, **named).result()


def _median_ms(client: FlaskClient, path: str) -> float:
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        answer = _outside(client.get, path)
        times.append(time.perf_counter() - begin)
        assert answer.status_code == 200, (path, answer.status_code)
    return sorted(times)[3] * 1_000


def _statements(client: FlaskClient, path: str) -> int:
    """How often the page asks the database."""
    count = 0

    def one_more(*_told: object) -> None:
        nonlocal count
        count += 1

    sa.event.listen(db.engine, "before_cursor_execute", one_more)
    try:
        _outside(client.get, path)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", one_more)
    return count


def _copy(case: str, count: int) -> None:
    """`count` copies of the matter, each under a number of its own."""
    with transaction() as session:
        for name, column in COPIED.items():
            _copy_rows(session, name, column, case, count)
    _analyse()


def _copy_rows(
    session: Any, name: str, column: str, case: str, count: int
) -> None:
    keys = [
        found["name"]
        for found in sa.inspect(session.connection()).get_columns(name)
    ]
    changed = {
        "business_key": "'page-' || n",
        "case_no": "'page-' || n",
        column: "'page' || n",
        "id": "'page' || n || substr(id, length(:case) + 1)",
        "task_id": "'page' || n || substr(task_id, length(:case) + 1)",
        "deadline_id": "'page' || n || substr(deadline_id, length(:case) + 1)",
        "found_at": "found_at + n * interval '1 second'",
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


def _lengthen(case: str, count: int) -> None:
    """Adds entries to the matter's history until it has `count`, each like the last one."""
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
    _analyse()


def _analyse() -> None:
    with db.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    # Plans that a connection keeps were made for the smaller tables.
    db.engine.dispose()
