"""Cases on a map of the viewer's area, with the list beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from orchestrator.services import listed_instances
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import case_map as queries
from orchestrator.store.case_map import MapFilters
from web.auth import permission, who
from web.inbox import counters
from web.mapped_cases import mapped

blueprint = Blueprint("case_map", __name__)
DAYS = (7, 30, 90, 365)
"""Periods that are offered, in days up to now."""
DUE = ("overdue", "today")
"""What may be asked of the due time."""
VIEWS = ("cases", "heat")
"""Single cases, or where they lie densely."""


@blueprint.get("/cases/map")
@permission("signed-in")
def index() -> Any:
    viewer = who()
    session = reading()
    filters = _filters()
    mapped_cases = mapped(filters)
    view = request.args.get("view", "")
    if view not in VIEWS:
        view = VIEWS[0]
    return render_template(
        "registers/case_map.html",
        cases=mapped_cases.cases,
        pages=mapped_cases.pages,
        points=mapped_cases.points,
        drawn=mapped_cases.drawn,
        items=queries.items(
            session,
            viewer.tenant_id,
            listed_instances.may_list(session, viewer),
        ),
        filters=filters,
        due=_due(),
        days=_days(),
        periods=DAYS,
        most=queries.MOST,
        view=view,
    )


def _days() -> int:
    """The period of the address, in days; 0 for all time."""
    asked = request.args.get("days", 90, type=int)
    if asked in DAYS:
        return asked
    return 0


def _due() -> str:
    asked = request.args.get("due", "")
    if asked in DUE:
        return asked
    return ""


def _filters() -> MapFilters:
    args = request.args
    state = args.get("state", "open")
    if state not in ("open", "archived"):
        state = ""
    priority = args.get("priority", "")
    if priority not in ("normal", "urgent", "major"):
        priority = ""
    now = datetime.now(UTC)
    since = None
    if days := _days():
        since = now - timedelta(days=days)
    due_from = None
    due_before = None
    if _due() == "overdue":
        due_before = now
    if _due() == "today":
        due_from = now
        due_before = counters.ends(now)[1]
    return MapFilters(
        state,
        priority,
        args.get("item", "")[:24],
        since,
        due_from,
        due_before,
    )
