"""Two versions of a procedure side by side: what differs, in words and on the drawing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from orchestrator.errors import NotFound
from orchestrator.services import designing
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.definitions import versions
from orchestrator.store.drafts import open_drafts
from web.auth import permission, who

blueprint = Blueprint("comparisons", __name__, url_prefix="/design")


@blueprint.get("/compare/<process_key>")
@permission("design")
def compare(process_key: str) -> Any:
    """`before` and `after` are ids of versions or of the draft; without them, the newest version and the
    draft, or the last two versions."""
    session = reading()
    tenant = who().tenant_id
    definitions = versions(session, tenant, process_key)
    if not definitions:
        raise NotFound(process_key)
    offered = [
        (definition.id, _("第 %(number)d 版", number=definition.version))
        for definition in definitions
    ]
    draft = open_drafts(session, tenant).get(process_key)
    if draft:
        offered.append((draft.id, _("草稿")))
    known = [reference for reference, _label in offered]
    if request.args.get("after") in known:
        after = request.args.get("after", "")
    else:
        after = known[-1]
    previous = known[max(0, known.index(after) - 1)]
    if request.args.get("before") in known:
        before = request.args.get("before", "")
    else:
        before = previous
    comparison = designing.between(session, tenant, before, after)
    return render_template(
        "designer/compare.html",
        key=process_key,
        name=definitions[-1].name,
        offered=offered,
        before=before,
        after=after,
        labels=dict(offered),
        found=comparison,
        draft=draft,
    )


@blueprint.get("/diagrams/<path:reference>")
@permission("design")
def diagram(reference: str) -> Any:
    return Response(
        designing.diagram_of(reading(), who().tenant_id, reference),
        mimetype="application/xml",
    )
