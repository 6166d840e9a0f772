"""On PostgreSQL, the rows that one command brings are written with one statement: one way to the server and
back instead of ten.

All its parts see the database as it was before it, so no two of them may concern the same row. The row of the
instance is changed first, and everything that is added is taken together with the row that this gives: where
the instance has moved on meanwhile, nothing is added. Rows to add go as JSON, one parameter for each kind:
the statement is the same however many there are, and short enough to be read once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY

from orchestrator.services.execution.persistence import row_statements
from orchestrator.services.execution.persistence.row_statements import (
    CANDIDATE,
    CHANGED,
    INSERTED,
    SUBSCRIPTION,
    TASK,
    TIMER,
    Rows,
)
from orchestrator.store import search
from orchestrator.store.kept_statements import kept

_INSTANCE_ID = row_statements.INSTANCE.c.id.label("moved_id")


class _Text(sa.types.UserDefinedType[str]):
    """JSON that is a text already."""

    cache_ok = True

    def get_col_spec(self, **_more: Any) -> str:
        return "JSON"

    def bind_expression(self, bindvalue: Any) -> Any:
        """The parameter as the server reads it."""
        return sa.cast(sa.type_coerce(bindvalue, sa.Text()), sa.JSON())


_Shape = tuple[str, tuple[str, ...]]
"""A kind and the columns that its rows bring."""
_GONE = (("cancel-timer", "timer"), ("close-subscription", "subscription"))


def of(
    connection: sa.Connection, rows: Sequence[Rows]
) -> tuple[Any, dict[str, Any]] | None:
    """The statement that writes the rows, of which the instance's come first, and its parameters. It gives 0
    when the instance has moved on meanwhile, after which the transaction is to be undone. None where the rows
    have to be written kind by kind."""
    if connection.dialect.name != "postgresql" or _comes_back(dict(rows)):
        return None
    present = [(kind, several) for kind, several in rows if several]
    values: dict[str, Any] = dict(present[0][1][0])
    for kind, several in present[1:]:
        if kind in CHANGED:
            values |= _parameters(kind, several)
            continue
        text = values[_called(kind)] = _json(several)
        if _NUL in text:
            return None
    return kept(_build, *((k, tuple(some[0])) for k, some in present)), values


_NUL = "\\u0000"
"""A column of JSON takes it; as a part of rows that are JSON themselves, the server refuses it."""


def _comes_back(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Whether a row goes and another one of its id comes: within one statement the order is open."""
    return any(
        {row["row_id"] for row in rows[gone]}
        & {row["id"] for row in rows[added]}
        for gone, added in _GONE
    )


def _json(rows: Any) -> str:
    return json.dumps(
        rows, ensure_ascii=False, separators=(",", ":"), default=_plain
    )


def _plain(value: Any) -> str:
    """Instants and bytes as PostgreSQL reads them."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of a row")


def _build(first: _Shape, *more: _Shape) -> sa.Select[Any]:
    instance = row_statements.update_instance(first[0])
    moved = instance.returning(_INSTANCE_ID).cte("moved")
    made: dict[str, sa.CTE] = {}
    for kind, columns in more:
        if kind in CHANGED:
            part = _changes(kind)
        else:
            part = _addition(kind, columns, moved, made.get("task"))
        made[kind] = part.cte(f"part_{len(made)}")
    counted = sa.select(sa.func.count()).select_from(moved)
    return counted.add_cte(*made.values())


def _called(kind: str) -> str:
    """The parameter of the rows of a kind: no column is called so."""
    return f"{kind}-rows".replace("-", "_")


def _addition(
    kind: str, columns: Sequence[str], moved: sa.CTE, task: sa.CTE | None
) -> Any:
    target = INSERTED[kind]
    given = sa.func.json_populate_recordset(
        sa.text(f"NULL::{target.name}"),
        bindparam(_called(kind), type_=_Text()),
    ).table_valued(*columns, name="r")
    if kind == "candidate" and task is not None:
        # The trigger of an offer reads its task, which must be there.
        joined = task.join(given, task.c.opened == given.c.task_id)
    else:
        joined = moved.join(given, sa.true())
    named: list[Any] = [sa.literal_column(name) for name in columns]
    rows = sa.select(*named).select_from(joined)
    if kind == "found-by":
        return search.add_from(columns, rows)
    added = sa.insert(target).from_select(columns, rows, False)
    if kind == "task":
        return added.returning(target.c.id.label("opened"))
    return added


def _changes(kind: str) -> Any:
    """The statement for all rows of the kind, which an array names."""
    if kind == "close-task":
        return _close_tasks()
    if kind == "close-offers":
        its_offers = _among(CANDIDATE.c.task_id, kind), CANDIDATE.c.offered
        return (
            sa.update(CANDIDATE).where(*its_offers).values(offered=sa.false())
        )
    if kind == "cancel-timer":
        planned = TIMER.c.state == "planned"
        return sa.delete(TIMER).where(_among(TIMER.c.id, kind), planned)
    return sa.delete(SUBSCRIPTION).where(_among(SUBSCRIPTION.c.id, kind))


def _among(column: Any, kind: str) -> sa.ColumnElement[bool]:
    ids = bindparam(_called(kind), type_=ARRAY(sa.Text()))
    return cast("sa.ColumnElement[bool]", column == sa.any_(ids))


def _close_tasks() -> sa.Update:
    """Each task with its own state and person, which stand under its id."""

    def its_own(name: str) -> Any:
        return bindparam(name, type_=_Text()).op("->>")(TASK.c.id)

    return (
        sa.update(TASK)
        .where(_among(TASK.c.id, "close-task"), TASK.c.state == "open")
        .values(
            state=its_own("states"),
            closed_at=bindparam("closed", type_=TASK.c.closed_at.type),
            closed_by=sa.cast(its_own("people"), sa.Integer()),
            revision=TASK.c.revision + 1,
        )
    )


def _parameters(
    kind: str, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    ids = [row["row_id"] for row in rows]
    if kind != "close-task":
        return {_called(kind): ids}
    states = {row["row_id"]: row["new_state"] for row in rows}
    people = {row["row_id"]: row["new_closed_by"] for row in rows}
    return {
        _called(kind): ids,
        "states": _json(states),
        "people": _json(people),
        "closed": rows[0]["new_closed_at"],
    }
