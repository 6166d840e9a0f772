"""What a posted form carries: values as typed, files kept and named by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import request

import forms
from orchestrator.errors import AttachmentRefused
from orchestrator.services import attachments
from orchestrator.services.reading import session as reading
from orchestrator.store.user_tasks import Attachment
from web.auth import who


def typed(form: forms.Form | None, tenant_id: str, purpose: str | None) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed, with uploaded files kept and named by their ids; refused files as errors at their field.

    `purpose`: what the files are for, as services/purposes.py names it; None for a person who may not submit the form: no file is kept.
    """
    if form is None:
        return {}, {}
    data, errors = forms.parse_submission(form, request.form), {}
    for item in form.inputs():
        if item.type != "filepicker":
            continue
        kept = list(data.get(item.key) or [])
        for upload in request.files.getlist(f"file:{item.key}"):
            if not upload.filename or purpose is None:
                continue
            whose = (item.key, tenant_id, who().person_id, datetime.now(UTC))
            try:
                kept.append(attachments.keep(upload.read(), upload.filename, *whose, purpose=purpose))
            except AttachmentRefused as refused:
                errors[item.key] = [refused.reason]
        data[item.key] = list(dict.fromkeys(kept))
    return data, errors


def filenames(data: Mapping[str, Any], instance_id: str | None) -> dict[str, str]:
    """Names of the files in a form: those he uploaded himself, and those of the matter it belongs to."""
    ids = [each for value in data.values() if isinstance(value, list) for each in value if isinstance(each, str)]
    if not ids:
        return {}
    his = sa.or_(Attachment.uploaded_by == who().person_id, Attachment.instance_id == instance_id)
    rows = reading().execute(sa.select(Attachment.id, Attachment.filename).where(Attachment.id.in_(ids), his))
    return {row.id: row.filename for row in rows}
