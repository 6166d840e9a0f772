"""Which fields of a form hold personal data, and a form with more of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from forms.definition import Field, Form


def personal_keys(form: Form) -> frozenset[str]:
    """Keys of the fields that are marked as personal, columns of lists included."""
    return frozenset(
        field.key for field in _valued(form.fields) if field.personal
    )


def value_keys(form: Form) -> frozenset[str]:
    """Keys of all fields that carry a value, columns of lists included."""
    return frozenset(field.key for field in _valued(form.fields))


def with_personal(form: Form, keys: Collection[str]) -> Form:
    """The form whose fields of these keys are personal as well; itself where that changes nothing."""
    unmarked = any(
        field.key in keys and not field.personal
        for field in _valued(form.fields)
    )
    if not unmarked:
        return form
    return replace(form, fields=_marked(form.fields, keys))


def _valued(fields: Sequence[Field]) -> Iterator[Field]:
    for field in fields:
        if field.key and field.carries_value:
            yield field
        yield from _valued(field.components)


def _marked(
    fields: Sequence[Field], keys: Collection[str]
) -> tuple[Field, ...]:
    return tuple(
        replace(
            field,
            personal=field.personal or field.key in keys,
            components=_marked(field.components, keys),
        )
        for field in fields
    )
