"""请假和代理: entering and ending an absence, and the tasks that a deputy finds in his inbox."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import (
    Blueprint,
    Flask,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import Forbidden, RuleViolated
from orchestrator.services import access, user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.user_tasks.absences import Wanted
from orchestrator.store import absences as queries
from orchestrator.store.absences import StandIn
from orchestrator.store.definitions import procedures
from orchestrator.store.people import people_served
from orchestrator.store.user_tasks import UserTask
from web import bounds
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("absences", __name__, url_prefix="/absences")

SHOWN = 20
"""Tasks of one absent person that the inbox lists."""


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.globals.update(absent_owner=absent_owner)


def absent_owner(task: UserTask) -> StandIn | None:
    """The absent person whose task the reader does as his deputy."""
    return access.absent_owner(reading(), who(), task)


@blueprint.get("")
@permission("signed-in")
def index() -> Any:
    return _page([])


@blueprint.post("")
@permission("signed-in")
def enter() -> Any:
    viewer = who()
    try:
        first, last = (
            bounds.day_typed(request.form.get(name, ""))
            for name in ("first", "last")
        )
        if first is None or last is None:
            raise RuleViolated([_("请选择第一天和最后一天")])
    except RuleViolated as violated:
        return _page(violated.reasons), 422
    if _proposed_for_another():
        return _page([_("代理人已按请假人重新推荐，请核对后再登记")]), 422
    wanted = Wanted(
        request.form.get("absent", "").strip() or viewer.username,
        request.form.get("deputy", "").strip(),
        first,
        last,
        tuple(request.form.getlist("procedures")),
    )
    if not set(wanted.process_keys) <= set(
        procedures(reading(), viewer.tenant_id),
    ):
        return _page([_("请选择列出的业务")]), 422
    try:
        user_tasks.absences.enter(wanted, viewer.person_id, datetime.now(UTC))
    except RuleViolated as violated:
        return _page(violated.reasons), 422
    except Forbidden as refused:
        return _page([sentence(refused)]), 403
    flash(_("已登记请假，到时由代理人办理，结束后自动恢复"), "success")
    return redirect(url_for("absences.index"))


@blueprint.post("/<absence_id>/end")
@permission("signed-in")
def end(absence_id: str) -> Any:
    user_tasks.absences.end(absence_id, who().person_id, datetime.now(UTC))
    flash(_("已结束这次请假"), "success")
    return redirect(url_for("absences.index"))


def _page(reasons: Any) -> str:
    viewer = who()
    session = reading()
    now = datetime.now(UTC)
    # The head's colleagues: each of whom he may enter an absence.
    led = [
        (username, name, person_id)
        for person_id, username, name in people_served(
            session,
            viewer.body_ids,
        )
        if person_id != viewer.person_id
        and user_tasks.absences.may_enter_for(session, viewer, person_id)
    ]
    concerned = [
        viewer.person_id,
        *(person_id for _username, _name, person_id in led),
    ]
    rows = queries.absences_of(session, concerned, now - timedelta(days=30))
    absent = request.form.get("absent", "").strip() or viewer.username
    proposed = user_tasks.absences.proposed_deputy(
        session,
        viewer,
        absent,
        now,
        *_days_typed(),
    )
    deputy = request.form.get("deputy") or proposed
    if _proposed_for_another():
        deputy = proposed
    return render_template(
        "inbox/absences.html",
        reasons=reasons,
        led=led,
        may_name=bool(led) or viewer.operates,
        rows=rows,
        mine={row.Absence.id for row in rows if _may_end(row.Absence, now)},
        deputy=deputy,
        proposed=proposed,
        absent=absent,
        colleagues=people_served(session, viewer.body_ids),
        procedures=procedures(session, viewer.tenant_id),
        chosen=request.form.getlist("procedures"),
        second=timedelta(seconds=1),
    )


def _may_end(row: queries.Absence, now: datetime) -> bool:
    return row.until_at > now and user_tasks.absences.may_enter_for(
        reading(),
        who(),
        row.person_id,
    )


def _proposed_for_another() -> bool:
    """Whether the deputy is the one whom the page proposed for another person than is entered now."""
    absent = request.form.get("absent", "").strip() or who().username
    proposed_for = request.form.get("_proposed_for", absent)
    return absent != proposed_for and request.form.get(
        "deputy"
    ) == request.form.get("_proposed")


def _days_typed() -> tuple[date | None, date | None]:
    """The first and the last day, as far as they are days."""
    try:
        first, last = (
            bounds.day_typed(request.form.get(name, ""))
            for name in ("first", "last")
        )
    except RuleViolated:
        return None, None
    return first, last
