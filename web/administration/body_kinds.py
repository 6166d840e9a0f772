"""A kind of body that the city's profile does not know, as administrators of the whole city ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import spoken
from orchestrator.services.designing.regulation import body_kinds
from orchestrator.services.designing.regulation.body_kinds import WantedKind
from web.auth import permission, who
from web.errors import sentence
from web.shown import own_profile

LONGEST_TYPED = 300
"""More than any of the fields may have: what is too long is refused, not cut."""

blueprint = Blueprint("body_kinds", __name__, url_prefix="/admin/body-kinds")


@blueprint.get("/new")
@permission("administer-people")
def new() -> Any:
    return _page(WantedKind("", "", (), "{territory}"))


@blueprint.post("/new")
@permission("administer-people")
def ask() -> Any:
    profile = own_profile()
    if profile is None:
        raise NotFound("profile")
    typed = {
        name: request.form.get(name, "").strip()[:LONGEST_TYPED]
        for name in ("key", "name", "name_template", "family")
    }
    levels = request.form.getlist("levels")[:20]
    wanted = WantedKind(levels=levels, **typed)
    try:
        body_kinds.ask(who(), profile, wanted, datetime.now(UTC))
    except RuleViolated as refused:
        reasons = [spoken(reason) for reason in refused.reasons]
        return _page(wanted, reasons), refused.status
    except InstanceChanged as changed:
        return _page(wanted, [sentence(changed)]), changed.status
    flash(
        _("已写入法规修订的草稿，流程设计员发布后，各地就有这种机构"),
        "success",
    )
    return redirect(url_for("bodies_admin.overview"))


def _page(wanted: WantedKind, reasons: Sequence[str] = ()) -> str:
    profile = own_profile()
    if profile is None:
        raise NotFound("profile")
    grid = profile.levels.grid
    levels = dict.fromkeys(
        level
        for role in profile.roles.values()
        for level in role.levels
        if level != grid
    )
    return render_template(
        "admin/body_kind_new.html",
        wanted=wanted,
        told=reasons,
        levels=levels,
        families=body_kinds.families(profile),
        may=body_kinds.may_ask(who()),
    )
