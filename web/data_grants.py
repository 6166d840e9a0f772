"""限期授权: what one may look at until when, what one's body granted, and what one's people were granted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import RuleViolated
from orchestrator.services import bundles
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import data_grants as granting
from orchestrator.services.people.data_grants import GrantGiven
from orchestrator.store import data_grants
from web import bounds
from web.auth import permission, who
from web.shown import today

blueprint = Blueprint("data_grants", __name__, url_prefix="/data-grants")
AT_ONCE = 200
LONGEST_NAME = 120
MOST_FIELDS = 200


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    return _page({})


@blueprint.post("/")
@permission("signed-in")
def grant() -> Any:
    given = GrantGiven(
        request.form.get("body", "")[:LONGEST_NAME],
        request.form.get("to", "").strip()[:LONGEST_NAME],
        _fields(),
        request.form.get("number", "").strip()[:40],
        bounds.day_typed(request.form.get("until", "")),
        bounds.reason(),
    )
    try:
        name = granting.grant(who().person_id, given, datetime.now(UTC))
    except RuleViolated as refused:
        return _page(request.form, refused.reasons), 422
    flash(_("已授权给%(name)s", name=name), "success")
    return redirect(url_for("data_grants.index"))


@blueprint.post("/<grant_id>/revoke")
@permission("signed-in")
def revoke(grant_id: str) -> Any:
    granting.revoke(
        who().person_id, grant_id[:24], bounds.reason(), datetime.now(UTC)
    )
    flash(_("已收回，从现在起不能再查看"), "success")
    return redirect(url_for("data_grants.index"))


def _fields() -> dict[str, list[str]]:
    """Key of a grade → keys of the fields that were ticked."""
    chosen: dict[str, list[str]] = {}
    for ticked in request.form.getlist("field")[:MOST_FIELDS]:
        grade, dot, field = ticked[:LONGEST_NAME].partition(".")
        if dot:
            chosen.setdefault(grade, []).append(field)
    return chosen


def _page(typed: Any, told: Any = ()) -> str:
    session = reading()
    viewer = who()
    now = datetime.now(UTC)
    bodies = granting.grantors(session, viewer)
    profile = bundles.rules_of_sight(session, viewer.tenant_id)
    within: list[data_grants.GrantRow] = []
    if bodies:
        within = data_grants.granted_within(
            session,
            viewer.tenant_id,
            [body.territory_path for body in bodies],
            AT_ONCE,
        )
    of_people: list[data_grants.GrantRow] = []
    if viewer.administered_paths:
        of_people = data_grants.granted_to_people_of(
            session, viewer.tenant_id, viewer.administered_paths, AT_ONCE
        )
    return render_template(
        "registers/data_grants.html",
        bodies=bodies,
        grades=profile.data.grades if profile else (),
        longest=profile.data.longest_grant if profile else 0,
        labels=bundles.graded_labels(session, viewer.tenant_id),
        mine=data_grants.granted_to(session, viewer.addresses, now),
        within=within,
        of_people=of_people,
        typed=typed,
        ticked=typed.getlist("field") if told else (),
        told=told,
        today=today(),
        at=now,
        # A grant ends with its last day: that day is told, not the midnight behind it.
        a_second=timedelta(seconds=1),
        most=AT_ONCE,
    )
