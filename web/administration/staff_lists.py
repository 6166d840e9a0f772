"""Staff lists: uploaded, compared with who is there, taken over; and everybody within reach as such a
list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from flask import Blueprint, render_template, request, send_file
from flask_babel import gettext as _

from orchestrator.errors import GridflowError, RuleViolated
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import staff_bodies, staff_list
from orchestrator.services.records import uploaded_tables
from orchestrator.store import people_pages
from orchestrator.store.people_pages import PeopleFilter
from web.auth import permission, who
from web.errors import sentences

blueprint = Blueprint("staff_lists", __name__, url_prefix="/admin/staff-list")
SPREADSHEET = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)
SHOWN = 300
"""Lines of each part of a report that a page lists."""
LONGEST_TABLE = 3 * 1024 * 1024
"""Characters of the table that goes from the preview to the act."""


@blueprint.get("/")
@permission("administer-people")
def choose() -> Any:
    return _page()


@blueprint.post("/preview")
@permission("administer-people")
def preview() -> Any:
    """What the file would change; nothing is written."""
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise RuleViolated([_("请选择名册文件")])
        upload.stream.seek(0)
        table = staff_list.read(
            upload.stream.read(uploaded_tables.LARGEST + 1),
        )
        listed_changes = staff_list.preview(
            who().person_id, table, datetime.now(UTC)
        )
    except GridflowError as refused:
        return _page(told=sentences(refused)[:SHOWN]), refused.status
    return _page(found=listed_changes, content=table)


@blueprint.post("/")
@permission("administer-people")
def carry_out() -> Any:
    table = request.form.get("content", "")[:LONGEST_TABLE]
    try:
        listed_changes = staff_list.carry_out(
            who().person_id,
            table,
            datetime.now(UTC),
            setting_up="set_up" in request.form,
        )
    except GridflowError as refused:
        return _page(told=sentences(refused)[:SHOWN]), refused.status
    return _page(found=listed_changes, done=True)


@blueprint.get("/export")
@permission("administer-people")
def export() -> Any:
    viewer = who()
    wanted = PeopleFilter(
        viewer.tenant_id,
        viewer.administered_paths,
        state=request.args.get("state", ""),
    )
    lines = [
        (person, served)
        for person, served in people_pages.everybody(reading(), wanted)
        if person.active
        and any(
            served.path.startswith(path) for path in viewer.administered_paths
        )
    ]
    return send_file(
        BytesIO(staff_list.write(lines)),
        SPREADSHEET,
        as_attachment=True,
        download_name=_("人员名册.xlsx"),
    )


def _page(
    found: Any = None,
    content: str = "",
    told: Sequence[str] = (),
    done: bool = False,
) -> str:
    return render_template(
        "admin/staff_list.html",
        found=found,
        content=content,
        told=told,
        done=done,
        shown=SHOWN,
        most_new=staff_bodies.MOST_NEW,
    )
