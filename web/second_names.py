"""Names of grids, areas and people in the city's second language, as the public notices show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import NotFound
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import second_names
from web.auth import permission, who
from web.shown import own_profile

blueprint = Blueprint("second_names", __name__, url_prefix="/second-names")
MOST = 1_000
"""Names of one page that are taken."""


@blueprint.get("/")
@permission("signed-in")
def overview() -> Any:
    profile = own_profile()
    if profile is None:
        raise NotFound(who().tenant_id)
    after = request.args.get("after", "")[:32]
    grids, further = second_names.page(reading(), who(), profile, after)
    return render_template(
        "registers/second_names.html",
        grids=grids,
        after=after,
        further=further,
        language=profile.languages[1],
        longest=second_names.LONGEST,
    )


@blueprint.post("/")
@permission("signed-in")
def keep() -> Any:
    texts = request.form.getlist("text")[:MOST]
    names = request.form.getlist("name")[:MOST]
    number = second_names.keep(
        who().person_id,
        request.form.getlist("_code")[: second_names.GRIDS],
        dict(zip(texts, names, strict=False)),
        datetime.now(UTC),
    )
    flash(
        _("已保存 %(number)d 个译名，公示同时更新", number=number), "success"
    )
    after = request.form.get("_after", "")[:32]
    return redirect(url_for("second_names.overview", after=after))
