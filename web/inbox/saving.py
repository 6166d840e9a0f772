"""Forms that save themselves: what the browser sends while somebody types, and what the next visit shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response, flash, jsonify, redirect, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

import forms
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import saved_forms
from orchestrator.store.saved_forms import (
    SavedForm,
    find_purposes,
    find_saved,
)
from web.auth import who
from web.shown import moment

OPINION = "reason"
"""The delegate's opinion, which no generated form has."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A form that the person began on an earlier visit."""

    at: datetime
    key: str
    """Its submission key: sent from two devices, it is one submission."""
    data: Mapping[str, Any]
    opinion: str


def begun(purpose: str, form: forms.Form | None) -> Begun | None:
    """What the person saved in the form; None when nothing waits."""
    row = find_saved(reading(), who().person_id, purpose)
    if row is None or form is None:
        return None
    given = _given(row)
    return Begun(
        row.saved_at,
        row.key,
        forms.parse_submission(form, given),
        given.get(OPINION, ""),
    )


@dataclass(frozen=True, slots=True)
class BegunText:
    """A text beside a form that the person began on an earlier visit."""

    at: datetime
    key: str
    values: Mapping[str, str]
    """Name of a control → what stood in it."""


def begun_text(purpose: str) -> BegunText | None:
    """What the person typed for that and has not sent; None where nothing waits."""
    session, person_id = reading(), who().person_id
    if not find_purposes(session, person_id, [purpose]):
        return None
    row = find_saved(session, person_id, purpose)
    if row is None:
        return None
    return BegunText(row.saved_at, row.key, _given(row).to_dict())


def _given(row: SavedForm) -> MultiDict[str, str]:
    return MultiDict([(str(name), str(value)) for name, value in row.content])


def save(purpose: str, back: str) -> Any:
    """Saves the posted values, or drops what was saved when the person asks for it (`_drop`).

    Answers with the instant as JSON; after a drop with the page at `back`. Files are not saved before they
    are submitted.
    """
    person = who().person_id
    now = datetime.now(UTC)
    if request.form.get("_drop"):
        saved_forms.drop(person, purpose)
        flash(_("已清除自动保存的内容"), "success")
        return redirect(back)
    content = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not name.startswith("_") and name != "csrf_token"
    ]
    saved_forms.save(
        person,
        purpose,
        request.form.get("_key", ""),
        content,
        now,
    )
    return _saved(now)


def _saved(at: datetime) -> Response:
    return jsonify(
        saved_at=at.isoformat(),
        said=_("已自动保存 %(at)s", at=moment(at)),
    )


def done(purpose: str) -> None:
    """Drops the saved form after its submission. What another device saves meanwhile carries the used key
    and is not shown."""
    if request.form.get("_saved"):
        saved_forms.drop(who().person_id, purpose)
