"""Pages with personal data: who opened one is noted after the answer has been sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask, Response, current_app, request
from flask_login import current_user

from orchestrator.services.records import looking
from orchestrator.store import trouble
from web.auth import who

log = logging.getLogger("gridflow.requests")
LOOKED_AT: Mapping[str, tuple[str, str]] = {
    "inbox.instance": ("matter", "instance_id"),
    "inbox.task": ("matter", "task_id"),
    "registers.dossier": ("dossier", "instance_id"),
    "registers.print_dossier": ("dossier", "instance_id"),
    "inbox.attachment": ("file", "attachment_id"),
    "registers.grid": ("register", "code"),
}
"""Endpoint → what is looked at, and the argument that names it."""


def register(app: Flask) -> None:
    """Notes the looks at the application's pages."""
    app.after_request(_note)


def _note(answer: Response) -> Response:
    looked = LOOKED_AT.get(request.endpoint or "")
    if looked is None or answer.status_code != 200 or not current_user.is_authenticated:
        return answer
    kind, argument = looked
    named = str((request.view_args or {}).get(argument, ""))
    # A task's id begins with its matter's.
    subject = f"{kind}:{named.rpartition('.')[0] if argument == 'task_id' else named}"
    # Known now: when the answer is closed, there is no request any more.
    app, person, address = current_app._get_current_object(), who().person_id, request.remote_addr or ""  # type: ignore[attr-defined]

    def keep() -> None:
        with app.app_context():
            try:
                looking.note(subject, person, address, datetime.now(UTC))
            except trouble.KINDS:
                # Whoever looks is not kept from his work by it; the log says that a line is missing.
                log.warning("a look was not noted: person %s at %s", person, subject)

    answer.call_on_close(keep)
    return answer
