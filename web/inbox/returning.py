"""退回 to an earlier step, with the page that shows beforehand what it means; 撤回 of one's own decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
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

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services import access, user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import purposes
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import UserTask
from web import bounds
from web.auth import permission, who
from web.inbox import saving

blueprint = Blueprint("returning", __name__, url_prefix="/returning")


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.globals.update(recallable=recallable)


def recallable(instance: ProcessInstance) -> UserTask | None:
    """The decision that the reader may take back now."""
    return user_tasks.returning.recallable(
        reading(),
        instance,
        who().person_id,
    )


@blueprint.get("/<task_id>")
@permission("signed-in")
def look(task_id: str) -> Any:
    return _page(_own(task_id), [])


@blueprint.post("/<task_id>")
@permission("signed-in")
def send_back(task_id: str) -> Any:
    row = _own(task_id)
    try:
        reason = bounds.reason(_("请写明退回的理由"))
        user_tasks.returning.send_back(
            task_id,
            request.form.get("step", ""),
            reason,
            who().person_id,
            datetime.now(UTC),
            request.form.get("_revision", type=int),
        )
    except RuleViolated as violated:
        return _page(row, violated.reasons), 422
    saving.done(purposes.of_returning(task_id))
    flash(_("已退回，由该步骤的办理机构重新办理"), "success")
    return redirect(url_for("inbox.to_do"))


@blueprint.post("/<instance_id>/recall")
@permission("signed-in")
def recall(instance_id: str) -> Any:
    access.visible_instance(reading(), who(), instance_id)
    task_id = user_tasks.returning.recall(
        instance_id,
        bounds.reason(_("请写明撤回的理由")),
        who().person_id,
        datetime.now(UTC),
    )
    flash(_("已撤回您的决定，请重新办理"), "success")
    return redirect(url_for("inbox.task", task_id=task_id))


def _page(row: UserTask, reasons: Any) -> str:
    begun = None
    given: Mapping[str, str] = request.form
    if request.method == "GET":
        begun = saving.begun_text(purposes.of_returning(row.id))
        given = begun.values if begun else {}
    return render_template(
        "inbox/returning.html",
        task=row,
        steps=user_tasks.returning.earlier_steps(reading(), row),
        reasons=reasons,
        begun=begun,
        chosen=given.get("step", ""),
        reason=given.get("reason", ""),
    )


def _own(task_id: str) -> UserTask:
    """The task, when the reader may do it. Raises NotFound."""
    row = reading().get(UserTask, task_id)
    if row is None:
        raise NotFound(task_id)
    access.visible_instance(reading(), who(), row.instance_id)
    if not access.may_work_on(reading(), who(), row):
        raise NotFound(task_id)
    return row
