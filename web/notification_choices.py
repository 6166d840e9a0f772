"""通知方式: by which ways a person is notified outside the product, of what, and when not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.notifications import channels, choices, delivery
from orchestrator.services.notifications.choices import Choice
from orchestrator.store.notification_channels import (
    CHANNELS,
    channels_of,
    failing_channels,
    times_of,
)
from orchestrator.store.notifications import KINDS
from web.auth import permission, who

blueprint = Blueprint(
    "notification_choices",
    __name__,
    url_prefix="/me/notifications",
)


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.globals.update(
        failing_notification_channels=failing,
        channel_names=channels.NAMES,
    )


def failing() -> Any:
    """Channels of the administrator's jurisdiction that do not take what is sent."""
    return failing_channels(reading(), who().tenant_id)


@blueprint.get("")
@permission("signed-in")
def index() -> Any:
    return _page([])


@blueprint.post("")
@permission("signed-in")
def save() -> Any:
    given = {
        channel: Choice(
            request.form.get(f"address.{channel}", "").strip(),
            request.form.getlist(f"kinds.{channel}"),
            bool(request.form.get(f"digest.{channel}")),
            bool(request.form.get(f"remove.{channel}")),
        )
        for channel in CHANNELS
    }
    quiet = (
        request.form.get("quiet_from", "").strip(),
        request.form.get("quiet_until", "").strip(),
    )
    try:
        choices.choose(who().person_id, given, *quiet, datetime.now(UTC))
    except RuleViolated as violated:
        return _page(violated.reasons), 422
    flash(_("通知方式已保存"), "success")
    return redirect(url_for("notification_choices.index"))


@blueprint.post("/<channel>/try")
@permission("signed-in")
def try_out(channel: str) -> Any:
    if channel not in {
        row.channel for row in channels_of(reading(), [who().person_id])
    }:
        raise NotFound(channel)
    delivery.try_out(who().person_id, channel, datetime.now(UTC))
    flash(_("测试消息已排队，几秒后送出；没有收到请看本页的提示"), "success")
    return redirect(url_for("notification_choices.index"))


def _page(reasons: Any) -> str:
    person_id = who().person_id
    posted = request.method == "POST"
    rows = {row.channel: row for row in channels_of(reading(), [person_id])}
    times = times_of(reading(), [person_id]).get(person_id)
    chosen = {
        channel: set(
            request.form.getlist(f"kinds.{channel}")
            if posted
            else _kinds(rows.get(channel)),
        )
        for channel in CHANNELS
    }
    digests = {
        channel
        for channel in CHANNELS
        if (
            request.form.get(f"digest.{channel}")
            if posted
            else channel in rows and rows[channel].digest
        )
    }
    return render_template(
        "profile/notifications.html",
        reasons=reasons,
        rows=rows,
        kinds=KINDS,
        chosen=chosen,
        digests=digests,
        quiet_from=request.form.get(
            "quiet_from",
            times.quiet_from if times else "",
        ),
        quiet_until=request.form.get(
            "quiet_until",
            times.quiet_until if times else "",
        ),
        mail=bool(current_app.extensions["gridflow"].smtp_url),
    )


def _kinds(row: Any) -> Any:
    """What a channel is set to; a new one begins with everything."""
    if row is None:
        return KINDS
    return row.kinds
