"""The public board, without sign-in: item lists and grid notices, and nothing else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request

from orchestrator.store import notices
from web import public_reading
from web.auth import permission

blueprint = Blueprint("public", __name__, url_prefix="/public")


@blueprint.get("/")
@permission("public")
def board() -> Any:
    session = public_reading.session()
    tenants = notices.publishers(session)
    wanted = request.args.get("city", "")
    tenant = wanted if wanted in tenants else next(iter(tenants), "")
    text, after = request.args.get("q", "").strip()[:40], request.args.get("after", "")
    grids, after_next = notices.page_grid_notices(session, tenant, text, after)
    return render_template(
        "public/board.html",
        tenants=tenants,
        tenant=tenant,
        lists=notices.item_list_notices(session, tenant),
        grids=grids,
        after=after_next,
        text=text,
    )


@blueprint.get("/<tenant_id>/items/<territory>")
@permission("public")
def items(tenant_id: str, territory: str) -> Any:
    found = notices.find_notice(public_reading.session(), "item-list", tenant_id, territory)
    return render_template("public/items.html", notice=found) if found else abort(404)


@blueprint.get("/<tenant_id>/grids/<code>")
@permission("public")
def grid(tenant_id: str, code: str) -> Any:
    found = notices.find_notice(public_reading.session(), "grid", tenant_id, code)
    return render_template("public/grid.html", notice=found) if found else abort(404)
