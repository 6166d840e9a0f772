"""The versions of a procedure: which running matters could be moved to one, moving chosen ones, and the report of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import NotFound
from orchestrator.services import deployments, moving
from orchestrator.services.reading import session as reading
from orchestrator.store import operation_pages as queries
from web.auth import permission, who

blueprint = Blueprint("versions", __name__, url_prefix="/design/versions")


@blueprint.get("/<process_key>")
@permission("design")
def overview(process_key: str) -> Any:
    versions, target = _versions(process_key)
    session = reading()
    standings = moving.verdicts(session, who().tenant_id, process_key, deployments.bundle(session, target.id), target.id)
    return render_template(
        "designer/versions.html", versions=versions, target=target, standings=standings, limit=moving.MOST, report=None
    )


@blueprint.post("/<process_key>")
@permission("design")
def move(process_key: str) -> Any:
    """Moves the chosen matters to the version, and reports what became of each."""
    versions, target = _versions(process_key)
    chosen = request.form.getlist("instance")
    if not chosen:
        flash(_("请先勾选要移动的事项"), "warning")
        return redirect(url_for("versions.overview", process_key=process_key, version=target.version))
    report = moving.move(chosen, target.id, who().person_id, datetime.now(UTC))
    return render_template("designer/versions.html", versions=versions, target=target, standings=[], report=report)


def _versions(process_key: str) -> tuple[Any, Any]:
    """The procedure's versions, and the one to which matters are to be moved: that of the address, else the newest."""
    versions = queries.versions(reading(), who().tenant_id, process_key)
    wanted = request.args.get("version", type=int)
    for definition, _at, _by, _running in versions:
        if wanted in (None, definition.version):
            return versions, definition
    raise NotFound(process_key)
