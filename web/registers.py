"""The registers: item lists with their versions, grids, cases and dossiers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.domain import list_calendar
from orchestrator.domain.jurisdiction.functions import GRID_STAFF
from orchestrator.errors import NotFound
from orchestrator.services import access, listed_instances
from orchestrator.services.archives import package_requests, retention
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import case_view
from orchestrator.services.instances.history_parts import WantedPart
from orchestrator.services.records import history
from orchestrator.services.registers import alike_items, grid_maps, printouts
from orchestrator.store import archives, item_lists, item_reviews
from orchestrator.store import notices as public_notices
from orchestrator.store import register_pages as queries
from orchestrator.store.archives import ArchivePackage
from web import printing
from web.auth import permission, who
from web.downloads import download
from web.shown import (
    needed_profile,
    own_profile,
    reader_list_word,
    today,
)

blueprint = Blueprint("registers", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_PACKAGES = 20
"""Archive packages listed on a dossier, the latest."""


@blueprint.get("/items")
@permission("signed-in")
def items() -> Any:
    viewer = who()
    session = reading()
    territories = queries.lists_of(session, viewer.tenant_id, viewer.places)
    wanted = request.args.get("territory") or queries.nearest_list(
        territories,
        viewer.places,
    )
    # Who has no place has no list, so a code in the address opens none.
    if wanted and wanted not in {territory.code for territory in territories}:
        raise NotFound(wanted)
    on = _day_asked() or today()
    shown = None
    if wanted:
        shown = item_lists.item_list(
            session,
            viewer.tenant_id,
            wanted,
            _version(),
            on,
        )
    return render_template(
        "registers/items.html",
        territories=territories,
        shown=shown,
        state_of=list_calendar.state_of,
        is_today=on == today(),
    )


@blueprint.get("/items/<item_id>")
@permission("signed-in")
def item(item_id: str) -> Any:
    """One item: whose it is, what the department promised, and the decisions about it."""
    viewer = who()
    session = reading()
    item_on_lists = item_lists.item_on_lists(
        session, viewer.tenant_id, item_id
    )
    territories = queries.lists_of(session, viewer.tenant_id, viewer.places)
    readable = {territory.code for territory in territories}
    if item_on_lists is None or not _may_read(
        session, item_on_lists, readable
    ):
        raise NotFound(item_id)
    return render_template(
        "registers/item.html",
        found=item_on_lists,
        reviews=item_reviews.reviews_of(session, item_id),
        today=today(),
        state_of=list_calendar.state_of,
        alike=alike_items.alike(
            session,
            viewer.tenant_id,
            item_on_lists.territory.code,
            item_on_lists.item.name,
            item_on_lists.item.id,
        ),
    )


def _may_read(
    session: Any,
    item_on_lists: item_lists.ItemOnLists,
    readable: Collection[str],
) -> bool:
    """Whether it is on a list that the person sees, or on one that is public."""
    public = public_notices.find_notice(
        session,
        "item-list",
        item_on_lists.item.tenant_id,
        item_on_lists.territory.code,
    )
    return item_on_lists.territory.code in readable or public is not None


def _day_asked() -> date | None:
    """The day of the address; what is no day of this century asks for none."""
    try:
        day = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return None
    if 2000 <= day.year < 2100:
        return day
    return None


def _grid_filters() -> queries.GridFilters:
    """What the address asks for."""
    return queries.GridFilters(
        request.args.get("q", "").strip()[:40],
        request.args.get("kind", ""),
        request.args.get("township", ""),
    )


@blueprint.get("/grids")
@permission("signed-in")
def grids() -> Any:
    viewer = who()
    session = reading()
    filters = _grid_filters()
    rows, after = queries.page_grids(
        session,
        viewer.tenant_id,
        viewer.places,
        filters,
        request.args.get("after", ""),
    )
    townships, kinds = queries.grid_choices(
        session,
        viewer.tenant_id,
        viewer.places,
    )
    drawn = grid_maps.collection(
        session,
        [row[0] for row in rows],
        lambda code: url_for("registers.grid", code=code),
    )
    return render_template(
        "registers/grids.html",
        rows=rows,
        after=after,
        filters=filters,
        townships=townships,
        kinds=kinds,
        drawn=drawn,
        second=_names_twice(viewer),
    )


def _names_twice(viewer: access.Viewer) -> bool:
    """Whether he enters names in the city's second language."""
    profile = own_profile()
    if profile is None or not viewer.overseen_paths:
        return False
    return len(profile.languages) > 1


@blueprint.get("/grids.geojson")
@permission("signed-in")
def grids_geojson() -> Any:
    """The grids of the same search, drawn ones, as a file for other map programs."""
    viewer = who()
    session = reading()
    filters = _grid_filters()
    rows, _after = queries.page_grids(
        session,
        viewer.tenant_id,
        viewer.places,
        filters,
        "",
        size=2_000,
    )
    content = json.dumps(
        grid_maps.collection(session, [row[0] for row in rows]),
        ensure_ascii=False,
    ).encode()
    return download(content, "网格.geojson", "application/geo+json")


@blueprint.get("/grids/<code>")
@permission("signed-in")
def grid(code: str) -> Any:
    viewer = who()
    grid_detail = queries.grid_detail(
        reading(),
        viewer.tenant_id,
        viewer.places,
        code,
        listed_instances.may_list(reading(), viewer),
    )
    if grid_detail is None:
        raise NotFound(code)
    return render_template(
        "registers/grid.html",
        detail=grid_detail,
        drawn=grid_maps.collection(reading(), [grid_detail.grid]),
        staff=needed_profile().roles_of(GRID_STAFF),
    )


@blueprint.get("/cases")
@permission("signed-in")
def cases() -> Any:
    viewer = who()
    session = reading()
    args = request.args
    filters = queries.CaseFilters(
        args.get("q", "").strip()[:60],
        args.get("state", ""),
        args.get("priority", ""),
        bool(args.get("overdue")),
        args.get("level", ""),
    )
    rows, after = queries.page_cases(
        session,
        viewer.tenant_id,
        listed_instances.may_list(reading(), viewer),
        filters,
        datetime.now(UTC),
        args.get("after", ""),
    )
    steps = queries.open_steps(session, [row[0].instance_id for row in rows])
    levels = needed_profile().levels
    return render_template(
        "registers/cases.html",
        rows=rows,
        after=after,
        filters=filters,
        steps=steps,
        levels=[levels.grid, *reversed(needed_profile().handling_levels)],
    )


@blueprint.get("/items.xlsx")
@permission("signed-in")
def items_workbook() -> Any:
    viewer = who()
    session = reading()
    wanted = request.args.get("territory", "")
    if wanted not in {
        territory.code
        for territory in queries.lists_of(
            session, viewer.tenant_id, viewer.places
        )
    }:
        raise NotFound(wanted)
    shown = item_lists.item_list(
        session,
        viewer.tenant_id,
        wanted,
        _version(),
        _day_asked() or today(),
    )
    if shown is None:
        raise NotFound(wanted)
    version = shown.version
    name = f"{shown.territory.name}{needed_profile().list_name}"
    if version:
        title = f"{name}（第 {version.number} 版）"
    else:
        title = name
    rows = [
        printing.ItemRow(
            entry.item.category,
            entry.item.name,
            entry.item.legal_basis,
            _change(shown, entry),
        )
        for entry in shown.items
    ]
    rows += [
        printing.ItemRow(
            item.category,
            item.name,
            item.legal_basis,
            "本版退出",
        )
        for item in shown.left
    ]
    planned = [
        printing.ItemRow(
            entry.item.category,
            entry.item.name,
            entry.item.legal_basis,
            f"自 {entry.stay.since} 起纳入",
        )
        for entry in shown.planned
    ]
    if shown.in_force:
        facts = {"截至": shown.today.isoformat()}
    else:
        facts = {}
    if version:
        if version.effective_on <= shown.today:
            state = ""
        else:
            state = "（尚未生效）"
        facts |= {
            "版本": f"第 {version.number} 版",
            "生效日期": f"{version.effective_on.isoformat()}{state}",
            "批准机关": version.approved_by,
        }
    return download(
        printing.workbook(reader_list_word(), title, facts, rows, planned),
        f"{title}.xlsx",
        XLSX,
    )


def _version() -> int | None:
    """The number of the decision asked for; what is no number asks for none."""
    number = request.args.get("version", type=int)
    if number is not None and 0 < number < 10**6:
        return number
    return None


def _change(shown: item_lists.ItemList, listed: item_lists.Listed) -> str:
    if listed.item.id in shown.entered:
        results = ["本版纳入"]
    else:
        results = []
    if listed.stay.until and listed.stay.until > shown.today:
        results.append(f"自 {listed.stay.until} 起退出")
    elif listed.stay.last_day:
        results.append(f"截止 {listed.stay.last_day}")
    return "；".join(results)


@blueprint.post("/dossier/<instance_id>/print")
@permission("signed-in")
def print_dossier(instance_id: str) -> Any:
    number = request.form.get("part", 1, type=int)
    now = datetime.now(UTC)
    view = case_view.look(
        reading(),
        who(),
        instance_id,
        now,
        wanted=WantedPart(number=number),
    )
    content = printing.dossier(
        view,
        history.verify(instance_id),
        printing.Printing(who().display_name, now),
    )
    printouts.note(instance_id, content, who().person_id, now)
    name = f"电子档案 {view.instance.business_key}"
    if view.part.count > 1:
        name += f" 第{view.part.number}部分"
    return download(content, f"{name}.pdf", "application/pdf")


@blueprint.route("/dossier-check", methods=["GET", "POST"])
@permission("signed-in")
def check_dossier() -> Any:
    """Holds a printed file, or its checksum, against what was issued."""
    digest = ""
    sentence = ""
    verdict = None
    if request.method == "POST":
        upload = request.files.get("file")
        digest = request.form.get("digest", "").strip()
        if upload is not None and upload.filename:
            digest = hashlib.sha256(upload.read()).hexdigest()
        try:
            verdict = printouts.verify(reading(), who(), digest)
        except NotFound:
            sentence = _(
                "没有签发过这样的档案，或者它不在您的权限范围内。请确认文件是从系统下载后没有改动过的"
            )
    return render_template(
        "registers/dossier_check.html",
        digest=digest,
        told=sentence,
        verdict=verdict,
    )


@blueprint.get("/dossier/<instance_id>")
@permission("signed-in")
def dossier(instance_id: str) -> Any:
    part = request.args.get("part", 1, type=int)
    view = case_view.look(
        reading(),
        who(),
        instance_id,
        datetime.now(UTC),
        wanted=WantedPart(number=part),
    )
    verified = view.part.count == 1 or "verify" in request.args
    if verified:
        broken = history.verify(instance_id)
    else:
        broken = []
    keeps = package_requests.may_archive(reading(), who(), instance_id)
    packages: list[ArchivePackage] = []
    if keeps:
        packages = archives.packages_of(reading(), instance_id, MOST_PACKAGES)
    return render_template(
        "registers/dossier.html",
        instance_view=view,
        verified=verified,
        broken=broken,
        may_archive=keeps,
        packages=packages,
        term=retention.term_of(reading(), view.instance, datetime.now(UTC)),
        lost=package_requests.lost(packages),
    )
