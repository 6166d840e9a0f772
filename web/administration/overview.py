"""The administrator's page: incidents, timers, definitions, locked accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services.clocks import messages
from orchestrator.services.designing import git_commits
from orchestrator.services.installation import disk
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import incidents
from orchestrator.services.records import history_checks
from orchestrator.store import held_tasks
from orchestrator.store import operation_pages as queries
from orchestrator.store.calendars import open_proposal
from orchestrator.store.incidents import NOBODY, Incident
from orchestrator.store.instances import EventSubscription
from orchestrator.store.sign_in_log import SignInFilter, page_of_sign_ins
from web import bounds, sign_ins
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("/")
@permission("administrate")
def overview() -> Any:
    session = reading()
    tenant = who().tenant_id
    results = queries.open_incidents(session, tenant)
    return render_template(
        "admin/overview.html",
        room=disk.room(),
        uncommitted=git_commits.failing(session, tenant),
        incidents=results,
        choices=incidents.choices(session, [value[0] for value in results]),
        nobody=NOBODY,
        start_timers=queries.start_timers(session, tenant),
        untriggered=queries.waiting_for_trigger(session, tenant),
        held=held_tasks.stuck(session, tenant, datetime.now(UTC)),
        planned=queries.next_timers(session, tenant),
        fired=queries.fired_timers(session, tenant),
        definitions=queries.definitions(session, tenant),
        check=history_checks.last(session, tenant),
        calendar_waits=open_proposal(session, tenant),
        events=page_of_sign_ins(
            session,
            SignInFilter(tenant, who().administered_paths),
            50,
        ),
        sign_in_results=sign_ins.results(),
    )


@blueprint.post("/incidents/<incident_id>/retry")
@permission("administrate")
def retry(incident_id: str) -> Any:
    _own(Incident, incident_id)
    try:
        incidents.retry(incident_id, who().person_id, datetime.now(UTC))
        flash(_("已重试；如仍失败会出现新的异常"), "success")
    except RuleViolated as violated:
        flash(sentence(violated), "danger")
    return redirect(url_for("admin.overview"))


@blueprint.post("/incidents/<incident_id>/resolve")
@permission("administrate")
def resolve(incident_id: str) -> Any:
    _own(Incident, incident_id)
    remark = bounds.reason(_("请写明处理情况"), "remark")
    incidents.resolve(incident_id, remark, who().person_id, datetime.now(UTC))
    flash(_("已标记为已解决"), "success")
    return redirect(url_for("admin.overview"))


@blueprint.post("/incidents/<incident_id>/choose")
@permission("administrate")
def choose_flow(incident_id: str) -> Any:
    _own(Incident, incident_id)
    remark = bounds.reason(_("请写明选择这条出线的理由"))
    flow_id = request.form.get("flow", "")
    if incidents.choose_flow(
        incident_id,
        flow_id,
        remark,
        who().person_id,
        datetime.now(UTC),
    ):
        flash(_("已按指定的出线继续办理"), "success")
    else:
        flash(_("已指定出线，请办理人重新提交"), "success")
    return redirect(url_for("admin.overview"))


@blueprint.get("/incidents/<incident_id>/send-back")
@permission("administrate")
def ways_back(incident_id: str) -> Any:
    _own(Incident, incident_id)
    session = reading()
    incident = session.get_one(Incident, incident_id)
    if incident.state != "open":
        raise NotFound(incident_id)
    number = queries.business_key(session, incident.instance_id)
    return render_template(
        "admin/send_back.html",
        incident=incident,
        number=number,
        ways=incidents.ways_back(session, incident),
    )


@blueprint.post("/incidents/<incident_id>/send-back")
@permission("administrate")
def send_back(incident_id: str) -> Any:
    _own(Incident, incident_id)
    reason = bounds.reason(_("请写明退回的理由"))
    incidents.send_back(
        incident_id,
        request.form.get("to", ""),
        reason,
        who().person_id,
        datetime.now(UTC),
    )
    flash(_("已退回，办理机构的待办里有这件事项"), "success")
    return redirect(url_for("admin.overview"))


@blueprint.post("/waiting/<subscription_id>/trigger")
@permission("administrate")
def trigger(subscription_id: str) -> Any:
    _own(EventSubscription, subscription_id)
    messages.trigger(
        subscription_id,
        bounds.reason(_("请写明触发的理由")),
        who().person_id,
        datetime.now(UTC),
    )
    flash(_("已触发，该事项继续办理"), "success")
    return redirect(url_for("admin.overview"))


@blueprint.post("/verify")
@permission("administrate")
def verify() -> Any:
    history_checks.ask(who().tenant_id, datetime.now(UTC))
    flash(_("已开始校验，在后台进行，结果显示在本页"), "success")
    return redirect(url_for("admin.overview"))


def _own(kind: type[Incident] | type[EventSubscription], row_id: Any) -> None:
    """An administrator looks after his own jurisdiction; another's rows are told as not found."""
    row: Any = reading().get(kind, row_id)
    if row is None or row.tenant_id != who().tenant_id:
        raise NotFound(str(row_id))
