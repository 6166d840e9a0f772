"""The table of groups of the city's directory and the bodies that they stand for, kept by the
administrators of the whole city and shown to the others for their territory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import GridflowError, RuleViolated
from orchestrator.sentences import spoken
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import body_names, groups
from orchestrator.services.people.body_names import TypedBody
from orchestrator.store.groups import reached_mappings
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("groups", __name__, url_prefix="/admin/groups")


@blueprint.get("/")
@permission("administer-people")
def overview() -> Any:
    return _page({})


@blueprint.post("/")
@permission("administer-people")
def put() -> Any:
    typed = {
        name: request.form.get(name, "").strip()[:240]
        for name in ("group", "body", "title")
    }
    try:
        groups.put(
            who().person_id,
            typed["group"],
            TypedBody(typed["body"], typed["title"]),
            datetime.now(UTC),
        )
    except RuleViolated as refused:
        sentences = [spoken(reason) for reason in refused.reasons]
        return _page(typed, sentences), refused.status
    except GridflowError as refused:
        return _page(typed, [sentence(refused)]), refused.status
    flash(_("已加入对照表，组里的人下次登录时按它任职"), "success")
    return redirect(url_for("groups.overview"))


@blueprint.post("/<int:mapping_id>/remove")
@permission("administer-people")
def remove(mapping_id: int) -> Any:
    groups.remove(who().person_id, mapping_id, datetime.now(UTC))
    flash(_("已从对照表删除，现有人员的任职不变"), "success")
    return redirect(url_for("groups.overview"))


def _page(typed: dict[str, str], told: Sequence[str] = ()) -> str:
    viewer = who()
    session = reading()
    return render_template(
        "admin/groups.html",
        rows=reached_mappings(
            session,
            viewer.tenant_id,
            viewer.administered_paths,
        ),
        names=body_names.near(session, viewer, []),
        may_change=viewer.operates,
        typed=typed,
        told=told,
    )
