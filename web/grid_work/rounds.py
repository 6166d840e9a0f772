"""Visits and patrols: what is due in which grid, records from the phone, tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.domain.grid_work import VisitRule, first_day
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import NotFound
from orchestrator.services.grid_work import entries, field_records, reach
from orchestrator.services.grid_work.entries import KIND_NAMES
from orchestrator.services.grid_work.field_records import (
    OUTCOME_NAMES,
    PatrolGiven,
    VisitGiven,
)
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import grid_entries, grid_work, members
from orchestrator.store.grid_entries import EntryFilter
from orchestrator.store.grid_work import Patrol
from orchestrator.store.registers import Grid
from web.auth import permission, who
from web.grid_work import given
from web.shown import in_zone, needed_profile, today

blueprint = Blueprint("grid_work", __name__, url_prefix="/grid-work")
WIDTH = 640
HEIGHT = 320
"""Of a drawn track, in units of its picture."""


@dataclass(frozen=True, slots=True)
class GridLine:
    """How far the work in a grid has come in the present periods."""

    grid: Grid
    visits: Sequence[tuple[VisitRule, int, int]]
    """(rule, entries to visit, entries visited)."""
    last_patrol: datetime | None
    patrols: int
    """How often it was patrolled in the present period."""
    patrols_asked: int
    """How often it should be; 0 where the profile does not say."""


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    """Each grid that one serves or oversees, with what was visited and patrolled and what was not."""
    profile = needed_profile()
    viewer = who()
    paths = reach.paths(viewer, profile)
    grids, after = grid_entries.page_of_grids(
        reading(),
        viewer.tenant_id,
        paths,
        request.args.get("after", "")[:32],
        20,
    )
    served = reach.served(viewer, profile)
    return render_template(
        "grid_work/index.html",
        lines=_lines(profile, grids),
        after=after,
        rules=profile.grid_work,
        served=[
            line.code
            for line in grids
            if reach.lies_in(line.territory_path, served)
        ],
    )


def _lines(profile: Jurisdiction, grids: Sequence[Grid]) -> list[GridLine]:
    rules = profile.grid_work
    codes = [grid.code for grid in grids]
    progress = {
        rule.key: grid_entries.progress(
            reading(),
            profile.key,
            codes,
            rule,
            first_day(rule.period, today()),
        )
        for rule in rules.visits
    }
    last = grid_work.last_patrols(reading(), profile.key, codes)
    asked = rules.patrol_times if rules.patrol_period else 0
    patrols: Mapping[str, int] = {}
    if asked:
        begins = datetime.combine(
            first_day(rules.patrol_period, today()),
            time(),
            ZoneInfo(profile.timezone),
        )
        patrols = grid_work.patrols_since(
            reading(), profile.key, codes, begins
        )
    grid_lines = []
    for grid in grids:
        visits = [
            (rule, *progress[rule.key].get(grid.code, (0, 0)))
            for rule in rules.visits
        ]
        grid_lines.append(
            GridLine(
                grid,
                visits,
                last.get(grid.code),
                patrols.get(grid.code, 0),
                asked,
            )
        )
    return grid_lines


@blueprint.get("/grids/<code>/due/<rule>")
@permission("signed-in")
def due(code: str, rule: str) -> Any:
    """The households and persons of a grid where nobody was met in the present period."""
    profile = needed_profile()
    viewer = who()
    grid = reach.grid(reading(), viewer, profile, code)
    asked = next(
        (
            visit_rule
            for visit_rule in profile.grid_work.visits
            if visit_rule.key == rule
        ),
        None,
    )
    if asked is None:
        raise NotFound(rule)
    since = first_day(asked.period, today())
    rows, after = grid_entries.page_of_entries(
        reading(),
        EntryFilter(
            viewer.tenant_id,
            [grid.territory_path],
            grid=grid.code,
            rule=asked,
            unmet_since=since,
        ),
        request.args.get("after", "")[:24],
    )
    counted = grid_entries.progress(
        reading(),
        viewer.tenant_id,
        [grid.code],
        asked,
        since,
    )
    total, done = counted.get(grid.code, (0, 0))
    return render_template(
        "grid_work/due.html",
        grid=grid,
        rule=asked,
        since=since,
        rows=rows,
        after=after,
        total=total,
        done=done,
        kinds=KIND_NAMES,
        rules=profile.grid_work,
    )


@blueprint.get("/visits/<entry_id>")
@permission("signed-in")
def visit(entry_id: str) -> Any:
    """The form of a visit, for the phone at the door."""
    profile = needed_profile()
    entry = entries.visible(reading(), who(), profile, entry_id)
    return render_template(
        "grid_work/visit.html",
        entry=entry,
        outcomes=OUTCOME_NAMES,
        rules=profile.grid_work,
        now_typed=in_zone(datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M"),
    )


@blueprint.post("/visits/<entry_id>")
@permission("signed-in")
def record_visit(entry_id: str) -> Any:
    record = VisitGiven(
        given.key(),
        given.moment("visited_at"),
        given.text("outcome"),
        given.text("note"),
        given.place(),
        given.text("case_no")[:60],
    )
    field_records.record_visit(
        who().person_id,
        entry_id,
        record,
        datetime.now(UTC),
    )
    flash(_("走访已登记"), "success")
    return redirect(url_for("grid_entries.entry", entry_id=entry_id))


@blueprint.get("/patrols")
@permission("signed-in")
def patrols() -> Any:
    viewer = who()
    rows, after = grid_work.page_of_patrols(
        reading(),
        viewer.tenant_id,
        reach.paths(viewer, needed_profile()),
        request.args.get("after", "")[:24],
    )
    codes = sorted({row.grid_code for row, _name in rows})
    return render_template(
        "grid_work/patrols.html",
        rows=rows,
        after=after,
        names=members.grid_names(reading(), viewer.tenant_id, codes),
    )


@blueprint.get("/grids/<code>/patrol")
@permission("signed-in")
def new_patrol(code: str) -> Any:
    """The page that stays open on the phone during a patrol."""
    profile = needed_profile()
    grid = reach.grid(reading(), who(), profile, code)
    if not reach.lies_in(grid.territory_path, reach.served(who(), profile)):
        raise NotFound(code)
    return render_template(
        "grid_work/patrol_new.html",
        grid=grid,
        rules=profile.grid_work,
        now_typed=in_zone(datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M"),
    )


@blueprint.post("/grids/<code>/patrol")
@permission("signed-in")
def record_patrol(code: str) -> Any:
    points, check_ins = given.track()
    record = PatrolGiven(
        given.key(),
        given.moment("began_at"),
        given.moment("ended_at"),
        given.text("note"),
        points,
        check_ins,
    )
    patrol_id = field_records.record_patrol(
        who().person_id,
        code,
        record,
        datetime.now(UTC),
    )
    flash(_("巡查已登记"), "success")
    return redirect(url_for("grid_work.patrol", patrol_id=patrol_id))


@blueprint.get("/patrols/<patrol_id>")
@permission("signed-in")
def patrol(patrol_id: str) -> Any:
    result = field_records.visible_patrol(
        reading(),
        who(),
        needed_profile(),
        patrol_id,
    )
    return render_template(
        "grid_work/patrol.html",
        patrol=result,
        grid_name=_grid_name(result.grid_code),
        check_ins=[
            (datetime.fromisoformat(value["at"]), value["place"])
            for value in result.check_ins
        ],
        drawn=_drawn(result),
        width=WIDTH,
        height=HEIGHT,
    )


def _grid_name(code: str) -> str:
    names = members.grid_names(reading(), who().tenant_id, [code])
    return names.get(code, code)


def _drawn(result: Patrol) -> dict[str, Any] | None:
    """The track and the places of check-ins, fitted into the picture; None where the phone told no place."""
    track = [(point[0], point[1]) for point in result.points]
    stops = [
        (value["longitude"], value["latitude"])
        for value in result.check_ins
        if value["longitude"] is not None
    ]
    every = [*track, *stops]
    if not every:
        return None
    west = min(point[0] for point in every)
    south = min(point[1] for point in every)
    wide = max(point[0] for point in every) - west
    tall = max(point[1] for point in every) - south
    scale = min(
        (WIDTH - 40) / (wide or 0.0001),
        (HEIGHT - 40) / (tall or 0.0001),
    )

    def fit(point: tuple[float, float]) -> tuple[float, float]:
        right = 20 + (point[0] - west) * scale
        down = HEIGHT - 20 - (point[1] - south) * scale
        return round(right, 1), round(down, 1)

    return {
        "track": " ".join(f"{x},{y}" for x, y in map(fit, track)),
        "stops": [fit(point) for point in stops],
    }
