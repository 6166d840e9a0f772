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
from typing import Any

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
    Row,
    Rows,
    Several,
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


_Columns = tuple[str, ...]
_Shape = tuple[str, _Columns]
"""A kind and the columns that its rows bring."""
_GONE = (
    ("cancel-timer", "timer"),
    ("close-subscription", "subscription"),
)


def of(
    connection: sa.Connection,
    rows: Sequence[Rows],
) -> tuple[Any, Row] | None:
    """The statement that writes the rows, of which the instance's come first, and its parameters. It gives 0
    when the instance has moved on meanwhile, after which the transaction is to be undone. None where the rows
    have to be written kind by kind."""
    if connection.dialect.name != "postgresql":
        return None
    if _comes_back(dict(rows)) or _offers_another(dict(rows)):
        return None
    present = [(kind, several) for kind, several in rows if several]
    _kind, of_instance = present[0]
    values = dict(of_instance[0])
    for kind, several in present[1:]:
        if kind in CHANGED:
            values |= _parameters(kind, several)
        else:
            values[_called(kind)] = _json(_as_texts(several))
    if _holds_nul(values):
        return None
    shapes = [_shape(kind, several) for kind, several in present]
    return kept(_build, *shapes), values


def added(
    connection: sa.Connection,
    kind: str,
    rows: Several,
) -> tuple[Any, Row] | None:
    """The statement that adds these rows of many instances, as one parameter, and its value. None where each
    of them is written for itself."""
    if (
        connection.dialect.name != "postgresql"
        or len(rows) == 1
        or kind not in _SIMPLY_ADDED
    ):
        return None
    values = {_called(kind): _json(_as_texts(rows))}
    if _holds_nul(values):
        return None
    return kept(_added, *_shape(kind, rows)), values


_SIMPLY_ADDED = INSERTED.keys() - {"found-by"}


def _added(kind: str, columns: _Columns) -> Any:
    named: list[Any] = [sa.literal_column(name) for name in columns]
    rows = sa.select(*named).select_from(_given(kind, columns))
    return sa.insert(INSERTED[kind]).from_select(
        columns,
        rows,
        include_defaults=False,
    )


def _shape(kind: str, rows: Several) -> _Shape:
    first = rows[0]
    return kind, tuple(first)


def _holds_nul(values: Row) -> bool:
    """Whether there is a NUL in rows that go as JSON."""
    return any(
        _NUL in value for value in values.values() if isinstance(value, str)
    )


_NUL = "\\u0000"
"""A column of JSON takes it; as a part of rows that are JSON themselves, the server refuses it."""


def _comes_back(rows: Mapping[str, Several]) -> bool:
    """Whether a row goes and another one of its id comes: within one statement the order is open."""
    for gone, added in _GONE:
        ids = {row["id"] for row in rows[added]}
        if any(row["row_id"] in ids for row in rows[gone]):
            return True
    return False


def _offers_another(rows: Mapping[str, Several]) -> bool:
    """Whether a body is offered a task that was there before, beside new ones: the statement joins offers
    with the tasks that it opens."""
    opened = {row["id"] for row in rows.get("task", ())}
    offered = {row["task_id"] for row in rows.get("candidate", ())}
    return bool(opened) and not offered <= opened


def _json(rows: Any) -> str:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _as_texts(rows: Several) -> list[Row]:
    """The rows, with instants and bytes as PostgreSQL reads them. What stands inside a column of JSON is
    none of these."""
    return [
        {name: _plain(value) for name, value in row.items()} for row in rows
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.isoformat()
    return value


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
    kind: str,
    columns: _Columns,
    moved: sa.CTE,
    task: sa.CTE | None,
) -> Any:
    target = INSERTED[kind]
    given = _given(kind, columns)
    if kind == "candidate" and task is not None:
        # The trigger of an offer reads its task, which must be there.
        of_task = task.c.opened == given.c.task_id
        joined = task.join(given, of_task)
    else:
        joined = moved.join(given, sa.true())
    named: list[Any] = [sa.literal_column(name) for name in columns]
    rows = sa.select(*named).select_from(joined)
    if kind == "found-by":
        return search.add_from(columns, rows)
    added = sa.insert(target).from_select(
        columns,
        rows,
        include_defaults=False,
    )
    if kind == "task":
        opened = target.c.id.label("opened")
        return added.returning(opened)
    return added


def _given(kind: str, columns: _Columns) -> Any:
    """The rows of the parameter, as a table of the kind's types."""
    name = INSERTED[kind].name
    rows = bindparam(_called(kind), type_=_Text())
    return sa.func.json_populate_recordset(
        sa.text(f"NULL::{name}"),
        rows,
    ).table_valued(*columns, name="r")


def _changes(kind: str) -> Any:
    """The statement for all rows of the kind, which an array names."""
    if kind == "close-task":
        return _close_tasks()
    if kind == "close-offers":
        return _close_offers()
    if kind == "cancel-timer":
        its_own = _among(TIMER.c.id, kind)
        planned = TIMER.c.state == "planned"
        return sa.delete(TIMER).where(its_own, planned)
    its_own = _among(SUBSCRIPTION.c.id, kind)
    return sa.delete(SUBSCRIPTION).where(its_own)


def _among(column: Any, kind: str) -> Any:
    texts = ARRAY(sa.Text())
    ids = bindparam(_called(kind), type_=texts)
    return column == sa.any_(ids)


def _close_offers() -> sa.Update:
    its_own = _among(CANDIDATE.c.task_id, "close-offers")
    return (
        sa.update(CANDIDATE)
        .where(its_own)
        .where(CANDIDATE.c.offered)
        .values(offered=sa.false())
    )


def _close_tasks() -> sa.Update:
    """Each task with its own state and person, which stand under its id."""
    its_own = _among(TASK.c.id, "close-task")
    instant = TASK.c.closed_at.type
    person = sa.cast(_of_task("people"), sa.Integer())
    return (
        sa.update(TASK)
        .where(its_own)
        .where(TASK.c.state == "open")
        .values(
            state=_of_task("states"),
            closed_at=bindparam("closed", type_=instant),
            closed_by=person,
            revision=TASK.c.revision + 1,
        )
    )


def _of_task(name: str) -> Any:
    """What stands under the task's id in the parameter."""
    by_task = bindparam(name, type_=_Text())
    return by_task.op("->>")(TASK.c.id)


def _parameters(kind: str, rows: Several) -> Row:
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
