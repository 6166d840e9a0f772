"""The administrator's page of one open task: who has it and who may have it, and nothing of what it is
about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import NotFound
from orchestrator.services import user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import held_tasks
from web import bounds
from web.auth import permission, who

blueprint = Blueprint(
    "task_administration",
    __name__,
    url_prefix="/admin/tasks",
)


@blueprint.get("/<task_id>")
@permission("administrate")
def look(task_id: str) -> Any:
    session = reading()
    tenant = who().tenant_id
    task = held_tasks.one(session, tenant, task_id)
    if task is None:
        raise NotFound(task_id)
    return render_template(
        "admin/task.html",
        task=task,
        people=held_tasks.people_for(session, task_id, task.holder_id),
        bodies=held_tasks.bodies_for(
            session,
            tenant,
            held_tasks.place_of(session, task_id),
        ),
    )


@blueprint.post("/<task_id>/<action>")
@permission("administrate")
def act(task_id: str, action: str) -> Any:
    person = who().person_id
    now = datetime.now(UTC)
    reason = bounds.reason()
    to = request.form.get("to", type=int)
    body = request.form.get("body", "")
    revision = request.form.get("_revision", type=int)
    if action == "give-back":
        user_tasks.give_back(task_id, person, now, reason, revision)
        flash(_("已放回，办理机构的人员可以领取"), "success")
    elif action == "give-to" and to is not None:
        user_tasks.give_to(
            task_id,
            to,
            person,
            now,
            reason,
            revision,
        )
        flash(_("已转交"), "success")
    elif action == "redirect":
        user_tasks.redirect(
            task_id,
            body,
            person,
            now,
            reason,
            revision,
        )
        flash(_("已改派"), "success")
    else:
        raise NotFound(action)
    return redirect(url_for("admin.overview"))
