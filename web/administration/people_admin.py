"""People and their bodies, for the administrators of a territory: find, add, change, move, retire, let in
again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import GridflowError, InstanceChanged, RuleViolated
from orchestrator.services.installation import read_session
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import (
    administering,
    body_names,
    link_sheet,
    planned_leaving,
)
from orchestrator.services.people.accounts import Details
from orchestrator.services.people.body_names import TypedBody
from orchestrator.services.people.planned_leaving import LastDay
from orchestrator.store import people_pages as queries
from orchestrator.store.people import EMPLOYMENTS, Person
from orchestrator.store.people_pages import PeopleFilter
from orchestrator.store.planned_leaving import PlannedLeaving
from orchestrator.store.territories import Territory
from web import account_changes, bounds
from web.auth import permission, who
from web.errors import sentences
from web.password_links import address_of
from web.shown import today

blueprint = Blueprint("people_admin", __name__, url_prefix="/admin/people")
LONGEST_SEARCH = 60
SPREADSHEET = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)


@blueprint.get("/")
@permission("administer-people")
def overview() -> Any:
    session = reading()
    viewer = who()
    place = _place()
    wanted = PeopleFilter(
        viewer.tenant_id,
        [place] if place else viewer.administered_paths,
        text=request.args.get("q", "")[:LONGEST_SEARCH].strip(),
        state=request.args.get("state", ""),
        body_id=request.args.get("body", "")[:120],
    )
    chosen = place or min(viewer.administered_paths, key=len)
    above, below = queries.places(session, viewer.tenant_id, chosen)
    return render_template(
        "admin/people.html",
        page=queries.page(session, wanted, request.args.get("after", "")[:60]),
        wanted=wanted,
        above=[
            territory
            for territory in above
            if administering.reaches(viewer, territory.path)
        ],
        below=below,
        chosen=chosen,
        state_of=queries.state_of,
        states=_states(),
    )


@blueprint.get("/new")
@permission("administer-people")
def new() -> Any:
    wanted = request.args.get("body", "")[:120].strip()
    return _form(None, {"bodies": [TypedBody(wanted)] if wanted else []})


@blueprint.post("/new")
@permission("administer-people")
def add() -> Any:
    username = request.form.get("username", "").strip()
    try:
        made = administering.add(
            who().person_id,
            username,
            _details(),
            datetime.now(UTC),
        )
    except GridflowError as refused:
        return _form(None, _typed(), sentences(refused)), refused.status
    return _link_page(made.person_id, made.link)


@blueprint.get("/<int:person_id>")
@permission("administer-people")
def person(person_id: int) -> Any:
    result = administering.reached(reading(), who(), person_id)
    return _form(result, _present(result))


@blueprint.post("/<int:person_id>")
@permission("administer-people")
def change(person_id: int) -> Any:
    result = administering.reached(reading(), who(), person_id)
    seen = request.form.get("state", "")[:16]
    successor = request.form.get("to", type=int)
    try:
        moved = administering.change(
            who().person_id,
            person_id,
            _details(),
            datetime.now(UTC),
            seen,
            successor,
        )
    except GridflowError as refused:
        # Who read an older state decides again with the present one before him; what he typed stays.
        if isinstance(refused, InstanceChanged):
            state = None
        else:
            state = seen
        return _form(
            result, _typed(), sentences(refused), state
        ), refused.status
    if not moved.changed:
        flash(_("没有变化"), "success")
    else:
        flash(_("已保存") + _tasks_told(moved.tasks), "success")
    return redirect(url_for("people_admin.person", person_id=person_id))


@blueprint.post("/<int:person_id>/retire")
@permission("administer-people")
def retire(person_id: int) -> Any:
    result = administering.reached(reading(), who(), person_id)
    name = result.display_name
    left = administering.retire(
        who().person_id,
        person_id,
        datetime.now(UTC),
        request.form.get("to", type=int),
    )
    flash(
        _("%(name)s 已停用，登录已全部退出", name=name) + _tasks_told(left),
        "success",
    )
    return redirect(url_for("people_admin.person", person_id=person_id))


@blueprint.post("/<int:person_id>/plan-leaving")
@permission("administer-people")
def plan_leaving(person_id: int) -> Any:
    result = administering.reached(reading(), who(), person_id)
    typed = request.form.get("last_on", "")
    try:
        day = bounds.day_typed(typed)
        if day is None:
            raise RuleViolated([_("请填写最后工作日")])
        wanted = LastDay(day, request.form.get("to", type=int))
        planned_leaving.plan(
            who().person_id,
            person_id,
            wanted,
            datetime.now(UTC),
        )
    except GridflowError as refused:
        shown = {**_present(result), "last_on": typed[:10]}
        return _form(result, shown, sentences(refused)), refused.status
    flash(
        _("已登记离岗，最后工作日 %(day)s 过后自动停用并移交任务", day=day),
        "success",
    )
    return redirect(url_for("people_admin.person", person_id=person_id))


@blueprint.post("/<int:person_id>/cancel-leaving")
@permission("administer-people")
def cancel_leaving(person_id: int) -> Any:
    planned_leaving.cancel(who().person_id, person_id, datetime.now(UTC))
    flash(_("离岗登记已取消"), "success")
    return redirect(url_for("people_admin.person", person_id=person_id))


@blueprint.post("/<int:person_id>/restore")
@permission("administer-people")
def restore(person_id: int) -> Any:
    result = administering.reached(reading(), who(), person_id)
    try:
        made = administering.restore(
            who().person_id,
            person_id,
            _details(),
            datetime.now(UTC),
        )
    except GridflowError as refused:
        return _form(result, _typed(), sentences(refused)), refused.status
    return _link_page(person_id, made.link)


@blueprint.post("/<int:person_id>/link")
@permission("administer-people")
def link(person_id: int) -> Any:
    return _link_page(
        person_id,
        administering.make_link(who().person_id, person_id, datetime.now(UTC)),
    )


@blueprint.post("/<int:person_id>/second-factor")
@permission("administer-people")
def reset_second_factor(person_id: int) -> Any:
    return _link_page(
        person_id,
        administering.reset_second_factor(
            who().person_id,
            person_id,
            datetime.now(UTC),
        ),
    )


@blueprint.post("/links")
@permission("administer-people")
def links() -> Any:
    """A table of new links for everybody who has no password yet."""
    made = administering.make_links(who().person_id, datetime.now(UTC))
    table = link_sheet.write(
        [(person, address_of(token)) for person, token in made],
    )
    return send_file(
        BytesIO(table),
        SPREADSHEET,
        as_attachment=True,
        download_name=_("设置密码的链接.xlsx"),
    )


@blueprint.post("/<int:person_id>/end-sessions")
@permission("administer-people")
def end_sessions(person_id: int) -> Any:
    administering.end_sessions(who().person_id, person_id, datetime.now(UTC))
    flash(_("该人员在所有设备上的登录已退出"), "success")
    return redirect(url_for("people_admin.person", person_id=person_id))


@blueprint.post("/<int:person_id>/unlock")
@permission("administer-people")
def unlock(person_id: int) -> Any:
    administering.unlock(who().person_id, person_id, datetime.now(UTC))
    flash(_("已解除等待，可以马上再试"), "success")
    return redirect(url_for("people_admin.person", person_id=person_id))


def _place() -> str:
    """Path of the chosen territory within reach; empty: all of it."""
    code = request.args.get("place", "")[:32]
    territory = None
    if code:
        territory = reading().get(Territory, (who().tenant_id, code))
    if territory is not None and administering.reaches(who(), territory.path):
        return territory.path
    return ""


def _form(
    result: Person | None,
    typed: dict[str, Any],
    sentences: Sequence[str] = (),
    state: str | None = None,
) -> str:
    session = reading()
    viewer = who()
    if result is None:
        shown = {}
    else:
        shown = _about(result)
    return render_template(
        "admin/person.html",
        person=result,
        typed=typed,
        told=sentences,
        state=state
        or (administering.state_of(session, result) if result else ""),
        names=body_names.near(
            session,
            viewer,
            [value.path for value in shown.get("served", [])],
        ),
        employments=EMPLOYMENTS,
        states=_states(),
        **shown,
    )


def _about(result: Person) -> dict[str, Any]:
    session = reading()
    return {
        "served": queries.served(session, [result.id]).get(result.id, []),
        "account": queries.state_of(result),
        "whole": administering.is_whole(session, who(), result),
        "colleagues": queries.colleagues(session, result),
        "tasks": queries.open_tasks(session, [result.id]).get(result.id, 0),
        "signed_in": queries.last_sign_ins(session, [result.id]).get(
            result.id
        ),
        "record": queries.record(session, result.id),
        "kinds": account_changes.names(),
        "planned": session.get(PlannedLeaving, result.id),
        "today": today().isoformat(),
    }


def _present(result: Person) -> dict[str, Any]:
    served = queries.served(reading(), [result.id]).get(result.id, [])
    return {
        "display_name": result.display_name,
        "phone": result.phone,
        "bodies": [
            TypedBody(body.name, body.title, body.employment, body.key)
            for body in served
        ],
    }


def _typed() -> dict[str, Any]:
    """What the form held, so that nothing typed is lost."""
    return {
        **{
            name: request.form.get(name, "")[:120]
            for name in ("username", "display_name", "phone")
        },
        "bodies": _rows(),
    }


def _rows() -> list[TypedBody]:
    columns = (
        request.form.getlist(name)
        for name in ("body", "duty", "employment", "body_key")
    )
    rows = [
        TypedBody(*(text.strip()[:120] for text in row))
        for row in zip(*columns, strict=False)
    ]
    return [row for row in rows if row.name][: body_names.MOST]


def _details() -> Details:
    """Raises RuleViolated for bodies that are none."""
    typed_bodies = body_names.resolve(reading(), who(), _rows())
    return Details(
        request.form.get("display_name", "").strip(),
        request.form.get("phone", "").strip(),
        {row.key: row.title for row in typed_bodies},
        {row.key: row.employment for row in typed_bodies},
    )


def _link_page(person_id: int, token: str) -> str:
    # What was read for this request is older than what was just written.
    read_session.give_up()
    result = administering.reached(reading(), who(), person_id)
    return render_template(
        "admin/person_link.html",
        person=result,
        address=address_of(token),
    )


def _tasks_told(left: Any) -> str:
    text = ""
    if left.handed_over:
        text += _("；移交了 %(count)d 项任务", count=left.handed_over)
    if left.given_back:
        text += _("；放回机构 %(count)d 项任务", count=left.given_back)
    return text


def _states() -> dict[str, str]:
    return {
        queries.WORKING: _("在岗"),
        queries.WAITING: _("待设密码"),
        queries.RETIRED: _("停用"),
    }
