"""What one request costs: statements, the time and the blocks of the database, the processor time of the
program, and the node of a plan that goes through the most rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from orchestrator.store.session import db

REPEATED = 7
READING = ("SELECT", "WITH")
EXPLAIN = "EXPLAIN (ANALYZE, TIMING OFF, BUFFERS, FORMAT JSON)"


@dataclass
class Statements:
    """The statements of a request, in their order."""

    asked: list[tuple[str, Any]] = field(default_factory=list)
    """(text, parameters) of each."""
    seconds: float = 0.0
    """From sending each to its rows' arrival."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of one page."""

    wall_ms: float
    cpu_ms: float
    sql_ms: float
    statements: int
    plans: Plans


@dataclass(frozen=True, slots=True)
class Plans:
    """What the database itself says of some statements."""

    ms: float
    """Planned and executed, without the way to the program and back."""
    blocks: int
    """Of 8 kB, from memory or from disk: no other load changes them."""
    worst: str
    """Kind, table and rows of the node that goes through the most rows."""

    def __str__(self) -> str:
        return f"{self.ms:.1f} ms by its own count, {self.blocks:,} blocks; most rows: {self.worst}"


@contextmanager
def listening() -> Iterator[Statements]:
    """The statements of the block, as they come."""
    heard = Statements()
    begun = 0.0

    def before(
        _connection: Any, _cursor: Any, text: str, values: Any, *_more: Any
    ) -> None:
        nonlocal begun
        heard.asked.append((text, values))
        begun = time.perf_counter()

    def after(*_all: Any) -> None:
        heard.seconds += time.perf_counter() - begun

    sa.event.listen(db.engine, "before_cursor_execute", before)
    sa.event.listen(db.engine, "after_cursor_execute", after)
    try:
        yield heard
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", before)
        sa.event.remove(db.engine, "after_cursor_execute", after)


def cost_of(client: FlaskClient, path: str) -> Cost:
    """The page's medians. The first visit fills caches and is not counted."""
    answer = outside(client.get, path)
    assert answer.status_code == 200, (path, answer.status_code)
    walls, processors, databases = [], [], []
    for _ in range(REPEATED):
        with listening() as heard:
            begun = time.perf_counter()
            answer, processor = outside(_timed, client, path)
            walls.append(time.perf_counter() - begun)
        assert answer.status_code == 200, (path, answer.status_code)
        processors.append(processor)
        databases.append(heard.seconds)
    return Cost(
        median(walls) * 1_000,
        median(processors) * 1_000,
        median(databases) * 1_000,
        len(heard.asked),
        plans_of(heard.asked),
    )


def outside(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Calls in a thread of its own: inside the measurement's context all requests would share one person and
    one session."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call, *arguments, **named).result()


def _timed(client: FlaskClient, path: str) -> tuple[Any, float]:
    begun = time.thread_time()
    answer = client.get(path)
    return answer, time.thread_time() - begun


def plans_of(asked: Sequence[tuple[str, Any]]) -> Plans:
    """Asks the database once more, for the plans of those statements that only read."""
    ms, blocks, worst, most = 0.0, 0, "none", 0.0
    with db.engine.connect() as connection:
        for text, values in asked:
            if not text.lstrip().upper().startswith(READING):
                continue
            (plan,) = connection.exec_driver_sql(f"{EXPLAIN} {text}", values)
            ((whole,),) = plan
            ms += whole["Planning Time"] + whole["Execution Time"]
            blocks += _blocks(whole["Plan"])
            for node in _nodes(whole["Plan"]):
                rows = _rows_through(node)
                if rows > most:
                    worst, most = _named(node, rows), rows
        connection.rollback()
    return Plans(ms, blocks, worst)


def _blocks(node: dict[str, Any]) -> int:
    read: int = node["Shared Hit Blocks"] + node["Shared Read Blocks"]
    return read


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _rows_through(node: dict[str, Any]) -> float:
    """The rows that the node reads of a table, thrown away ones too; 0 for a node that reads none."""
    if "Relation Name" not in node:
        return 0.0
    thrown_away = node.get("Rows Removed by Filter", 0)
    rows: float = node["Actual Rows"] + thrown_away
    return rows * node["Actual Loops"]


def _named(node: dict[str, Any], rows: float) -> str:
    return f"{node['Node Type']} of {node['Relation Name']}, {rows:,.0f} rows"
