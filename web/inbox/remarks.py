"""What a person adds to an instance from its page: a comment, a copy to others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask, flash, redirect, request, url_for
from flask_babel import gettext as _

from orchestrator.services import access
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import remarks
from orchestrator.services.records import purposes
from orchestrator.store.instances import ProcessInstance
from web import bounds, pressed
from web.auth import permission, who
from web.inbox import saving

blueprint = Blueprint("remarks", __name__, url_prefix="/instance")


def register(app: Flask) -> None:
    """Makes this available in templates."""
    app.jinja_env.globals.update(may_copy=may_copy)


def may_copy(instance: ProcessInstance) -> bool:
    """Whether the reader may send copies of the instance."""
    return remarks.may_send_copies(reading(), who(), instance)


@blueprint.post("/<instance_id>/comment")
@permission("signed-in")
def comment(instance_id: str) -> Any:
    access.visible_instance(reading(), who(), instance_id)
    text = request.form.get("comment", "")
    named = remarks.comment(
        instance_id,
        text,
        who().person_id,
        datetime.now(UTC),
        pressed.key("comment", instance_id, text),
    )
    saving.done(purposes.of_comment(instance_id))
    if named:
        flash(
            _("评论已记入办理经过，已通知%(names)s", names="、".join(named)),
            "success",
        )
    else:
        flash(_("评论已记入办理经过"), "success")
    return redirect(url_for("inbox.instance", instance_id=instance_id))


@blueprint.post("/<instance_id>/copy")
@permission("signed-in")
def copy(instance_id: str) -> Any:
    access.visible_instance(reading(), who(), instance_id)
    reason = bounds.reason()
    receivers = request.form.get("receivers", "")
    names = remarks.send_copies(
        instance_id,
        receivers,
        reason,
        who().person_id,
        datetime.now(UTC),
        pressed.key("copy", instance_id, receivers, reason),
    )
    flash(_("已抄送给%(names)s", names="、".join(names)), "success")
    return redirect(url_for("inbox.instance", instance_id=instance_id))
