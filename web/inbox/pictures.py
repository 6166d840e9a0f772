"""An instance's photographs and recordings as its pages show and play them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, request, send_file

from orchestrator.errors import NotFound
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import step_pictures
from orchestrator.services.records import (
    attachments,
    shown_pictures,
    sights,
)
from web.auth import permission, who

blueprint = Blueprint("pictures", __name__, url_prefix="/attachment")


@blueprint.get("/<attachment_id>/picture")
@permission("signed-in")
def picture(attachment_id: str) -> Any:
    """The photograph as the page shows it; `?large` opens it as large as a screen."""
    row = sights.attachment(reading(), who(), attachment_id, datetime.now(UTC))
    if not step_pictures.is_picture(row):
        raise NotFound(attachment_id)
    edge = shown_pictures.SMALL
    if "large" in request.args:
        edge = shown_pictures.LARGE
    content = shown_pictures.picture(row.sha256, row.filename, edge)
    answer = send_file(io.BytesIO(content), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@blueprint.get("/<attachment_id>/play")
@permission("signed-in")
def play(attachment_id: str) -> Any:
    """The video or voice recording, for the page's player."""
    row = sights.attachment(reading(), who(), attachment_id, datetime.now(UTC))
    if not row.content_type.startswith(("video/", "audio/")):
        raise NotFound(attachment_id)
    content = io.BytesIO(attachments.read(row.sha256))
    return send_file(content, mimetype=row.content_type, conditional=True)
