"""常用语: a person adds and removes phrases of his own on the page of a task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.services.installation.read_session import give_up as reread
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import phrases
from orchestrator.store.decision_aids import decision_aids
from web.auth import permission, who

blueprint = Blueprint("phrases", __name__, url_prefix="/phrases")


@blueprint.post("")
@permission("signed-in")
def change() -> Any:
    """Adds a phrase or removes one; the list of them, for the page's script, else the page it came from."""
    by = who().person_id
    if dropped := request.form.get("drop"):
        phrases.remove(dropped[:24], by)
    else:
        phrases.add(request.form.get("text", ""), by, datetime.now(UTC))
    if request.headers.get("X-Part"):
        reread()
        return render_template(
            "inbox/_phrases.html",
            phrases=decision_aids(reading(), by).phrases,
        )
    flash(_("常用语已更新"), "success")
    task_id = request.form.get("_task", "")[:60]
    return redirect(
        url_for("inbox.task", task_id=task_id)
        if task_id
        else url_for("inbox.to_do"),
    )
