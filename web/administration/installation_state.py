"""The state of the installation: processes, servers, queues, slow requests, the last backup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as N_

from orchestrator import jobs
from orchestrator.services.installation import health, standby, state
from web.auth import permission, who

blueprint = Blueprint(
    "installation_state", __name__, url_prefix="/admin/state"
)
KINDS = {
    "web": N_("网页服务"),
    "worker": N_("后台任务"),
    "clock": N_("时钟"),
}


@blueprint.get("/")
@permission("administrate")
def overview() -> Any:
    now = datetime.now(UTC)
    copy = standby.of_this_application()
    return render_template(
        "admin/state.html",
        state=state.state(who().tenant_id, health.database_clock(now)),
        health=health.health(jobs.queue_answers, now),
        redis=jobs.redis_version(),
        queue=jobs.queue_lengths(),
        kinds=KINDS,
        standby=copy,
        standby_near=copy is not None and copy.is_near(),
    )
