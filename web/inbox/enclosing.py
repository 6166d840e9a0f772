"""What the page of a task shows beside its form: files, the signature, and phrases for the opinion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from markupsafe import Markup

import forms
from orchestrator.services.records import purposes
from orchestrator.services.user_tasks import enclosures
from orchestrator.services.user_tasks.enclosures import Enclosed
from orchestrator.store.decision_aids import DecisionAids
from orchestrator.store.user_tasks import UserTask
from web.auth import who
from web.inbox import waiting_content
from web.submissions import filenames, typed


@dataclass(frozen=True, slots=True)
class Beside:
    files: Markup | str
    """The field of the files; empty where the form has one of its own."""
    aids: DecisionAids
    signs: bool
    """Whether the signature goes with the decision, as the page stands."""
    wrong: str
    """Why it could not be signed."""


def typed_beside(
    row: UserTask,
    form: forms.Form | None,
    his: bool,
) -> tuple[Enclosed, dict[str, list[str]]]:
    """What was given beside the form, and what was refused of it."""
    signed = bool(request.form.get(enclosures.SIGNATURE))
    if not enclosures.take_files(form):
        return Enclosed(signed=signed), {}
    data, errors = typed(
        enclosures.FORM,
        who().tenant_id,
        purposes.of_task(row.id) if his else None,
    )
    return Enclosed(tuple(data.get(enclosures.FILES) or ()), signed), errors


def shown(
    row: UserTask,
    form: forms.Form | None,
    errors: Mapping[str, Any],
    aids: DecisionAids,
) -> Beside:
    """What the page shows beside the form."""
    posted = request.method == "POST"
    files: Markup | str = ""
    if enclosures.take_files(form):
        purpose = purposes.of_task(row.id)
        if posted:
            kept = typed(enclosures.FORM, who().tenant_id, purpose)[0]
        else:
            kept = {enclosures.FILES: _submitted_before(row)}
        files = forms.render(
            enclosures.FORM,
            kept,
            errors,
            {},
            filenames(kept, row.instance_id),
        )
    if posted:
        signs = bool(request.form.get(enclosures.SIGNATURE))
    else:
        signs = aids.has_signature
    outcome = errors.get(enclosures.SIGNATURE, ())
    return Beside(files, aids, signs, outcome[0] if outcome else "")


def _submitted_before(row: UserTask) -> list[str]:
    """The files beside the form of what was submitted before, by the reader or by whom he stands in for: they
    stand in the field, and can be taken off there."""
    held = waiting_content.held_of_task(row)
    if held is None:
        return []
    return enclosures.files_of(held.data.get(enclosures.KEPT, {}))
