"""Which fields of a form hold personal data or are graded, and a form with more of them."""

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


def labels_of(form: Form, keys: Collection[str]) -> dict[str, str]:
    """Key → label of those of the fields that the form asks for."""
    return {
        field.key: field.label or field.key
        for field in _valued(form.fields)
        if field.key in keys
    }


def with_graded(form: Form, keys: Collection[str]) -> Form:
    """The form whose fields of these keys are graded and so personal, the columns of a list with it; itself
    where no field has such a key."""
    if not any(field.key in keys for field in _valued(form.fields)):
        return form
    return replace(form, fields=_graded(form.fields, keys, False))


def _graded(
    fields: Sequence[Field], keys: Collection[str], inside: bool
) -> tuple[Field, ...]:
    marked = []
    for field in fields:
        named = field.carries_value and field.key in keys
        graded = inside or named
        marked.append(
            replace(
                field,
                graded=field.graded or graded,
                personal=field.personal or graded,
                components=_graded(field.components, keys, graded),
            )
        )
    return tuple(marked)


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
