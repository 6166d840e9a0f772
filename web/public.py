"""The public board, without sign-in: item lists and grid notices, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    jsonify,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.domain.jurisdiction import list_word
from orchestrator.store import notices
from web import printing, public_reading
from web.auth import permission
from web.downloads import download
from web.shown import list_today

blueprint = Blueprint("public", __name__, url_prefix="/public")


@blueprint.get("/")
@permission("public")
def board() -> Any:
    session = public_reading.session()
    tenants = notices.publishers(session)
    wanted = request.args.get("city", "")
    if wanted in tenants:
        tenant = wanted
    else:
        tenant = next(iter(tenants), "")
    text = request.args.get("q", "").strip()[:40]
    after = request.args.get("after", "")
    grids, after_next = notices.page_grid_notices(session, tenant, text, after)
    listed = notices.item_list_name(session, tenant)
    if listed:
        list_name = _(listed)
    else:
        list_name = _("网格服务管理事项清单")
    return render_template(
        "public/board.html",
        tenants=tenants,
        tenant=tenant,
        list_name=list_name,
        lists=[
            (notice, list_today(notice)[0])
            for notice in notices.item_list_notices(session, tenant)
        ],
        grids=grids,
        after=after_next,
        text=text,
    )


@blueprint.get("/<tenant_id>/items/<territory>")
@permission("public")
def items(tenant_id: str, territory: str) -> Any:
    notice = notices.find_notice(
        public_reading.session(),
        "item-list",
        tenant_id,
        territory,
    )
    if notice is None:
        abort(404)
    title, shown = list_today(notice)
    return render_template(
        "public/items.html",
        notice=notice,
        title=title,
        shown=shown,
    )


@blueprint.get("/<tenant_id>/items/<territory>.json")
@permission("public")
def items_json(tenant_id: str, territory: str) -> Any:
    """The list in force as data: number, effective_on, approved_by, updated_at, items of name, category,
    legal_basis, from and ends_on; planned: those that come later. The names stay."""
    notice = notices.find_notice(
        public_reading.session(),
        "item-list",
        tenant_id,
        territory,
    )
    if notice is None:
        abort(404)
    title, shown = list_today(notice)
    return jsonify(
        territory=territory,
        title=title,
        updated_at=notice.published_at.isoformat(),
        number=shown.number,
        effective_on=shown.effective_on.isoformat()
        if shown.effective_on
        else None,
        approved_by=shown.approved_by,
        items=list(shown.items),
        planned=list(shown.planned),
    )


@blueprint.get("/<tenant_id>/items/<territory>.xlsx")
@permission("public")
def items_workbook(tenant_id: str, territory: str) -> Any:
    notice = notices.find_notice(
        public_reading.session(),
        "item-list",
        tenant_id,
        territory,
    )
    if notice is None:
        abort(404)
    title, shown = list_today(notice)
    rows = [
        _row(item, f"至 {item['ends_on']}" if item["ends_on"] else "")
        for item in shown.items
    ]
    planned = [
        _row(item, f"自 {item['from']} 起纳入") for item in shown.planned
    ]
    facts = {
        "生效日期": shown.effective_on.isoformat()
        if shown.effective_on
        else "",
        "批准机关": shown.approved_by,
    }
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = notices.item_list_name(public_reading.session(), tenant_id)
    with printing.turn():
        content = printing.workbook(
            list_word(name),
            title,
            facts,
            rows,
            planned,
        )
    return download(
        content,
        f"{title}.xlsx",
        kind,
    )


def _row(item: Mapping[str, Any], change: str) -> printing.ItemRow:
    return printing.ItemRow(
        item["category"],
        item["name"],
        item["legal_basis"],
        change,
    )


@blueprint.get("/<tenant_id>/items/<territory>/board.pdf")
@permission("public")
def items_board(tenant_id: str, territory: str) -> Any:
    """The list's notice board, A3."""
    notice = notices.find_notice(
        public_reading.session(),
        "item-list",
        tenant_id,
        territory,
    )
    if notice is None:
        abort(404)
    with printing.turn():
        content = printing.list_board(notice, _address(notice))
    return download(
        content,
        f"公示牌 {notice.title}.pdf",
        "application/pdf",
    )


@blueprint.get("/<tenant_id>/grids/<code>/board.pdf")
@permission("public")
def grid_board(tenant_id: str, code: str) -> Any:
    """The grid's notice board, A3, to be printed and put up."""
    notice = notices.find_notice(
        public_reading.session(),
        "grid",
        tenant_id,
        code,
    )
    if notice is None:
        abort(404)
    with printing.turn():
        content = printing.boards([notice], notice.title, _address)
    return download(
        content,
        f"公示牌 {notice.title}.pdf",
        "application/pdf",
    )


@blueprint.get("/<tenant_id>/boards.pdf")
@permission("public")
def boards(tenant_id: str) -> Any:
    """The boards of one page of the search, one A3 page a grid: a township's by its code."""
    text = request.args.get("q", "").strip()[:40]
    after = request.args.get("after", "")
    results, _next = notices.page_grid_notices(
        public_reading.session(),
        tenant_id,
        text,
        after,
    )
    if not results:
        abort(404)
    with printing.turn():
        content = printing.boards(results, "网格公示牌", _address)
    return download(content, "公示牌.pdf", "application/pdf")


def _address(notice: Any) -> str:
    """Where a telephone finds the notice."""
    root = current_app.extensions[
        "gridflow"
    ].public_url or request.url_root.rstrip("/")
    if notice.kind == "item-list":
        return root + url_for(
            "public.items",
            tenant_id=notice.tenant_id,
            territory=notice.subject_code,
        )
    return root + url_for(
        "public.grid",
        tenant_id=notice.tenant_id,
        code=notice.subject_code,
    )


@blueprint.get("/<tenant_id>/grids/<code>")
@permission("public")
def grid(tenant_id: str, code: str) -> Any:
    notice = notices.find_notice(
        public_reading.session(),
        "grid",
        tenant_id,
        code,
    )
    if notice:
        return render_template("public/grid.html", notice=notice)
    return abort(404)


@blueprint.get("/<tenant_id>/badges/<number>")
@permission("public")
def badge(tenant_id: str, number: str) -> Any:
    """Whose badge that is, and whether it is valid: what its QR code leads to."""
    notice = notices.find_notice(
        public_reading.session(),
        "badge",
        tenant_id,
        number[:32],
    )
    return render_template(
        "public/badge.html",
        notice=notice,
        number=number[:32],
    )
