"""The register of a grid: households, persons, places, things and organisations, one by one and from a
file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.domain.grid_work import GRADED_FIELDS, KINDS
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import RuleViolated
from orchestrator.services.grid_work import entries, entry_import, reach
from orchestrator.services.grid_work.entries import KIND_NAMES, EntryGiven
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import uploaded_tables
from orchestrator.services.records.entry_sights import EntrySights
from orchestrator.store import grid_entries as store
from orchestrator.store import grid_groups, grid_work
from orchestrator.store.grid_entries import EntryFilter
from orchestrator.store.grid_groups import GridGroup
from web import bounds, pressed
from web.auth import permission, who
from web.errors import sentence
from web.grid_work import given
from web.shown import needed_profile, today

blueprint = Blueprint("grid_entries", __name__, url_prefix="/grid-register")
LONGEST_TABLE = 3 * 1024 * 1024
"""Characters of the table that goes from the preview to the act."""
SHOWN = 200
"""Lines of a preview that the page lists."""


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    """The entries of the grids that one reaches; personal data masked."""
    profile = needed_profile()
    viewer = who()
    args = request.args
    kind = args.get("kind", "")
    wanted = EntryFilter(
        viewer.tenant_id,
        reach.paths(viewer, profile),
        grid=args.get("grid", "")[:32],
        attention=args.get("attention", "")[:20],
        cluster=args.get("cluster", "")[:24],
        text=args.get("q", "").strip()[:40],
        gone=args.get("state") == "gone",
    )
    if kind in KINDS:
        wanted = replace(wanted, kind=kind)
    cluster = _cluster(profile, wanted.cluster)
    unknown = bool(wanted.cluster) and cluster is None
    if cluster is None or wanted.grid != cluster.grid_code:
        # Another grid was chosen than the cluster's.
        wanted, cluster = replace(wanted, cluster=""), None
    rows, after = store.page_of_entries(
        reading(),
        wanted,
        args.get("after", "")[:24],
    )
    grids, more = store.page_of_grids(
        reading(),
        viewer.tenant_id,
        wanted.paths,
        "",
    )
    return render_template(
        "grid_work/register.html",
        rows=rows,
        after=after,
        wanted=wanted,
        cluster=cluster,
        unknown_cluster=unknown,
        grids=grids,
        more=more,
        kinds=KIND_NAMES,
        rules=profile.grid_work,
        sights=EntrySights(reading(), viewer, datetime.now(UTC)),
    )


@blueprint.get("/grids/<code>/new")
@permission("signed-in")
def new(code: str) -> Any:
    profile = needed_profile()
    grid = reach.grid(reading(), who(), profile, code)
    household = request.args.get("household", "")[:24]
    return render_template(
        "grid_work/entry_new.html",
        grid=grid,
        household=household,
        clusters=_clusters(profile, code),
        kinds=KIND_NAMES,
        rules=profile.grid_work,
    )


@blueprint.post("/grids/<code>/new")
@permission("signed-in")
def add(code: str) -> Any:
    entry_id = entries.add(
        who().person_id,
        code,
        _given(),
        datetime.now(UTC),
        today(),
        pressed.key("entry", *map(given.text, entries.LABELS), code),
    )
    flash(_("已登记"), "success")
    return redirect(url_for("grid_entries.entry", entry_id=entry_id))


@blueprint.get("/entries/<entry_id>")
@permission("signed-in")
def entry(entry_id: str) -> Any:
    """An entry with its visits; its personal data masked until they are opened with a reason."""
    profile = needed_profile()
    viewer = who()
    session = reading()
    result = entries.visible(session, viewer, profile, entry_id)
    now = datetime.now(UTC)
    household = None
    if result.household_id:
        household = entries.visible(
            session,
            viewer,
            profile,
            result.household_id,
        )
    return render_template(
        "grid_work/entry.html",
        entry=result,
        household=household,
        people=store.people_of(session, result.id),
        clusters=_clusters(profile, result.grid_code),
        cluster=_cluster(profile, result.cluster_id or ""),
        visits=grid_work.visits_of(session, result.id),
        sight=entries.sight(session, viewer, result, now),
        kinds=KIND_NAMES,
        rules=profile.grid_work,
    )


@blueprint.post("/entries/<entry_id>")
@permission("signed-in")
def change(entry_id: str) -> Any:
    entries.change(
        who().person_id,
        entry_id,
        request.form.get("version", 0, int),
        _given(),
        datetime.now(UTC),
        today(),
    )
    flash(_("已登记"), "success")
    return redirect(url_for("grid_entries.entry", entry_id=entry_id))


@blueprint.post("/entries/<entry_id>/disclose")
@permission("signed-in")
def disclose(entry_id: str) -> Any:
    """Opens the masked data to oneself, on the record."""
    entries.disclose(
        who().person_id,
        entry_id,
        bounds.reason(_("请写明查看的事由")),
        request.remote_addr or "",
        datetime.now(UTC),
    )
    return redirect(url_for("grid_entries.entry", entry_id=entry_id))


@blueprint.get("/grids/<code>/import")
@permission("signed-in")
def choose(code: str) -> Any:
    return _import_page(code)


@blueprint.post("/grids/<code>/import/preview")
@permission("signed-in")
def preview(code: str) -> Any:
    """What the file would change; nothing is written."""
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise RuleViolated([_("请选择要导入的文件")])
        upload.stream.seek(0)
        content = upload.stream.read(uploaded_tables.LARGEST + 1)
        table = entry_import.read(content)
        comparison = entry_import.preview(
            who().person_id, code, table, datetime.now(UTC)
        )
    except RuleViolated as refused:
        return _import_page(code, told=refused), refused.status
    return _import_page(code, found=comparison, content=table)


@blueprint.post("/grids/<code>/import")
@permission("signed-in")
def carry_out(code: str) -> Any:
    table = request.form.get("content", "")[:LONGEST_TABLE]
    try:
        comparison = entry_import.carry_out(
            who().person_id,
            code,
            table,
            datetime.now(UTC),
            today(),
        )
    except RuleViolated as refused:
        return _import_page(code, told=refused), refused.status
    flash(
        _(
            "已新增 %(added)d 条，修改 %(changed)d 条",
            added=len(comparison.added),
            changed=len(comparison.written),
        ),
        "success",
    )
    return redirect(url_for("grid_entries.index", grid=code))


def _import_page(
    code: str,
    found: entry_import.Compared | None = None,
    content: str = "",
    told: RuleViolated | None = None,
) -> str:
    profile = needed_profile()
    lines = []
    if told:
        lines = sentence(told).splitlines()
    return render_template(
        "grid_work/import.html",
        grid=reach.grid(reading(), who(), profile, code),
        found=found,
        content=content,
        told=lines,
        shown=SHOWN,
        kinds=KIND_NAMES,
        columns=_columns(profile),
        short_kinds=entry_import.SHORT_KINDS,
        rules=profile.grid_work,
    )


def _given() -> EntryGiven:
    return EntryGiven(
        given.text("kind"),
        given.text("name"),
        given.text("address"),
        given.text("phone"),
        given.text("identity"),
        given.text("attention"),
        given.text("remark"),
        given.text("household_id")[:24],
        given.text("gone") == "yes",
        # Fields that he does not read are not in the form: they stay as they are.
        frozenset(GRADED_FIELDS).intersection(request.form),
        _typed_cluster(),
    )


def _typed_cluster() -> str | None:
    """None where the form does not ask for it: what stands stays."""
    if "cluster_id" in request.form:
        return given.text("cluster_id")[:24]
    return None


def _clusters(profile: Jurisdiction, code: str) -> list[GridGroup]:
    """The clusters of the grid that a household may belong to."""
    return grid_groups.clusters_of(
        reading(), who().tenant_id, code, profile.grid_work.clusters
    )


def _cluster(profile: Jurisdiction, group_id: str) -> GridGroup | None:
    """The cluster, where he reaches its grid."""
    group = reading().get(GridGroup, group_id) if group_id else None
    if (
        group is None
        or group.tenant_id != who().tenant_id
        or not reach.lies_in(group.territory_path, reach.paths(who(), profile))
    ):
        return None
    return group


def _columns(profile: Jurisdiction) -> list[str]:
    """Headings of a file."""
    return [
        heading
        for name, heading in entry_import.COLUMNS.items()
        if name != "cluster" or profile.grid_work.clusters
    ]
