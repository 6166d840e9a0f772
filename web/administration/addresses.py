"""The city's table of addresses: what it holds, and taken over from a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import RuleViolated
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import uploaded_tables
from orchestrator.services.registers import address_import, addresses
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("addresses", __name__, url_prefix="/admin/addresses")
SHOWN = 50
"""Lines of a preview that the page lists."""


@blueprint.get("/")
@permission("administrate")
def overview() -> Any:
    return _page()


@blueprint.post("/preview")
@permission("administrate")
def preview() -> Any:
    """What the file would change; nothing is written."""
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise RuleViolated([_("请选择要导入的文件")])
        upload.stream.seek(0)
        content = upload.stream.read(uploaded_tables.LARGEST + 1)
        table = address_import.read(content)
        comparison = address_import.preview(who().tenant_id, table)
    except RuleViolated as refused:
        return _page(told=refused), refused.status
    return _page(comparison, table)


@blueprint.post("/")
@permission("administrate")
def carry_out() -> Any:
    table = request.form.get("content", "")
    try:
        comparison = address_import.carry_out(who().tenant_id, table)
    except RuleViolated as refused:
        return _page(told=refused), refused.status
    flash(
        _(
            "已新增 %(added)d 条，修改 %(changed)d 条",
            added=len(comparison.added),
            changed=len(comparison.changed),
        ),
        "success",
    )
    return redirect(url_for("addresses.overview"))


@blueprint.post("/clear")
@permission("administrate")
def clear() -> Any:
    number = address_import.clear(who().tenant_id)
    flash(_("已清空 %(number)d 条地址", number=number), "success")
    return redirect(url_for("addresses.overview"))


def _page(
    found: address_import.AddressChanges | None = None,
    content: str = "",
    told: RuleViolated | None = None,
) -> str:
    lines = []
    if told:
        lines = sentence(told).splitlines()
    text = request.args.get("q", "").strip()[: address_import.LONGEST]
    viewer = who()
    place = next(iter(viewer.administered_paths), "")
    return render_template(
        "admin/addresses.html",
        number=addresses.count(reading(), viewer.tenant_id),
        rows=addresses.page(reading(), viewer.tenant_id, place, text),
        text=text,
        found=found,
        content=content,
        told=lines,
        shown=SHOWN,
        columns=address_import.COLUMNS,
    )
