"""Cases on a map of the viewer's area, with the list beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for

from orchestrator.services import access
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import case_maps, grid_maps
from orchestrator.store import case_map as queries
from orchestrator.store import register_pages
from orchestrator.store.case_map import MapFilters
from web.auth import permission, who

blueprint = Blueprint("case_map", __name__)
DAYS = (7, 30, 90, 365)
"""Periods that are offered, in days up to now."""
MOST_GRIDS = 300
"""Grids whose areas are drawn under the cases."""


@blueprint.get("/cases/map")
@permission("signed-in")
def index() -> Any:
    viewer = who()
    session = reading()
    visible = access.may_see(viewer)
    filters = _filters()
    rows = queries.cases(session, viewer.tenant_id, visible, filters)
    cases = case_maps.placed(session, viewer.tenant_id, rows)
    grids, _more = register_pages.page_grids(
        session,
        viewer.tenant_id,
        viewer.places,
        register_pages.GridFilters(),
        "",
        size=MOST_GRIDS,
    )
    settings = current_app.extensions["gridflow"]
    return render_template(
        "registers/case_map.html",
        cases=cases,
        points=[_point(each) for each in cases if each.point],
        drawn=grid_maps.collection(session, [row[0] for row in grids]),
        items=queries.items(session, viewer.tenant_id, visible),
        filters=filters,
        days=_days(),
        periods=DAYS,
        most=queries.MOST,
        tiles=settings.map_tiles,
        credit=settings.map_credit,
    )


def _days() -> int:
    """The period of the address, in days; 0 for all time."""
    asked = request.args.get("days", 90, type=int)
    if asked in DAYS:
        return asked
    return 0


def _filters() -> MapFilters:
    args = request.args
    state = args.get("state", "open")
    if state not in ("open", "archived"):
        state = ""
    priority = args.get("priority", "")
    if priority not in ("normal", "urgent", "major"):
        priority = ""
    since = None
    if days := _days():
        since = datetime.now(UTC) - timedelta(days=days)
    return MapFilters(state, priority, args.get("item", "")[:24], since)


def _point(each: case_maps.MappedCase) -> dict[str, Any]:
    assert each.point is not None
    return {
        "id": each.case.instance_id,
        "name": f"{each.case.case_no} {each.case.title}",
        "url": url_for("inbox.instance", instance_id=each.case.instance_id),
        "at": [each.point.latitude, each.point.longitude],
        "priority": each.case.priority,
        "open": each.case.state == "open",
        "exact": each.exact,
    }
