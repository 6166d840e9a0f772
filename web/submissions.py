"""What a posted form carries: values as typed, files kept and named by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import g, request

import forms
from orchestrator.errors import AttachmentRefused
from orchestrator.services.records import attachments
from web.auth import who


def typed(
    form: forms.Form | None,
    tenant_id: str,
    purpose: str | None,
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed, with uploaded files kept and named by their ids; refused files as errors at their
    field.

    `purpose`: what the files are for, as `records.purposes` names it; None for a person who may not submit
    the form: no file is kept.
    """
    if form is None:
        return {}, {}
    errors = {}
    for item in form.inputs():
        if (
            item.type == "filepicker"
            and purpose is not None
            and (refused := keep_files(item.key, tenant_id, purpose))
        ):
            errors[item.key] = [refused]
    return typed_so_far(form), errors


def typed_so_far(form: forms.Form) -> dict[str, Any]:
    """What was typed, with those files of this request that are kept by now."""
    data = forms.parse_submission(form, request.form)
    for key, ids in g.get("kept_files", {}).items():
        if key in form.field_keys:
            data[key] = list(dict.fromkeys([*(data.get(key) or []), *ids]))
    return data


def keep_files(key: str, tenant_id: str, purpose: str) -> str:
    """Keeps the files of a field, once in a request; why one of them was refused, else nothing."""
    kept: dict[str, list[str]] = g.setdefault("kept_files", {})
    refused: dict[str, str] = g.setdefault("refused_files", {})
    if key not in kept:
        ids: list[str] = []
        for upload in request.files.getlist(f"file:{key}"):
            if not upload.filename:
                continue
            claim = attachments.Claim(tenant_id, who().person_id, purpose)
            try:
                attachment_id = attachments.keep(
                    upload.read(),
                    upload.filename,
                    key,
                    claim,
                    datetime.now(UTC),
                )
                ids.append(attachment_id)
            except AttachmentRefused as wrong:
                refused[key] = wrong.reason
        kept[key] = ids
    return refused.get(key, "")


def kept_files(key: str) -> list[str]:
    """Ids of the files of a field that this request has kept."""
    return list(g.get("kept_files", {}).get(key, ()))


def kept_fields() -> frozenset[str]:
    """The fields whose files this request has kept or refused with a reason."""
    return frozenset(g.get("kept_files", ()))


def filenames(
    data: Mapping[str, Any],
    instance_id: str | None,
) -> dict[str, str]:
    """Names of the files in a form: those he uploaded himself, and those of the instance it belongs to."""
    lists = [value for value in data.values() if isinstance(value, list)]
    ids = [
        entry
        for entries in lists
        for entry in entries
        if isinstance(entry, str)
    ]
    if ids:
        return attachments.names(ids, who().person_id, instance_id)
    return {}
