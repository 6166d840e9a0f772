"""The files in a step of a scenario: written as their names, one a line, since a scenario holds no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import forms
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.records import examined_files


@dataclass(frozen=True, slots=True)
class NamedFiles:
    key: str
    label: str
    names: str
    """One a line."""


def shown(
    form: forms.Form, values: Mapping[str, Any], typed: Mapping[str, str]
) -> list[NamedFiles]:
    """A text for each of the form's fields for files; `typed`: what a page sent, which counts more."""
    results = []
    for field in _pickers(form):
        names = "\n".join(_names(values.get(field.key)))
        label = field.label or field.key
        text = typed.get(f"names:{field.key}", names)
        results.append(NamedFiles(field.key, label, text))
    return results


def taken(
    form: forms.Form, values: Mapping[str, Any], typed: Mapping[str, str]
) -> dict[str, list[str]]:
    """The names that a page sent, by the key of the field; those of `values` where it sent none. Raises
    RuleViolated for a name that no file could have."""
    results = {}
    wrong = []
    for field in _pickers(form):
        text = typed.get(f"names:{field.key}")
        if text is None:
            results[field.key] = _names(values.get(field.key))
            continue
        names = [line.strip() for line in text.splitlines() if line.strip()]
        results[field.key] = names
        wrong += [
            say(
                "「{field}」的「{name}」不是可以上传的文件名，请写全扩展名，如 申请说明.pdf",
                field=field.label or field.key,
                name=name,
            )
            for name in names
            if PurePath(name).suffix not in examined_files.TYPES
        ]
    if wrong:
        raise RuleViolated(wrong)
    return results


def without(form: forms.Form) -> forms.Form:
    """The form without its fields for files."""
    return replace(form, fields=_without(form.fields))


def _names(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(name) for name in value]
    return [str(value)] if value else []


def _pickers(form: forms.Form) -> list[forms.Field]:
    return [field for field in form.inputs() if field.type == "filepicker"]


def _without(fields: tuple[forms.Field, ...]) -> tuple[forms.Field, ...]:
    results = []
    for field in fields:
        if field.type == "group":
            results.append(
                replace(field, components=_without(field.components))
            )
        elif field.type != "filepicker":
            results.append(field)
    return tuple(results)
