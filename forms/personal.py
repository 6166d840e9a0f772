"""Which fields of a form hold personal data, and a form with more of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from forms.definition import Field, Form


def personal_keys(form: Form) -> frozenset[str]:
    """Keys of the fields that are marked as personal, columns of lists included."""
    return frozenset(
        each.key for each in _valued(form.fields) if each.personal
    )


def value_keys(form: Form) -> frozenset[str]:
    """Keys of all fields that carry a value, columns of lists included."""
    return frozenset(each.key for each in _valued(form.fields))


def with_personal(form: Form, keys: Collection[str]) -> Form:
    """The form whose fields of these keys are personal as well; itself where that changes nothing."""
    unmarked = any(
        each.key in keys and not each.personal for each in _valued(form.fields)
    )
    if not unmarked:
        return form
    return replace(form, fields=_marked(form.fields, keys))


def _valued(fields: Sequence[Field]) -> Iterator[Field]:
    for each in fields:
        if each.key and each.carries_value:
            yield each
        yield from _valued(each.components)


def _marked(
    fields: Sequence[Field], keys: Collection[str]
) -> tuple[Field, ...]:
    return tuple(
        replace(
            each,
            personal=each.personal or each.key in keys,
            components=_marked(each.components, keys),
        )
        for each in fields
    )
