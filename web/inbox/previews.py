"""What the open list asks for by itself: a task beside the list, and whether something new has come."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from orchestrator.errors import NotFound
from orchestrator.services import access, bundles
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import case_view, inbox_rows, timeline
from orchestrator.store import inbox_counts
from orchestrator.store.search import words
from orchestrator.store.user_tasks import UserTask
from web.auth import permission, who
from web.inbox import counters, lists

blueprint = Blueprint("previews", __name__, url_prefix="/inbox")


@blueprint.get("/task/<task_id>")
@permission("signed-in")
def task(task_id: str) -> Any:
    """The facts at the top of the task's page, as a part of a page."""
    viewer = who()
    session = reading()
    now = datetime.now(UTC)
    row = session.get(UserTask, task_id)
    if row is None:
        raise NotFound(task_id)
    view = case_view.look(session, viewer, row.instance_id, now)
    bundle = bundles.bundle_of(session, row.definition_id)
    return render_template(
        "inbox/_preview.html",
        task=row,
        instance_view=view,
        more=inbox_rows.describe(session, viewer, [row], now)[row.id],
        mine=access.may_work_on(session, viewer, row),
        citations=timeline.citations(bundle, row.element_id),
    )


@blueprint.get("/arrived")
@permission("signed-in")
def arrived() -> Any:
    """How many tasks have come since an instant that are not looked at and belong to the list with the
    arguments of the address; 304 while that is as it was."""
    viewer = who()
    since = _instant(request.args.get("since", ""))
    count = 0
    if since and _counts_arrivals():
        filters = lists.filters_of(request.args, datetime.now(UTC))
        count = inbox_counts.count_arrived(
            reading(), inbox_rows.official(viewer), filters, since
        )
    answer = jsonify({"count": count, "most": inbox_counts.MOST_ARRIVED})
    answer.set_etag(
        hashlib.sha256(
            f"{viewer.person_id} {since} {count}".encode(),
        ).hexdigest()[:20],
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


def _counts_arrivals() -> bool:
    """Whether something new may stand in the list: what waits for others is not the viewer's, and a search
    without words finds nothing."""
    text = request.args.get("q", "").strip()
    is_own = request.args.get("due") != counters.OTHERS
    return is_own and (not text or bool(words(text)))


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo:
            return at.astimezone(UTC)
        return None
    except (ValueError, OverflowError):
        return None
