"""首页: what waits for a person, what he may start, what his area looks like and what changed lately."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, url_for

from orchestrator.services import instances
from orchestrator.services.access import Viewer
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import inbox_rows, resident_reports
from orchestrator.services.instances.outcomes import outcomes
from orchestrator.services.registers import grid_maps
from orchestrator.store import (
    area_pages,
    inbox,
    inbox_counts,
    inbox_past,
    look_reviews,
    notifications,
)
from orchestrator.store import register_pages as registers
from orchestrator.store.inbox_open import Filters
from web.auth import permission, who
from web.inbox import counters
from web.shown import today

blueprint = Blueprint("home", __name__)

FIRST = 5
"""How many of a list are shown; the rest is one click away."""
MOST_ON_THE_MAP = 60
"""Grids beyond this number are no picture any more; their page has the search."""
LOOKS_BACK = timedelta(days=60)


@blueprint.get("/home")
@permission("signed-in")
def index() -> Any:
    viewer = who()
    session = reading()
    now = datetime.now(UTC)
    filters = Filters(viewer.tenant_id, now=now)
    official = inbox_rows.official(viewer)
    since = inbox_counts.last_visit(session, viewer.person_id)
    counts = inbox_counts.count_by_due(
        session,
        official,
        viewer.tenant_id,
        counters.ends(now),
        since,
    )
    tasks = inbox.page_urgent_first(
        session, official, filters, size=FIRST
    ).rows[:FIRST]
    started = inbox_past.page_started(
        session,
        viewer.person_id,
        filters,
        size=FIRST,
    ).rows
    latest, _following = notifications.page_notifications(
        session,
        viewer.person_id,
        False,
        size=FIRST,
    )
    return render_template(
        "home/index.html",
        counters=counters.of(counts),
        cap=inbox_counts.COUNT_CAP,
        tasks=tasks,
        told=inbox_rows.describe(session, viewer, tasks, now),
        startable=instances.startable(session, viewer, now),
        started=started,
        outcomes=outcomes(session, started, now),
        latest=latest,
        doubted=look_reviews.doubted_of(
            session, viewer.person_id, now - look_reviews.TOLD_FOR
        ),
        decisions=_decisions(viewer),
        reports=resident_reports.count_waiting(session, viewer),
        area=area_pages.area(
            session,
            viewer.tenant_id,
            viewer.overseen_paths,
            now,
            counters.ends(now)[1],
        ),
        most_tasks=area_pages.MOST_TASKS,
        drawn=_map(viewer),
        date=today(),
    )


def _decisions(viewer: Viewer) -> list[Any]:
    """(decision, name of the territory) of the lists that bear on his places."""
    lists = {
        territory.code: territory
        for territory in registers.lists_of(
            reading(),
            viewer.tenant_id,
            viewer.places,
        )
    }
    versions = area_pages.latest_list_decisions(
        reading(),
        viewer.tenant_id,
        list(lists),
        today() - LOOKS_BACK,
    )
    return [
        (version, lists[version.territory_code].name) for version in versions
    ]


def _map(viewer: Viewer) -> grid_maps.Collection:
    """The grids of the places that he oversees, with how many cases are open in each; none where they are
    too many for a picture."""
    nothing: grid_maps.Collection = {
        "type": "FeatureCollection",
        "features": [],
    }
    if not viewer.overseen_paths:
        return nothing
    rows, following = registers.page_grids(
        reading(),
        viewer.tenant_id,
        viewer.overseen_paths,
        registers.GridFilters(),
        "",
        size=MOST_ON_THE_MAP,
    )
    if following is not None:
        return nothing
    open_cases = {row[0].code: row[4] for row in rows}
    drawn = grid_maps.collection(
        reading(),
        [row[0] for row in rows],
        lambda code: url_for("registers.grid", code=code),
    )
    for feature in drawn["features"]:
        feature["properties"]["open"] = open_cases[
            feature["properties"]["code"]
        ]
    return drawn
