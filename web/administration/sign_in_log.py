"""The log of sign-ins of an administrator's people, and of nobody else's."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import sign_in_log as queries
from web import bounds, sign_ins
from web.auth import permission, who
from web.device_names import device_name

blueprint = Blueprint("sign_in_log", __name__, url_prefix="/admin/sign-ins")
AT_ONCE = 200


@blueprint.get("/")
@permission("administer-people")
def overview() -> Any:
    viewer = who()
    kind = request.args.get("kind", "")
    results = sign_ins.results()
    if kind not in results:
        kind = ""
    wanted = queries.SignInFilter(
        viewer.tenant_id,
        viewer.administered_paths,
        request.args.get("q", "")[:60].replace("\0", "").strip(),
        kind,
        bounds.day_asked("on"),
    )
    return render_template(
        "admin/sign_ins.html",
        wanted=wanted,
        events=queries.page_of_sign_ins(reading(), wanted, AT_ONCE),
        most=AT_ONCE,
        results=results,
        ways=sign_ins.ways(),
        device_name=device_name,
    )
