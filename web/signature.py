"""我的签名: a person's signature, drawn on the page or uploaded."""

from __future__ import annotations

import binascii
import io
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import AttachmentRefused, NotFound
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import signatures
from orchestrator.store.decision_aids import picture_of
from web.auth import permission, who

blueprint = Blueprint("signature", __name__, url_prefix="/me/signature")

DRAWN = "data:image/png;base64,"
"""How a picture begins that was drawn on the page."""


@blueprint.get("")
@permission("signed-in")
def show() -> Any:
    return _page("")


@blueprint.get("/picture")
@permission("signed-in")
def picture() -> Any:
    result = picture_of(reading(), who().person_id)
    if result is None:
        raise NotFound("signature")
    answer = send_file(io.BytesIO(result), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.post("")
@permission("signed-in")
def save() -> Any:
    by = who().person_id
    if request.form.get("remove"):
        signatures.remove(by)
        flash(_("签名已删除，以前的签名仍在当时的记录里"), "success")
        return redirect(url_for("signature.show"))
    content = _content()
    if content is None:
        return _page(_("请先写上签名，或者选择一张签名图片")), 422
    try:
        signatures.put(content, by, datetime.now(UTC))
    except AttachmentRefused as refused:
        return _page(refused.reason), 422
    flash(_("签名已保存，提交意见时可以附上"), "success")
    return redirect(url_for("signature.show"))


def _content() -> bytes | None:
    """What was drawn, else what was uploaded; None for neither."""
    drawn = request.form.get("_drawn", "")
    if drawn.startswith(DRAWN):
        try:
            return b64decode(drawn.removeprefix(DRAWN), validate=True)
        except (binascii.Error, ValueError):
            return None
    upload = request.files.get("picture")
    if upload is not None and upload.filename:
        return upload.read()
    return None


def _page(told: str) -> str:
    has_one = picture_of(reading(), who().person_id) is not None
    return render_template(
        "profile/signature.html",
        has_one=has_one,
        told=told,
    )
