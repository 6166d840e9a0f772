"""Bodies, for the administrators of a territory: which there are and what they lack; set up, rename,
dissolve. And who may do what, by role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import GridflowError, RuleViolated
from orchestrator.services.designing.regulation import body_kinds
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import bodies, rights
from orchestrator.services.people.bodies import Dissolution
from orchestrator.store import body_pages as queries
from orchestrator.store.body_pages import BodyFilter
from orchestrator.store.territories import Body
from web import bounds
from web.auth import permission, who
from web.errors import sentences
from web.shown import own_profile, today

blueprint = Blueprint("bodies_admin", __name__, url_prefix="/admin/bodies")
LONGEST_SEARCH = 60


@blueprint.get("/")
@permission("administer-people")
def overview() -> Any:
    wanted = _filter(
        request.args.get("state", ""),
        request.args.get("q", "")[:LONGEST_SEARCH].strip(),
    )
    rows, after = queries.page(
        reading(),
        wanted,
        request.args.get("after", "")[:120],
    )
    return render_template(
        "admin/bodies.html",
        rows=rows,
        after=after,
        wanted=wanted,
        counts=queries.counts(reading(), wanted),
        troubles=_troubles(),
    )


@blueprint.get("/new")
@permission("administer-people")
def new() -> Any:
    return _new_page({"place": request.args.get("place", "")[:32]})


@blueprint.post("/new")
@permission("administer-people")
def create() -> Any:
    typed = {
        key: request.form.get(key, "").strip()[:120]
        for key in ("role", "place", "name")
    }
    try:
        made = bodies.create(
            who().person_id,
            typed["role"],
            typed["place"],
            typed["name"],
            datetime.now(UTC),
        )
    except GridflowError as refused:
        return _new_page(typed, sentences(refused)), refused.status
    flash(_("机构已设立，请接着安排人员"), "success")
    return redirect(url_for("bodies_admin.body", body_id=made))


@blueprint.get("/rights")
@permission("administer-people")
def who_may() -> Any:
    return render_template(
        "admin/rights.html",
        roles=rights.by_role(reading(), who().tenant_id, datetime.now(UTC)),
    )


@blueprint.get("/<body_id>")
@permission("administer-people")
def body(body_id: str) -> Any:
    return _page(bodies.reached(reading(), who(), body_id))


@blueprint.post("/<body_id>/rename")
@permission("administer-people")
def rename(body_id: str) -> Any:
    result = bodies.reached(reading(), who(), body_id)
    name = request.form.get("name", "")[:120]
    try:
        bodies.rename(who().person_id, body_id, name, datetime.now(UTC))
    except RuleViolated as refused:
        return _page(
            result, {"name": name}, sentences(refused)
        ), refused.status
    flash(_("已保存"), "success")
    return redirect(url_for("bodies_admin.body", body_id=body_id))


@blueprint.post("/<body_id>/dissolve")
@permission("administer-people")
def dissolve(body_id: str) -> Any:
    result = bodies.reached(reading(), who(), body_id)
    typed = {
        "effective_on": request.form.get("effective_on", "")[:10],
        "into": request.form.get("into", ""),
    }
    try:
        day = bounds.day_typed(request.form.get("effective_on", ""))
        if day is None:
            raise RuleViolated([_("请填写生效日期")])
    except RuleViolated as refused:
        return _page(result, typed, sentences(refused)), refused.status
    plan = Dissolution(day, typed["into"][:120])
    try:
        done = bodies.dissolve(
            who().person_id,
            body_id,
            plan,
            datetime.now(UTC),
        )
    except GridflowError as refused:
        return _page(result, typed, sentences(refused)), refused.status
    flash(
        _("机构已撤销，人员和任务已转到接续的机构")
        if done
        else _("已登记，到生效日期自动办理"),
        "success",
    )
    return redirect(url_for("bodies_admin.body", body_id=body_id))


@blueprint.post("/<body_id>/keep")
@permission("administer-people")
def keep(body_id: str) -> Any:
    bodies.reached(reading(), who(), body_id)
    bodies.keep(who().person_id, body_id, datetime.now(UTC))
    flash(_("撤销已取消，机构照常运行"), "success")
    return redirect(url_for("bodies_admin.body", body_id=body_id))


def _filter(trouble: str = "", text: str = "") -> BodyFilter:
    profile = own_profile()
    viewer = who()
    if profile:
        titles = profile.head_titles
    else:
        titles = ()
    if profile:
        level = profile.levels.grid
    else:
        level = ""
    return BodyFilter(
        viewer.tenant_id,
        viewer.administered_paths,
        titles,
        level,
        trouble,
        text,
    )


def _new_page(typed: dict[str, str], sentences: Sequence[str] = ()) -> str:
    profile = own_profile()
    if profile:
        roles = {key: role.name for key, role in profile.roles.items()}
    else:
        roles = {}
    if profile:
        level = profile.levels.grid
    else:
        level = ""
    places = queries.places(
        reading(),
        who().tenant_id,
        who().administered_paths,
        level,
    )
    return render_template(
        "admin/body_new.html",
        typed=typed,
        told=sentences,
        roles=roles,
        places=places,
        may_ask=body_kinds.may_ask(who()),
    )


def _page(
    found: Body,
    typed: dict[str, str] | None = None,
    told: Sequence[str] = (),
) -> str:
    session = reading()
    wanted = _filter()
    return render_template(
        "admin/body.html",
        row=queries.one(session, found, wanted.head_titles, wanted.grid_level),
        of_grid=found.level == wanted.grid_level,
        members=queries.members(session, found.id),
        successors=[
            successor
            for successor in queries.successors(session, found)
            if any(
                successor.territory_path.startswith(path)
                for path in wanted.paths
            )
        ],
        successor=session.get(Body, found.successor_id)
        if found.successor_id
        else None,
        record=queries.record(session, found.id),
        typed=typed or {},
        told=told,
        troubles=_troubles(),
        kinds=_kinds(),
        today=today().isoformat(),
    )


def _troubles() -> dict[str, str]:
    return {
        queries.STUCK: _("无人在岗，有任务等着"),
        queries.EMPTY: _("无人在岗"),
        queries.HEADLESS: _("没有负责人"),
        queries.DISSOLVED: _("已撤销"),
    }


def _kinds() -> dict[str, str]:
    return {
        "created": _("设立"),
        "renamed": _("更名"),
        "planned": _("登记撤销"),
        "kept": _("取消撤销"),
        "dissolved": _("撤销"),
        "group-put": _("对应目录的组"),
        "group-removed": _("不再对应目录的组"),
    }
