"""The register of a retired grid, and its organisations and teams, go to the grid that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from orchestrator.handlers.context import HandlerContext
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.registers import Grid

_NAMED_BY = {
    GridGroup: ("kind", "name"),
    GridEntry: ("kind", "name", "address"),
}
"""Table → the columns that tell the rows of one grid apart."""
_APART = {"synchronize_session": False}


def move_registers(
    context: HandlerContext,
    successors: Mapping[str, str],
    today: date,
) -> None:
    """Retired grid → its successor. What the successor has under the same name already is not written twice:
    the retired grid's row ends today, and whatever belonged to it belongs to the successor's."""
    session = context.session
    tenant = context.instance.tenant_id
    for old, new in successors.items():
        path = session.get_one(Grid, (tenant, new)).territory_path
        for row, twin in _twins(context, GridGroup, old, new):
            row.ended_on = row.ended_on or today
            _belong(context, GridEntry.cluster_id, row.id, twin)
        for row, twin in _twins(context, GridEntry, old, new):
            row.gone_on = row.gone_on or today
            _belong(context, GridEntry.household_id, row.id, twin)
        session.flush()
        for table in _NAMED_BY:
            _move(context, table, old, new, path)


def _twins(
    context: HandlerContext, table: Any, old: str, new: str
) -> list[tuple[Any, str]]:
    """Each row of the one grid that the other has too, with the id of the other's."""
    twin = aliased(table)
    pairs = context.session.execute(
        sa.select(table, twin.id)
        .join(twin, sa.and_(*_alike(table, twin)))
        .where(
            table.tenant_id == context.instance.tenant_id,
            table.grid_code == old,
            twin.grid_code == new,
        )
    ).all()
    return [(row, twin_id) for row, twin_id in pairs]


def _alike(table: Any, twin: Any) -> list[sa.ColumnElement[bool]]:
    names = ("tenant_id", *_NAMED_BY[table])
    return [getattr(table, name) == getattr(twin, name) for name in names]


def _belong(
    context: HandlerContext, column: Any, before: str, after: str
) -> None:
    context.session.execute(
        sa.update(GridEntry).where(column == before).values({column: after}),
        execution_options=_APART,
    )


def _move(
    context: HandlerContext, table: Any, old: str, new: str, path: str
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
