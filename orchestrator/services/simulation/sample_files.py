"""Files in a scenario or a trial: named, not uploaded. On a database a sample of that name and type is
uploaded."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any
from zipfile import ZipFile

import forms
from orchestrator.errors import FormInvalid
from orchestrator.sentences import say
from orchestrator.services.records import attachments


def require(form: forms.Form, values: Mapping[str, Any]) -> None:
    """Raises FormInvalid at the field of a file whose name no upload could have."""
    told = say("附件应写文件名，如「申请说明.pdf」")
    errors = {
        key: [told]
        for key, names in _files(form, values)
        if not all(
            PurePath(each).suffix in attachments.TYPES for each in names
        )
    }
    if errors:
        raise FormInvalid(errors)


def upload(
    form: forms.Form,
    values: Mapping[str, Any],
    claim: attachments.Claim,
    now: datetime,
) -> dict[str, Any]:
    """The values with each named file uploaded and replaced by its id. Raises FormInvalid for a name no
    upload could have."""
    require(form, values)
    found = dict(values)
    for key, names in _files(form, values):
        found[key] = [
            attachments.keep(
                _sample(each),
                each,
                key,
                claim.tenant_id,
                claim.by,
                now,
                claim.purpose,
            )
            for each in names
        ]
    return found


def _files(
    form: forms.Form,
    values: Mapping[str, Any],
) -> Iterator[tuple[str, list[str]]]:
    for each in form.inputs():
        if each.type == "filepicker" and isinstance(
            values.get(each.key),
            list,
        ):
            yield each.key, [str(name) for name in values[each.key]]


def _sample(name: str) -> bytes:
    """A small file that is what its extension says."""
    suffix = PurePath(name).suffix
    part = attachments.INSIDE.get(suffix)
    if part is None:
        return attachments.TYPES[suffix][1]
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        archive.writestr(part + "sample" if part.endswith("/") else part, "")
    return target.getvalue()
