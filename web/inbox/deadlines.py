"""Deadlines of a running instance as its grid office moves them: extend, suspend, resume."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import RuleViolated
from orchestrator.services import access
from orchestrator.services.clocks import deadlines
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.suspensions import Suspension
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask
from web import bounds, pressed
from web.auth import permission, who
from web.shown import moment

blueprint = Blueprint("deadlines", __name__, url_prefix="/deadline")


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.globals.update(task_suspended=task_suspended)


def task_suspended(task: UserTask) -> bool:
    """Whether the task's time stands still, so that it cannot be completed."""
    return (
        task.due_at is None and reading().get(Suspension, task.id) is not None
    )


@blueprint.post("/<deadline_id>/<action>")
@permission("signed-in")
def move(deadline_id: str, action: str) -> Any:
    row = reading().get(Deadline, deadline_id)
    instance = access.visible_instance(
        reading(), who(), row.instance_id if row else deadline_id
    )
    back = url_for("inbox.instance", instance_id=instance.id)
    if action == "resume":
        reason = ""
    else:
        reason = bounds.reason(_("请写明理由"))
    flash(_act(deadline_id, action, reason), "success")
    return redirect(back)


def _act(deadline_id: str, action: str, reason: str) -> str:
    by = who().person_id
    now = datetime.now(UTC)
    key = pressed.key(action, deadline_id, *_typed())
    if action == "extend":
        amount = request.form.get("amount", type=int) or 0
        unit = request.form.get("unit", "")
        due = deadlines.extend(
            deadline_id,
            deadlines.Extension(amount, unit, reason),
            by,
            now,
            key,
        )
        return str(_("已批准延期，新的截止时间为 %(due)s", due=moment(due)))
    if action == "suspend":
        review_on = bounds.day_typed(request.form.get("review_on", ""))
        if review_on is None:
            raise RuleViolated([_("请选择复查日期")])
        deadlines.suspend(
            deadline_id,
            reason,
            by,
            now,
            review_on,
            key,
        )
        return str(_("已挂账，时限停止计算，恢复后继续"))
    if action == "resume":
        due = deadlines.resume(deadline_id, by, now, key)
        return str(_("已恢复办理，新的截止时间为 %(due)s", due=moment(due)))
    raise RuleViolated([_("没有这个操作")])


def _typed() -> list[str]:
    """What the form says beside its key."""
    return [
        request.form.get(name, "")
        for name in ("amount", "unit", "review_on", "reason")
    ]
