"""Open cases follow their area when grids change; the running instance and its tasks go with them, and the
dossier says so. Residents' reports that wait follow their grid."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from orchestrator.handlers.context import HandlerContext
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import Grid, GridArea, GridCase
from orchestrator.store.resident_reports import ResidentReport
from orchestrator.store.user_tasks import UserTask


def move_cases(
    context: HandlerContext,
    affected: Collection[str],
    successors: Mapping[str, str],
) -> int:
    """Re-homes the open cases of the affected grids; returns how many moved.

    A case goes with its area. One without an area, whose grid is retired, goes to the grid's successor.
    """
    session = context.session
    tenant = context.instance.tenant_id
    cases = session.scalars(
        sa.select(GridCase)
        .where(
            GridCase.tenant_id == tenant,
            GridCase.grid_code.in_(affected),
            GridCase.state == "open",
        )
        .order_by(GridCase.instance_id),
    ).all()
    areas = session.execute(
        sa.select(GridArea.id, GridArea.grid_code).where(
            GridArea.tenant_id == tenant,
            GridArea.id.in_({case.area_id for case in cases if case.area_id}),
        ),
    )
    homes = {row.id: row.grid_code for row in areas}
    moved = 0
    for case in cases:
        new = homes.get(case.area_id or "") or successors.get(
            case.grid_code,
            case.grid_code,
        )
        if new != case.grid_code:
            _move(context, case, new)
            moved += 1
    return moved


def move_reports(
    context: HandlerContext,
    successors: Mapping[str, str],
) -> None:
    """Residents' reports that wait go from a retired grid to its successor, whose office decides about
    them."""
    session = context.session
    tenant = context.instance.tenant_id
    for old, new in successors.items():
        path = session.get_one(Grid, (tenant, new)).territory_path
        session.execute(
            sa.update(ResidentReport)
            .where(
                ResidentReport.tenant_id == tenant,
                ResidentReport.grid_code == old,
                ResidentReport.state == "received",
            )
            # Its own id for a key: a report of the new grid may have the same key.
            .values(grid_code=new, territory_path=path, key=ResidentReport.id),
        )


def _move(context: HandlerContext, case: GridCase, new: str) -> None:
    session = context.session
    old = case.grid_code
    path = session.get_one(Grid, (case.tenant_id, new)).territory_path
    case.grid_code = new
    case.territory_path = path
    session.flush()
    session.execute(
        sa.update(ProcessInstance)
        .where(ProcessInstance.id == case.instance_id)
        .values(
            territory_code=new,
            territory_path=path,
            revision=ProcessInstance.revision + 1,
        ),
    )
    session.execute(
        sa.update(UserTask)
        .where(
            UserTask.instance_id == case.instance_id,
            UserTask.state == "open",
        )
        .values(territory_path=path),
    )
    context.rehome(case.instance_id, f"{old}>{new}")
