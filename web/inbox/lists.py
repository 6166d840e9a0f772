"""The lists of the inbox: to do, of colleagues, done, started, copies; each task's page is in tasks.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances.outcomes import outcomes
from orchestrator.services.records import purposes
from orchestrator.store import held_tasks
from orchestrator.store import inbox as queries
from orchestrator.store.definitions import procedures
from orchestrator.store.saved_forms import find_purposes
from orchestrator.store.user_tasks import candidates_of
from web.auth import permission, who
from web.inbox import counters

blueprint = Blueprint("inbox", __name__)


@blueprint.get("/")
@permission("signed-in")
def to_do() -> Any:
    return _list("to_do")


@blueprint.get("/colleagues")
@permission("signed-in")
def colleagues() -> Any:
    return _list("colleagues")


@blueprint.get("/done")
@permission("signed-in")
def done() -> Any:
    return _list("done")


@blueprint.get("/started")
@permission("signed-in")
def started() -> Any:
    return _list("started")


@blueprint.get("/copies")
@permission("signed-in")
def copies() -> Any:
    return _list("copies")


def _list(tab: str) -> Any:
    viewer, session, now = who(), reading(), datetime.now(UTC)
    wanted = request.args.get("due", "") if tab == "to_do" else ""
    filters = queries.Filters(
        viewer.tenant_id,
        request.args.get("q", "").strip()[:60],
        request.args.get("process", ""),
        **counters.window(wanted, now),
    )
    after = request.args.get("after", "")
    candidates = [*viewer.body_ids, f"user:{viewer.username}"]
    if tab == "to_do":
        page = queries.page_to_do(session, viewer.person_id, candidates, filters, after)
    elif tab == "colleagues":
        page = queries.page_of_colleagues(session, viewer.person_id, viewer.body_ids, filters, after)
    elif tab == "done":
        page = queries.page_done(session, viewer.person_id, filters, after)
    elif tab == "copies":
        page = queries.page_copies(session, viewer.addresses, filters, after)
    else:
        page = queries.page_started(session, viewer.person_id, filters, after)
    counts = queries.count_by_due(session, viewer.person_id, candidates, viewer.tenant_id, counters.ends(now))
    bodies = {body.id: body.name for body in viewer.bodies}
    reasons = _reasons(page.rows, bodies) if tab == "to_do" else {}
    return render_template(
        "inbox/list.html",
        tab=tab,
        page=page,
        filters=filters,
        count=counts.all,
        counters=counters.of(counts),
        wanted=wanted,
        origins=queries.origins(session, {row.instance_id for row in page.rows}) if tab == "to_do" else {},
        cap=queries.COUNT_CAP,
        reasons=reasons,
        begun=_begun(page.rows) if tab == "to_do" else {},
        holders=held_tasks.holders(session, page.rows) if tab == "colleagues" else {},
        outcomes=outcomes(session, page.rows, now) if tab == "started" else {},
        procedures=procedures(session, viewer.tenant_id),
        unread=queries.count_unread(session, viewer.addresses),
    )


def _reasons(rows: Any, bodies: Mapping[str, str]) -> dict[str, str]:
    """Why each task is in this inbox: the body it is offered to."""
    offered = candidates_of(reading(), [row.id for row in rows])
    return {task_id: bodies[candidate] for task_id, candidate in offered if candidate in bodies}


def _begun(rows: Any) -> dict[str, datetime]:
    """The tasks whose form she has begun, with when it was saved."""
    names = {purposes.of_task(row.id): row.id for row in rows}
    found = find_purposes(reading(), who().person_id, names)
    return {names[purpose]: at for purpose, at in found.items()}
