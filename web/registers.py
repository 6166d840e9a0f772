"""The registers: item lists with their versions, grids, cases and dossiers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request

from orchestrator.errors import NotFound
from orchestrator.services import access, history, matters
from orchestrator.services.reading import session as reading
from orchestrator.store import register_pages as queries
from web.auth import permission, who

blueprint = Blueprint("registers", __name__)


@blueprint.get("/items")
@permission("signed-in")
def items() -> Any:
    viewer, session = who(), reading()
    territories = queries.lists_of(session, viewer.tenant_id, viewer.places)
    wanted = request.args.get("territory") or (territories[-1].code if territories else "")
    if territories and wanted not in {each.code for each in territories}:
        raise NotFound(wanted)
    shown = queries.item_list(session, viewer.tenant_id, wanted, request.args.get("version", type=int)) if wanted else None
    return render_template("registers/items.html", territories=territories, shown=shown)


@blueprint.get("/grids")
@permission("signed-in")
def grids() -> Any:
    viewer, session, args = who(), reading(), request.args
    filters = queries.GridFilters(args.get("q", "").strip()[:40], args.get("kind", ""), args.get("township", ""))
    rows, after = queries.page_grids(session, viewer.tenant_id, viewer.places, filters, args.get("after", ""))
    townships, kinds = queries.grid_choices(session, viewer.tenant_id, viewer.places)
    return render_template("registers/grids.html", rows=rows, after=after, filters=filters, townships=townships, kinds=kinds)


@blueprint.get("/grids/<code>")
@permission("signed-in")
def grid(code: str) -> Any:
    viewer = who()
    found = queries.grid_detail(reading(), viewer.tenant_id, viewer.places, code, access.may_see(viewer))
    if found is None:
        raise NotFound(code)
    return render_template("registers/grid.html", detail=found)


@blueprint.get("/cases")
@permission("signed-in")
def cases() -> Any:
    viewer, session = who(), reading()
    args = request.args
    filters = queries.CaseFilters(
        args.get("q", "").strip()[:60],
        args.get("state", ""),
        args.get("priority", ""),
        bool(args.get("overdue")),
        args.get("level", ""),
    )
    rows, after = queries.page_cases(
        session, viewer.tenant_id, access.may_see(viewer), filters, datetime.now(UTC), args.get("after", "")
    )
    steps = queries.open_steps(session, [row[0].instance_id for row in rows])
    return render_template("registers/cases.html", rows=rows, after=after, filters=filters, steps=steps)


@blueprint.get("/dossier/<instance_id>")
@permission("signed-in")
def dossier(instance_id: str) -> Any:
    found = matters.look(reading(), who(), instance_id)
    return render_template("registers/dossier.html", matter=found, broken=history.verify(instance_id))
