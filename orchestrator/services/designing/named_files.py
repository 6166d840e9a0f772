"""The files in a step of a scenario: written as their names, one a line, since a scenario holds no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import forms
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.records import examined_files

MOST = 20
"""Names in a field."""
LONGEST = 200
"""Characters of a name, as an upload keeps them."""


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
    RuleViolated for a name that no file could have, and for too many."""
    results = {}
    wrong = []
    for field in _pickers(form):
        text = typed.get(f"names:{field.key}")
        if text is None:
            results[field.key] = _names(values.get(field.key))
            continue
        names = [line.strip() for line in text.splitlines() if line.strip()]
        results[field.key] = names
        too_much = _too_much(field, names)
        if too_much:
            wrong.append(too_much)
            continue
        wrong += [
            say(
                "“{field}”的“{name}”不是可以上传的文件名，请写全扩展名，如 申请说明.pdf",
                field=field.label or field.key,
                name=name,
            )
            for name in names
            if not examined_files.may_be_named(name)
        ]
    if wrong:
        raise RuleViolated(wrong)
    return results


def _too_much(field: forms.Field, names: list[str]) -> str:
    """What is wrong with the number of names or with a long one; empty where nothing is."""
    if len(names) > MOST:
        return say(
            "“{field}”最多写 {most} 个文件名，请删去多余的",
            field=field.label or field.key,
            most=MOST,
        )
    if any(len(name) > LONGEST for name in names):
        return say(
            "“{field}”的文件名最长 {longest} 个字，请改短",
            field=field.label or field.key,
            longest=LONGEST,
        )
    return ""


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
