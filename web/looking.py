"""Pages with personal data: who opened one is noted after the answer has been sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Flask, Response, current_app, request
from flask_login import current_user
from werkzeug.wsgi import ClosingIterator

from orchestrator.services.records import looking
from orchestrator.store import trouble
from web.auth import who

log = logging.getLogger("gridflow.requests")
LOOKED_AT: Mapping[str, tuple[str, str]] = {
    "inbox.instance": ("matter", "instance_id"),
    "inbox.task": ("matter", "task_id"),
    "previews.task": ("matter", "task_id"),
    "registers.dossier": ("dossier", "instance_id"),
    "registers.print_dossier": ("dossier", "instance_id"),
    "archiving.download": ("archive", "instance_id"),
    "inbox.attachment": ("file", "attachment_id"),
    "registers.grid": ("register", "code"),
    "returning.look": ("matter", "task_id"),
    "reports.look": ("report", "report_id"),
    "reports.photo": ("report", "report_id"),
    "api.task": ("matter", "task_id"),
    "people_admin.person": ("account", "person_id"),
    "members.person": ("member", "person_id"),
    "members.card": ("member", "person_id"),
    "grid_entries.entry": ("entry", "entry_id"),
    "grid_work.visit": ("entry", "entry_id"),
    "grid_groups.group": ("group", "group_id"),
    "pay.sheet": ("pay", "sheet_id"),
}
"""Endpoint → what is looked at, and the argument that names it."""
MANY: Mapping[str, str] = {
    "inbox.to_do": "list:to-do",
    "inbox.colleagues": "list:colleagues",
    "inbox.done": "list:done",
    "inbox.started": "list:started",
    "inbox.copies": "list:copies",
    "together.look": "list:together",
    "reports.index": "list:reports",
    "registers.cases": "list:cases",
    "case_map.index": "list:case-map",
    "disposals.listed": "list:disposal",
    "data_grants.index": "list:data-grants",
    "figures.cases": "list:figure-cases",
    "members.index": "list:members",
    "training.people": "list:training",
    "grid_entries.index": "list:grid-entries",
    "grid_work.due": "list:visits-due",
    "registers.grids": "list:grids",
    "people_admin.overview": "list:people",
    "api.tasks": "list:api-task",
    "registers.grids_geojson": "export:grids.geojson",
    "registers.items_workbook": "export:items.xlsx",
    "staff_lists.export": "export:people.xlsx",
    "grid_groups.index": "list:grid-groups",
    "grid_groups.table": "export:grid-groups.csv",
    "pay.table": "export:pay.csv",
    "pay.workbook": "export:pay.xlsx",
}
"""Endpoint of a list or an export → how a look at it is noted."""


def register(app: Flask) -> None:
    """Notes the looks at the application's pages."""
    app.after_request(_note)


def _note(answer: Response) -> Response:
    subject = _subject()
    if (
        subject is None
        or answer.status_code != 200
        or not current_user.is_authenticated
    ):
        return answer
    # Known now: when the answer is closed, there is no request any more.
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    person = who().person_id
    address = request.remote_addr or ""

    def keep() -> None:
        with app.app_context():
            try:
                looking.note(subject, person, address, datetime.now(UTC))
            except trouble.KINDS:
                # Whoever looks is not kept from his work by it; the log says that a line is missing.
                log.warning(
                    "a look was not noted: person %s at %s", person, subject
                )

    if answer.direct_passthrough:
        # A file's answer is handed to the server as it is and never closed itself.
        answer.response = ClosingIterator(answer.iter_encoded(), keep)
    else:
        answer.call_on_close(keep)
    return answer


def _subject() -> str | None:
    """What the request looks at; None for a page without personal data."""
    endpoint = request.endpoint or ""
    if endpoint in MANY:
        return MANY[endpoint]
    if endpoint not in LOOKED_AT:
        return None
    kind, argument = LOOKED_AT[endpoint]
    named = str((request.view_args or {}).get(argument, ""))
    # A task's id begins with its instance's.
    return f"{kind}:{named.rpartition('.')[0] if argument == 'task_id' else named}"
