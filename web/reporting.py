"""A resident's report by the code of a grid's board, without an account, and the page that follows it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    abort,
    redirect,
    render_template,
    request,
    url_for,
)

from orchestrator.domain import resident_reports as rules
from orchestrator.errors import (
    AttachmentRefused,
    FormInvalid,
    NotFound,
    RuleViolated,
)
from orchestrator.sentences import spoken
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import resident_reports
from orchestrator.services.instances.report_limits import Photo
from orchestrator.store.registers import Grid
from orchestrator.store.resident_reports import active_grids_with_code
from web.auth import permission

blueprint = Blueprint("report", __name__, url_prefix="/report")


def _grid(code: str) -> Grid:
    """The grid of the code; where several cities issued it, the one of the address."""
    grids = active_grids_with_code(reading(), code[:32])
    wanted = request.args.get("issuer", "")
    named = [grid for grid in grids if grid.tenant_id == wanted]
    if named:
        return named[0]
    if len(grids) != 1:
        abort(404)
    return grids[0]


@blueprint.route("/<code>", methods=["GET", "POST"])
@permission("public")
def report(code: str) -> Any:
    grid = _grid(code)
    errors: dict[str, str] = {}
    sentence = ""
    status = 200
    if request.method == "POST":
        try:
            number = resident_reports.receive(
                grid,
                _sent(),
                _photos(),
                request.remote_addr or "",
                datetime.now(UTC),
            )
        except FormInvalid as invalid:
            errors = {
                key: str(spoken(sentences[0]))
                for key, sentences in invalid.errors.items()
            }
            status = 422
        except AttachmentRefused as refused:
            errors = {"photos": str(spoken(refused.reason))}
            status = 422
        except RuleViolated as violated:
            sentence = str(spoken(violated.reasons[0]))
            status = violated.status
        else:
            return redirect(url_for("report.follow", number=number))
    return (
        render_template(
            "public/report.html",
            grid=grid,
            rules=rules,
            typed=request.form,
            key=request.form.get("_key") or secrets.token_urlsafe(16),
            errors=errors,
            told=sentence,
        ),
        status,
    )


def _sent() -> resident_reports.Sent:
    typed = {
        name: request.form.get(name, "").strip()
        for name in ("content", "place", "phone", "point", "_key")
    }
    return resident_reports.Sent(
        typed["content"],
        typed["place"],
        typed["phone"],
        typed["point"],
        typed["_key"],
    )


def _photos() -> list[Photo]:
    chosen = [
        upload for upload in request.files.getlist("photos") if upload.filename
    ]
    # One more than may be sent is enough to say so.
    return [
        (upload.filename or "", upload.read())
        for upload in chosen[: rules.MOST_PHOTOS + 1]
    ]


@blueprint.get("/progress")
@permission("public")
def ask() -> Any:
    """From a number that is typed to its page."""
    number = request.args.get("number", "").strip()[:20]
    return redirect(url_for("report.follow", number=number or "-"))


@blueprint.get("/progress/<number>")
@permission("public")
def follow(number: str) -> Any:
    try:
        followed = resident_reports.follow(reading(), number)
    except NotFound:
        page = render_template("public/progress.html", found=None, rules=rules)
        return page, 404
    return render_template("public/progress.html", found=followed, rules=rules)
