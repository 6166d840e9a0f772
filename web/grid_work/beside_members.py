"""网格组织和队伍: a grid's party organisation, work team and household clusters."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services.grid_work import (
    grid_groups,
    group_tables,
    reach,
)
from orchestrator.services.grid_work.grid_groups import GroupGiven
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import uploaded_tables
from orchestrator.store import grid_entries
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.registers import Grid
from web.auth import permission, who
from web.export_marks import export_mark
from web.figure_files import CSV, plain_cells
from web.grid_work import given
from web.shown import needed_profile, today

MOST_PARTS = 100
"""Files of one table."""
blueprint = Blueprint("grid_groups", __name__, url_prefix="/grid-groups")


@blueprint.app_template_global("beside_members")
def beside_members(grid: Grid) -> grid_groups.BesideMembers:
    """What the grid has beside its members, for its page."""
    return grid_groups.beside(
        reading(),
        who(),
        needed_profile(),
        grid,
        datetime.now(UTC),
    )


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    """The grids that one reaches, each with what it has."""
    profile = needed_profile()
    viewer = who()
    session = reading()
    grids, after = grid_entries.page_of_grids(
        session,
        viewer.tenant_id,
        reach.paths(viewer, profile),
        request.args.get("after", "")[:32],
    )
    now = datetime.now(UTC)
    return render_template(
        "grid_work/groups.html",
        rows=[
            (
                grid,
                grid_groups.views(session, viewer, profile, grid, now),
                grid_groups.may_keep(viewer, grid.territory_path),
            )
            for grid in grids
        ],
        after=after,
        rules=profile.grid_work.groups,
        keeps=bool(viewer.overseen_paths),
        parts=_parts() if viewer.overseen_paths else 1,
    )


@blueprint.get("/grids/<code>/new")
@permission("signed-in")
def new(code: str) -> Any:
    return _page(code, None, {"kind": request.args.get("kind", "")[:20]}, ())


@blueprint.post("/grids/<code>/new")
@permission("signed-in")
def add(code: str) -> Any:
    typed = _given()
    try:
        grid_groups.add(who().person_id, code, typed, datetime.now(UTC))
    except RuleViolated as refused:
        return _page(code, None, typed, refused.reasons), refused.status
    flash(_("已登记"), "success")
    return redirect(url_for("registers.grid", code=code))


@blueprint.get("/<group_id>")
@permission("signed-in")
def group(group_id: str) -> Any:
    row = _to_change(group_id)
    return _page(row.grid_code, row, row, ())


@blueprint.post("/<group_id>")
@permission("signed-in")
def change(group_id: str) -> Any:
    row = _to_change(group_id)
    typed = _given()
    try:
        grid_groups.change(
            who().person_id,
            group_id,
            request.form.get("version", 0, int),
            typed,
            datetime.now(UTC),
            today(),
        )
    except RuleViolated as refused:
        page = _page(row.grid_code, row, typed, refused.reasons)
        return page, refused.status
    flash(_("已登记"), "success")
    return redirect(url_for("registers.grid", code=row.grid_code))


@blueprint.get("/table.csv")
@permission("signed-in")
def table() -> Any:
    """A part of what one oversees, as the file that an import takes."""
    part = min(max(request.args.get("part", 1, int), 1), MOST_PARTS)
    lines = group_tables.lines(
        reading(),
        who(),
        needed_profile(),
        datetime.now(UTC),
        part,
    )
    target = StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    for line in [*lines, [group_tables.REMARK + export_mark()]]:
        writer.writerow(plain_cells(line))
    return send_file(
        BytesIO(target.getvalue().encode("utf-8-sig")),
        mimetype=CSV,
        as_attachment=True,
        download_name=_("网格组织和队伍") + _numbered(part) + ".csv",
    )


def _parts() -> int:
    return min(group_tables.parts(reading(), who()), MOST_PARTS)


def _numbered(part: int) -> str:
    """What tells a further part of the table from the first."""
    return "" if part == 1 else f"-{part}"


@blueprint.post("/import")
@permission("signed-in")
def carry_out() -> Any:
    """Takes a file over, all of it or nothing."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise RuleViolated([_("请选择要导入的文件")])
    upload.stream.seek(0)
    content = upload.stream.read(uploaded_tables.LARGEST + 1)
    done = group_tables.take_over(
        who().person_id, group_tables.read(content), datetime.now(UTC)
    )
    flash(
        _(
            "已新增 %(added)d 条，修改 %(changed)d 条",
            added=done.added,
            changed=done.changed,
        ),
        "success",
    )
    return redirect(url_for("grid_groups.index"))


def _to_change(group_id: str) -> GridGroup:
    return grid_groups.to_change(reading(), who(), group_id, datetime.now(UTC))


def _page(code: str, row: Any, typed: Any, told: Any) -> str:
    profile = needed_profile()
    grid = reach.grid(reading(), who(), profile, code)
    if not grid_groups.may_keep(who(), grid.territory_path):
        raise NotFound(code)
    return render_template(
        "grid_work/group.html",
        grid=grid,
        row=row,
        typed=typed,
        ended=typed.ended if isinstance(typed, GroupGiven) else _ended(row),
        told=told,
        rules=profile.grid_work.groups,
    )


def _ended(row: GridGroup | None) -> bool:
    return row is not None and row.ended_on is not None


def _line(name: str) -> str:
    """A text as a file has it too: single spaces, no other."""
    return " ".join(given.text(name).split())


def _given() -> GroupGiven:
    return GroupGiven(
        given.text("kind")[:20],
        _line("name"),
        given.text("form")[:20],
        _line("head"),
        _line("phone"),
        given.text("households"),
        given.text("remark"),
        given.text("ended") == "yes",
    )
