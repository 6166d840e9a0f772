"""One's own page: the portrait on the notice boards of one's grids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import AttachmentRefused
from orchestrator.services import portraits
from orchestrator.services.reading import session as reading
from orchestrator.store.people import portrait
from web.auth import permission, who

blueprint = Blueprint("profile", __name__)


@blueprint.get("/me")
@permission("signed-in")
def me() -> Any:
    viewer = who()
    serves_grid = any(body.level == "grid" for body in viewer.bodies)
    return render_template("profile/me.html", photo=portrait(reading(), viewer.person_id), serves_grid=serves_grid)


@blueprint.post("/me/photo")
@permission("signed-in")
def photo() -> Any:
    upload, by, now = request.files.get("photo"), who().person_id, datetime.now(UTC)
    if request.form.get("remove"):
        portraits.remove(by, now)
        flash(_("照片已删除，公示同时更新"), "success")
    elif upload is None or not upload.filename:
        flash(_("请选择一张照片"), "danger")
    else:
        try:
            portraits.put(upload.read(), by, now)
            flash(_("照片已更新，公示同时更新"), "success")
        except AttachmentRefused as refused:
            flash(refused.reason, "danger")
    return redirect(url_for("profile.me"))
