"""通知: the list of what a person is told of, its count for the badge, and marking as read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.notifications import reading as marking
from orchestrator.services.people import look_reviews as reviewing
from orchestrator.store import look_reviews
from orchestrator.store import notifications as queries
from orchestrator.store.notifications import Notification
from web import bounds
from web.auth import permission, who
from web.notification_texts import headline

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")


@blueprint.get("")
@permission("signed-in")
def index() -> Any:
    unread = request.args.get("show") != "all"
    rows, following = queries.page_notifications(
        reading(),
        who().person_id,
        unread,
        request.args.get("before", "")[:24],
    )
    return render_template(
        "inbox/notifications.html",
        rows=rows,
        following=following,
        unread=unread,
        doubted=look_reviews.doubted_of(
            reading(),
            who().person_id,
            datetime.now(UTC) - look_reviews.TOLD_FOR,
        ),
    )


@blueprint.get("/unread")
@permission("signed-in")
def unread() -> Any:
    """How many are unread, and the latest of them: what an open page asks for now and then."""
    person_id = who().person_id
    newest = queries.newest_unread(reading(), person_id)
    answer: dict[str, Any] = {
        "count": queries.count_unread_notifications(reading(), person_id),
    }
    if newest is not None:
        answer["newest"] = newest.id
        answer["said"] = headline(newest)
    return jsonify(answer)


@blueprint.post("/<notification_id>/open")
@permission("signed-in")
def open_one(notification_id: str) -> Any:
    """Marks it as read and leads to what it is about."""
    return redirect(
        _address(
            marking.read(notification_id, who().person_id, datetime.now(UTC)),
        ),
    )


@blueprint.post("/read")
@permission("signed-in")
def read_all() -> Any:
    marking.read_all(who().person_id, datetime.now(UTC))
    flash(_("已全部标记为已读"), "success")
    return redirect(url_for("notifications.index"))


@blueprint.post("/doubted/<look_id>")
@permission("signed-in")
def answer(look_id: str) -> Any:
    """What the person says to his administrator's doubt about an opening of personal data."""
    reviewing.answer(
        who().person_id,
        look_id,
        bounds.reason(_("请写明当时为什么查看"), name="answer"),
        datetime.now(UTC),
    )
    flash(_("已说明情况，管理员在查看记录里看得到"), "success")
    return redirect(url_for("notifications.index"))


def _address(row: Notification) -> str:
    if row.task_id is not None:
        return url_for("inbox.task", task_id=row.task_id)
    if row.instance_id is None:
        return url_for("absences.index")
    return url_for("inbox.instance", instance_id=row.instance_id)
