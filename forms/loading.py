"""Reading form-js JSON: what we cannot honour is reported by name, never dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from forms import batches, key_checks, unread
from forms.components import COMPONENTS
from forms.definition import Field, Form
from forms.field_reader import FieldReader
from forms.property_reader import part
from orchestrator.sentences import joined, say

_UNSTORABLE = re.compile(r"(\\\\)|[\ud800-\udfff]|\\u0000")
"""Half of a pair, and the sign NUL as JSON writes it; a backslash, which JSON writes twice, stays."""


class FormUnsupported(ValueError):
    """`reasons` name every component or text that cannot be used."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(joined("；", reasons))
        self.reasons = tuple(reasons)


@lru_cache(maxsize=512)
def load(text: str) -> Form:
    """The form of a form-js definition; raises FormUnsupported naming everything that cannot be used."""
    reader = FieldReader()
    form = _read(text, reader)
    if reader.reasons:
        raise FormUnsupported(reader.reasons)
    return form


@lru_cache(maxsize=512)
def load_deployed(text: str, whole: bool) -> Form:
    """A form that was deployed, perhaps by rules that knew less: what is refused today is set aside, for
    tasks wait with it.

    `whole`: patterns are those of the time when they had to match the whole text. Raises FormUnsupported for
    what is no form at all.
    """
    reader = FieldReader(whole)
    form = _read(text, reader)
    return replace(
        form, fields=_known(form.fields), set_aside=tuple(reader.reasons)
    )


def _known(fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields of a kind that we have, with a name where they carry a value. Where there is nothing to
    choose, no choice is required."""
    kept = [
        field
        for field in fields
        if field.type in COMPONENTS and (field.key or not field.carries_value)
    ]
    return tuple(
        replace(
            field,
            components=_known(field.components),
            required=field.required and not key_checks.lacks_options(field),
        )
        for field in kept
    )


def _read(text: str, reader: FieldReader) -> Form:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormUnsupported(
            [say("表单不是有效的 JSON，第 {line} 行有误", line=error.lineno)]
        ) from None
    except (ValueError, RecursionError):
        raise FormUnsupported(
            [say("表单里有一层套一层太深的内容，或者太长的数字，请删减")]
        ) from None
    data = _storable(data, reader)
    if not isinstance(data, dict) or not isinstance(
        data.get("components"), list
    ):
        raise FormUnsupported(
            [say("表单应为 form-js 的 JSON，含 components 列表")]
        )
    fields = reader.fields(data["components"], 0)
    if not reader.reasons:
        reader.reasons += key_checks.faults(fields, frozenset())
    ignored: tuple[str, ...] = ()
    if not reader.reasons:
        ignored = unread.remarks(data)
    own = part(data, "properties")
    rule = str(own.get("rule") or "")
    batch, refused = batches.read(own.get("batch"), _known(fields))
    reader.reasons += refused
    title = say(str(data.get("title", "")))
    sources = frozenset(_sources(fields))
    return Form(
        str(data.get("id", "")),
        fields,
        title,
        sources,
        rule,
        batch,
        ignored=ignored,
    )


def _storable(data: Any, reader: FieldReader) -> Any:
    """The form without signs that no page and no database takes: JSON can write half of a pair."""
    written = json.dumps(data, ensure_ascii=False)
    kept = _UNSTORABLE.sub(lambda sign: sign[1] or "", written)
    if kept == written:
        return data
    reader.reasons.append(
        say(
            "表单里有不能使用的字符（\\u0000 或半个字符），请删去，或直接写出这个字"
        )
    )
    return json.loads(kept)


def _sources(fields: Sequence[Field]) -> Iterator[str]:
    for field in fields:
        if field.options_source:
            yield field.options_source
        if field.suggestions:
            yield field.suggestions
        yield from _sources(field.components)
