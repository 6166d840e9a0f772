"""The pages of a process instance: what happened, withdrawing, personal data, its diagram and files."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from flask import (
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.services import access, bundles, instances
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import case_view, oversight
from orchestrator.services.instances.history_parts import WantedPart
from orchestrator.services.people import pay
from orchestrator.services.records import attachments, disclosures, sights
from orchestrator.store import disposals
from orchestrator.store import inbox as queries
from orchestrator.store.incidents import NOBODY
from web import bounds
from web.auth import permission, who
from web.inbox import likenesses
from web.inbox.lists import blueprint


def _now() -> datetime:
    return datetime.now(UTC)


# Letters and notices of earlier versions lead to the second address.
@blueprint.get("/instance/<instance_id>", endpoint="instance")
@blueprint.get("/matter/<instance_id>", endpoint="instance", alias=True)
@permission("signed-in")
def instance_page(instance_id: str) -> Any:
    session = reading()
    viewer = who()
    view = case_view.look(
        session,
        viewer,
        instance_id,
        _now(),
        wanted=WantedPart(request.args.get("before", type=int)),
        tally_page=request.args.get("returns", 1, type=int),
    )
    active = view.instance.state == "active"
    case = None
    if active:
        case = view.case
    reads_only = access.without_grant(session, viewer, instance_id) is None
    oversees = not reads_only and bool(
        oversight.overseeing(
            session,
            viewer,
            view.instance.definition_id,
            view.instance.territory_path,
        )
    )
    applies = (
        active
        and not oversees
        and view.instance.started_by == viewer.person_id
    )
    return render_template(
        "inbox/instance.html",
        instance_view=view,
        has_disposal_list=disposals.is_list(session, view.instance),
        pay_sheet=pay.sheet_of(session, viewer, view.instance),
        begun_by_people=instances.begun_by_people(session, view.instance),
        may_cancel=instances.may_cancel(
            session, view.instance, viewer.person_id
        ),
        nobody=NOBODY,
        may_urge=active and (oversees or applies),
        urge_again_on=oversight.urge_again_on(
            session, view.instance, viewer.person_id, _now()
        )
        if applies
        else None,
        startable=[]
        if reads_only
        else instances.startable_about(session, viewer, view.instance, _now()),
        **likenesses.of_case(view, case),
        copied=queries.unread_copy(session, viewer.addresses, instance_id),
    )


@blueprint.post("/instance/<instance_id>/cancel")
@permission("signed-in")
def cancel(instance_id: str) -> Any:
    instances.cancel(
        instance_id,
        bounds.reason(_("请写明撤回理由")),
        who().person_id,
        _now(),
    )
    flash(_("已撤回，记录保留"), "success")
    return redirect(url_for("inbox.instance", instance_id=instance_id))


@blueprint.post("/instance/<instance_id>/disclose")
@permission("signed-in")
def disclose(instance_id: str) -> Any:
    """Opens the instance's personal data for a while, on the record, and goes back to the page he came
    from."""
    reason = bounds.reason(_("请写明查看个人信息的理由"))
    disclosures.disclose(
        instance_id,
        who(),
        reason,
        request.remote_addr or "",
        _now(),
    )
    flash(_("个人信息在 30 分钟内显示，查看的时间和理由已记录"), "success")
    endpoint, _colon, named = request.form.get("back", "").partition(":")
    if endpoint == "dossier":
        return redirect(url_for("registers.dossier", instance_id=instance_id))
    if endpoint == "task" and named.startswith(f"{instance_id}."):
        return redirect(url_for("inbox.task", task_id=named))
    return redirect(url_for("inbox.instance", instance_id=instance_id))


@blueprint.get("/instance/<instance_id>/diagram")
@permission("signed-in")
def diagram(instance_id: str) -> Any:
    instance = access.visible_instance(reading(), who(), instance_id)
    return Response(
        bundles.diagram(reading(), instance.definition_id),
        mimetype="application/xml",
    )


@blueprint.get("/attachment/<attachment_id>")
@permission("signed-in")
def attachment(attachment_id: str) -> Any:
    row = sights.attachment(reading(), who(), attachment_id, datetime.now(UTC))
    content = io.BytesIO(attachments.read(row.sha256))
    return send_file(
        content,
        mimetype=row.content_type,
        as_attachment=True,
        download_name=row.filename,
    )
