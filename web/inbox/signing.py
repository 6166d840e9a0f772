"""加签: asking others to sign a task, taking them off, and a signer's opinion; all on the task's page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import RuleViolated
from orchestrator.services import access, user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import held_view
from orchestrator.services.records import purposes
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import UserTask
from web import bounds, pressed
from web.auth import permission, who
from web.inbox import saving, waiting_content
from web.submissions import keep_files, kept_files

blueprint = Blueprint("signing", __name__, url_prefix="/signing")
FIELD = "signing"
"""Name of the signer's files."""


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.globals.update(
        signers_of_task=waiting_content.signers_of_task,
        my_request=waiting_content.my_request,
        held_of_task=waiting_content.held_of_task,
        submitted_for=submitted_for,
    )


def submitted_for(
    task: UserTask, instance: ProcessInstance
) -> held_view.Submitted | None:
    """What the reader is to agree to, as he may read it; None where nothing waits for him."""
    if waiting_content.my_request(task) is None:
        return None
    return held_view.look(reading(), who(), task, instance, datetime.now(UTC))


@blueprint.post("/<task_id>/add")
@permission("signed-in")
def add(task_id: str) -> Any:
    _visible(task_id)
    signers = request.form.get("signers", "")
    turn = request.form.get("turn", "")
    way = request.form.get("way", "")
    reason = bounds.reason()
    names = user_tasks.signers.add(
        task_id,
        user_tasks.signers.SignatureRequest(signers, turn, way, reason),
        who().person_id,
        datetime.now(UTC),
        pressed.key(
            "add",
            task_id,
            signers,
            turn,
            way,
            reason,
        ),
    )
    flash(_("已请%(names)s加签", names="、".join(names)), "success")
    return redirect(url_for("inbox.task", task_id=task_id))


@blueprint.post("/<task_id>/remove/<signer_id>")
@permission("signed-in")
def remove(task_id: str, signer_id: str) -> Any:
    _visible(task_id)
    user_tasks.signers.remove(signer_id, who().person_id, datetime.now(UTC))
    flash(_("已减签；提交过的内容已填在表单里，请重新提交"), "success")
    return redirect(url_for("inbox.task", task_id=task_id))


@blueprint.post("/<task_id>/sign")
@permission("signed-in")
def sign(task_id: str) -> Any:
    row = _visible(task_id)
    answer = request.form.get("answer", "")
    if answer not in ("agree", "disagree"):
        raise RuleViolated([_("请选择同意或不同意")])
    purpose = purposes.of_signing(task_id)
    if waiting_content.my_request(row) is not None:
        refused = keep_files(FIELD, row.tenant_id, purpose)
    else:
        refused = ""
    if refused:
        raise RuleViolated([refused])
    signed = user_tasks.signing.sign(
        task_id,
        user_tasks.signing.Opinion(
            answer == "agree",
            request.form.get("opinion", ""),
            kept_files(FIELD),
        ),
        who().person_id,
        datetime.now(UTC),
        pressed.key("sign", task_id, answer),
    )
    saving.done(purpose)
    if signed.refused:
        flash(
            _(
                "加签意见已提交。任务没有办结，已退回办理人：%(reason)s",
                reason=signed.refused,
            ),
            "warning",
        )
    elif signed.completed:
        flash(_("加签意见已提交，任务已办结"), "success")
    else:
        flash(_("加签意见已提交"), "success")
    return redirect(url_for("inbox.to_do"))


def _visible(task_id: str) -> UserTask:
    return access.visible_task(reading(), who(), task_id)
