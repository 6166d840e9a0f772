"""Files in a scenario or a trial: named, not uploaded. On a database a sample of that name and type is
uploaded."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any
from zipfile import ZipFile

import forms
from orchestrator.errors import FormInvalid
from orchestrator.sentences import say
from orchestrator.services.records import attachments, examined_files, heic

_FILM = (
    b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x24moov\0\0\0\x1cmvhd"
    + struct.pack(
        ">5I",
        0,
        0,
        0,
        1,
        1,
    )
)
"""A film of one second without pictures."""
_SMALLEST = {
    ".mp4": _FILM,
    ".mov": _FILM,
    ".m4a": _FILM,
    ".mp3": b"\xff\xfb\x90\0",
    ".wav": b"RIFF\0\0\0\0WAVEfmt "
    + struct.pack(
        "<IHHIIHH",
        16,
        1,
        1,
        8000,
        8000,
        1,
        8,
    ),
    ".webp": b"RIFF\x04\0\0\0WEBP",
}


def require(form: forms.Form, values: Mapping[str, Any]) -> None:
    """Raises FormInvalid at the field of a file whose name no upload could have."""
    sentence = say("附件应写文件名，如“申请说明.pdf”")
    errors = {
        key: [sentence]
        for key, names in _files(form, values)
        if not all(map(examined_files.may_be_named, names))
    }
    if errors:
        raise FormInvalid(errors)


def attach(
    form: forms.Form,
    values: Mapping[str, Any],
    claim: attachments.Claim,
    now: datetime,
) -> dict[str, Any]:
    """The values with each named file uploaded and replaced by its id. Raises FormInvalid for a name no
    upload could have."""
    require(form, values)
    result = dict(values)
    for key, names in _files(form, values):
        result[key] = [
            attachments.keep(
                sample(name), heic.jpeg_name(name), key, claim, now
            )
            for name in names
        ]
    return result


def _files(
    form: forms.Form,
    values: Mapping[str, Any],
) -> Iterator[tuple[str, list[str]]]:
    for field in form.inputs():
        if field.type == "filepicker" and isinstance(
            values.get(field.key),
            list,
        ):
            yield field.key, [str(name) for name in values[field.key]]


def sample(name: str) -> bytes:
    """A small file that is what its extension says; for a HEIC, the JPEG that it becomes."""
    suffix = PurePath(heic.jpeg_name(name)).suffix.lower()
    part = examined_files.INSIDE.get(suffix)
    if suffix in _SMALLEST:
        return _SMALLEST[suffix]
    if part is None:
        return examined_files.TYPES[suffix][1]
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        archive.writestr(part + "sample" if part.endswith("/") else part, "")
    return target.getvalue()
