"""What an overseeing body does to an instance beside its tasks: urge, merge a duplicate, declare void; and
reading a copy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import Forbidden, NotFound
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import (
    duplicates,
    oversight,
    unmerging,
)
from orchestrator.store.registers import GridCase
from web import bounds, pressed
from web.auth import permission, who

blueprint = Blueprint("oversight", __name__, url_prefix="/instance")


@blueprint.get("/<instance_id>/merging")
@permission("signed-in")
def merging(instance_id: str) -> Any:
    """The cases that look like this one, into which it may be merged, for an office that handled it."""
    session = reading()
    instance = access.visible_instance(session, who(), instance_id)
    case = session.get(GridCase, instance_id)
    if case is None or case.state != "open":
        raise NotFound(instance_id)
    if not oversight.concerned(session, who(), instance):
        raise Forbidden(say("只有经办这个事件的机构可以并案或作废"))
    return render_template(
        "inbox/merging.html",
        instance=instance,
        alike_cases=duplicates.alike_to_case(session, who(), instance, case),
        mergeable=oversight.cases_to_merge_into(session, who(), case),
    )


@blueprint.post("/<instance_id>/oversee/<action>")
@permission("signed-in")
def act(instance_id: str, action: str) -> Any:
    access.visible_instance(reading(), who(), instance_id)
    if action == "read":
        reason = ""
    else:
        reason = bounds.reason(_("请写明理由"))
    flash(_act(instance_id, action, reason), "success")
    return redirect(url_for("inbox.instance", instance_id=instance_id))


def _act(instance_id: str, action: str, reason: str) -> str:
    by = who().person_id
    now = datetime.now(UTC)
    into = request.form.get("into", "")
    key = pressed.key(action, instance_id, into, reason)
    match action:
        case "urge":
            oversight.urge(instance_id, reason, by, now, key)
            return str(_("已催办，承办单位的待办会有标记"))
        case "merge":
            oversight.merge(
                instance_id,
                into,
                reason,
                by,
                now,
                key,
            )
            return str(_("已并案，两个事件都留有记录"))
        case "unmerge":
            unmerging.undo(instance_id, reason, by, now)
            return str(_("已撤销并案，事件从原来的步骤继续办理"))
        case "void":
            oversight.void(instance_id, reason, by, now, key)
            return str(_("已作废，记录保留"))
        case "read":
            oversight.read_copy(instance_id, by, now)
            return str(_("已标记为已阅"))
    raise NotFound(action)
