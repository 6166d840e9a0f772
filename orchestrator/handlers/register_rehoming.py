"""The register of a retired grid, and its organisations and teams, go to the grid that follows it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from orchestrator.handlers.context import HandlerContext
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.grid_work import Visit
from orchestrator.store.registers import Grid

_NAMED_BY = {
    GridGroup: ("kind", "name"),
    GridEntry: ("kind", "name", "address"),
}
"""Table → the columns that tell the rows of one grid apart."""
_ENDED = {GridGroup: "ended_on", GridEntry: "gone_on"}
_TOLD = {
    GridGroup: ("form", "head", "phone", "households", "remark"),
    GridEntry: (
        "phone",
        "identity",
        "attention",
        "remark",
        "household_id",
        "cluster_id",
    ),
}
"""Table → what a row says that the other of its name may not say."""
_LONGEST_NAME = 80
_APART = {"synchronize_session": False}


def move_registers(
    context: HandlerContext,
    successors: Mapping[str, str],
    today: date,
) -> None:
    """Retired grid → its successor. What the successor has under the same name already is not written twice:
    the retired grid's row ends today, and the successor's takes over whatever belonged to it and whatever it
    alone said; it is in force where one of both was. Clusters stay two: their names repeat from grid to
    grid."""
    session = context.session
    tenant = context.instance.tenant_id
    for old, new in successors.items():
        path = session.get_one(Grid, (tenant, new)).territory_path
        _tell_clusters_apart(context, old, new)
        for row, twin in _twins(context, GridGroup, old, new):
            _take_over(GridGroup, row, twin, today)
            _belong(context, GridEntry.cluster_id, row.id, twin.id)
        session.flush()
        pairs = _twins(context, GridEntry, old, new)
        for row, twin in pairs:
            _take_over(GridEntry, row, twin, today)
            _take_over_visits(row, twin)
        session.flush()
        for row, twin in pairs:
            _belong(context, GridEntry.household_id, row.id, twin.id)
            _belong(context, Visit.entry_id, row.id, twin.id)
        for table in _NAMED_BY:
            _move(context, table, old, new, path)


def _tell_clusters_apart(context: HandlerContext, old: str, new: str) -> None:
    """A cluster whose name the other grid has as well gets its grid's name too, as 第一联户（原东网格）."""
    session = context.session
    tenant = context.instance.tenant_id
    there = {
        (kind, name)
        for kind, name in session.execute(
            sa.select(GridGroup.kind, GridGroup.name).where(
                GridGroup.tenant_id == tenant,
                GridGroup.grid_code.in_([old, new]),
            )
        )
    }
    former = session.get_one(Grid, (tenant, old)).name
    for row, twin in _twins(context, GridGroup, old, new):
        if _is_cluster(context, row) or _is_cluster(context, twin):
            row.name = _free_name(there, row, former)
            row.version += 1
            there.add((row.kind, row.name))
    session.flush()


def _is_cluster(context: HandlerContext, row: GridGroup) -> bool:
    """Also where households belong to it: the adjustment may have begun under a profile without clusters."""
    if row.kind in context.jurisdiction.grid_work.clusters:
        return True
    own = sa.select(GridEntry.id).where(GridEntry.cluster_id == row.id)
    return context.session.scalar(own.limit(1)) is not None


def _free_name(
    there: Collection[tuple[str, str]], row: GridGroup, former: str
) -> str:
    for number in itertools.count(1):
        beside = f"（原{former[:60]}{number if number > 1 else ''}）"
        name = row.name[: _LONGEST_NAME - len(beside)] + beside
        if (row.kind, name) not in there:
            break
    return name


def _twins(
    context: HandlerContext,
    table: Any,
    old: str,
    new: str,
) -> list[tuple[Any, Any]]:
    """Each row of the one grid that the other has too, with the other's."""
    twin = aliased(table)
    pairs = context.session.execute(
        sa.select(table, twin)
        .join(twin, sa.and_(*_alike(table, twin)))
        .where(
            table.tenant_id == context.instance.tenant_id,
            table.grid_code == old,
            twin.grid_code == new,
        )
        .order_by(table.id),
        # What was moved before was changed past the session.
        execution_options={"populate_existing": True},
    ).all()
    return [(row, other) for row, other in pairs]


def _take_over(table: Any, row: Any, twin: Any, today: date) -> None:
    """The row ends. What it says goes where the twin says nothing, or has ended: then the twin is in force
    again. A row that ended before tells nothing any more."""
    ended = _ENDED[table]
    twin.version += 1
    if getattr(row, ended) is not None:
        return
    again = getattr(twin, ended) is not None
    for name in _TOLD[table]:
        told = getattr(row, name)
        if told and (again or not getattr(twin, name)):
            setattr(twin, name, told)
    setattr(twin, ended, None)
    setattr(row, ended, today)


def _take_over_visits(row: GridEntry, twin: GridEntry) -> None:
    """The later day of both."""
    twin.verified_on = max(twin.verified_on, row.verified_on)
    met = [day for day in (twin.last_met_on, row.last_met_on) if day]
    twin.last_met_on = max(met, default=None)


def _alike(table: Any, twin: Any) -> list[sa.ColumnElement[bool]]:
    names = ("tenant_id", *_NAMED_BY[table])
    return [getattr(table, name) == getattr(twin, name) for name in names]


def _belong(
    context: HandlerContext,
    column: Any,
    before: str,
    after: str,
) -> None:
    context.session.execute(
        sa.update(column.class_)
        .where(column == before)
        .values({column: after}),
        execution_options=_APART,
    )


def _move(
    context: HandlerContext,
    table: Any,
    old: str,
    new: str,
    path: str,
) -> None:
    """All rows but those that the other grid has too."""
    twin = aliased(table)
    there = sa.exists().where(twin.grid_code == new, *_alike(table, twin))
    moving = (
        table.tenant_id == context.instance.tenant_id,
        table.grid_code == old,
        ~there,
    )
    changed = {
        "grid_code": new,
        "territory_path": path,
        "version": table.version + 1,
    }
    context.session.execute(
        sa.update(table).where(*moving).values(changed),
        execution_options=_APART,
    )
