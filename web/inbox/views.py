"""Saved views as the inbox's page has them: what stands in their address, their names, and what is done to
them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import NotFound
from orchestrator.services.user_tasks import saved_views
from orchestrator.store.saved_views import DENSITIES, InboxSetting, ShownView
from web.auth import permission, who
from web.inbox import kept_place

blueprint = Blueprint("views", __name__, url_prefix="/views")

KEPT = ("due", "q", "process", "sort")
"""What a view holds of the list's address."""
SHOWN = (*KEPT, "density")
"""The same, with how the list is laid out."""
WHOLE = "all"
"""In the address, the list without a view."""


def arguments(view: ShownView) -> dict[str, Any]:
    """The arguments of the list's address that show the view."""
    kept = {
        name: value for name, value in parse_qsl(view.query) if name in SHOWN
    }
    return {**kept, "view": view.id}


def density_of(setting: InboxSetting) -> str:
    """How the list is laid out: as the address has it from a view, else as the person has his list."""
    of_view = request.args.get("density", "")
    if of_view in DENSITIES:
        return of_view
    return setting.density


def without_view() -> dict[str, str]:
    """The arguments of the list's address that filter and sort, as they are now."""
    return {
        name: value
        for name, value in request.args.items()
        if name in KEPT and value
    }


@blueprint.post("/save")
@permission("signed-in")
def save() -> Any:
    kept: dict[str, Any] = dict(
        pair
        for pair in parse_qsl(kept_place.query())
        if pair[0] in KEPT and pair[1]
    )
    if (chosen := request.form.get("_density")) in DENSITIES:
        kept["density"] = chosen
    saved = saved_views.save(
        who(),
        request.form.get("name", ""),
        urlencode(kept),
        request.form.get("body") or None,
        bool(request.form.get("_first")),
        datetime.now(UTC),
    )
    flash(_("视图已保存"), "success")
    return redirect(url_for("inbox.to_do", **kept, view=saved))


@blueprint.post("/<view_id>/remove")
@permission("signed-in")
def remove(view_id: str) -> Any:
    flash(
        _("视图“%(name)s”已删除", name=saved_views.remove(who(), view_id)),
        "success",
    )
    return redirect(url_for("inbox.to_do", view=WHOLE))


@blueprint.post("/first")
@permission("signed-in")
def first() -> Any:
    saved_views.begin_with(who(), request.form.get("_view") or None)
    flash(_("下次打开待办先看这个视图"), "success")
    return redirect(kept_place.back_to_list())


@blueprint.post("/density")
@permission("signed-in")
def density() -> Any:
    """Of his list from now on; in a view that has a density of its own, until he leaves the view."""
    chosen = request.form.get("_density", "")
    if "density" not in kept_place.arguments():
        saved_views.set_density(who(), chosen)
        return redirect(kept_place.back_to_list())
    if chosen not in DENSITIES:
        raise NotFound(chosen)
    return redirect(kept_place.back_to_list(density=chosen))
