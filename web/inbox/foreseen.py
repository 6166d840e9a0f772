"""What comes next for each answer, before a task is submitted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from orchestrator.errors import InstanceChanged, NotFound
from orchestrator.services import access
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.user_tasks import forecast
from orchestrator.store.user_tasks import UserTask
from web.auth import permission, who

blueprint = Blueprint("foreseen", __name__, url_prefix="/forecast")


@blueprint.get("/<task_id>")
@permission("signed-in")
def look(task_id: str) -> Any:
    """A page of its own; with `part` what the task's page takes in."""
    session = reading()
    viewer = who()
    row = session.get(UserTask, task_id)
    if row is None:
        raise NotFound(task_id)
    access.visible_instance(session, viewer, row.instance_id)
    if not access.may_work_on(session, viewer, row):
        raise InstanceChanged(_("这项任务现在不由您办理"))
    forecasts = forecast.forecasts(
        session,
        row,
        viewer.person_id,
        datetime.now(UTC),
    )
    if request.args.get("part"):
        template = "inbox/_forecast.html"
    else:
        template = "inbox/forecast.html"
    return render_template(
        template,
        task=row,
        forecasts=forecasts,
        shown=forecast.SHOWN_PEOPLE,
        as_json=json.dumps,
    )
