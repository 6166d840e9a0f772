"""Form to marshmallow Schema: the server's word is final. Messages are Chinese sentences that say what to
do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import marshmallow as ma
from marshmallow import validate as rules

from forms.definition import Field, Form, Option, inputs, scope, shown_inputs
from forms.patterns import occurs
from forms.quantities import date_field, field_settings, number_field
from forms.texts import cleaned
from orchestrator.sentences import say

Options = Mapping[str, Sequence[Option]]

LONGEST = {"textfield": 200, "textarea": 4000}
"""Characters, where the form names no limit of its own."""
MOST_ROWS = 100
KINDS = {
    "email": (r"^[^@\s]+@[^@\s]+\.[^@\s]+$", say("应为电子邮箱地址")),
    "phone": (
        r"^\+?[0-9][0-9 -]{5,18}[0-9]$",
        say("应为电话号码，只填数字和短横线"),
    ),
}


class Invalid(ValueError):
    """`errors`: dotted field key (with row numbers inside lists) → sentences. `data`: what was typed, to be
    shown again."""

    def __init__(
        self,
        errors: Mapping[str, list[str]],
        data: Mapping[str, Any],
    ) -> None:
        super().__init__(say("表单未通过校验"))
        self.errors = dict(errors)
        self.data = dict(data)


def validate(
    form: Form,
    data: Mapping[str, Any],
    options: Options,
) -> dict[str, Any]:
    """The form's values as JSON values. What the form does not know, and what it hides, is left out; so are
    empty fields.

    Raises Invalid with every field's reasons.
    """
    try:
        return _load(form.fields, data, options, {})
    except ma.ValidationError as error:
        assert isinstance(error.messages, dict)
        raise Invalid(_flatten(error.messages), data) from None


def build_schema(
    fields: Sequence[Field],
    options: Options,
    around: Mapping[str, Any] | None = None,
) -> ma.Schema:
    """The schema of these fields; values outside an option list are refused. `around`: the data of the form
    around a row.

    Where nothing but the fields decides what they take, it is made once and kept.
    """
    if any(_depends_on_data(field) for field in fields):
        return _schema(fields, options, around or {})
    key = tuple(map(id, fields))
    known = _kept.get(key)
    if known is None:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        known = _kept[key] = (tuple(fields), _schema(fields, {}, {}))
    return known[1]


MOST_KEPT = 500
"""Schemas that a process keeps: one for each form and each choice of its fields that conditions show."""
_kept: dict[tuple[int, ...], tuple[tuple[Field, ...], ma.Schema]] = {}
"""Identities of fields → the fields, which so stay theirs, and the schema. Sentences are said in the reader's
language when they are shown, so that one schema serves all languages."""


def _depends_on_data(field: Field) -> bool:
    return bool(field.options_source) or field.type == "dynamiclist"


def _schema(
    fields: Sequence[Field], options: Options, around: Mapping[str, Any]
) -> ma.Schema:
    return ma.Schema.from_dict(
        {
            field.key: _VALUES[field.type](field, options, around)
            for field in fields
        },
    )(unknown=ma.EXCLUDE)


def choices(item: Field, options: Options) -> Sequence[Option]:
    """The options of a field, its own or its source's."""
    if item.options_source:
        return options.get(item.options_source, ())
    return item.options


def _load(
    fields: Sequence[Field],
    data: Mapping[str, Any],
    options: Options,
    around: Mapping[str, Any],
) -> dict[str, Any]:
    read = scope(fields, data, around)
    cleaned = {
        field.key: _clean(data[field.key])
        for field in inputs(fields)
        if field.key in data
    }
    given = {
        key: value
        for key, value in cleaned.items()
        if value not in (None, "", [])
    }
    shown = list(shown_inputs(fields, read))
    loaded = build_schema(shown, options, read).load(given)
    return {
        field.key: _json(loaded[field.key])
        for field in shown
        if field.key in loaded
    }


class _Rows(ma.fields.Field[list[dict[str, Any]]]):
    """A dynamiclist: every row is checked by itself, because each hides its own fields. Rows left as they
    came are dropped."""

    def __init__(
        self,
        item: Field,
        options: Options,
        around: Mapping[str, Any],
        **given: Any,
    ) -> None:
        super().__init__(**given)
        self.item = item
        self.options = options
        self.around = around

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Any,
        **kwargs: Any,
    ) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not all(
            isinstance(row, dict) for row in value
        ):
            raise self.make_error("invalid")
        if len(value) > MOST_ROWS:
            raise ma.ValidationError(
                say(
                    "{label}最多 {most_rows} 项",
                    label=self.item.label,
                    most_rows=MOST_ROWS,
                ),
            )
        results = []
        errors = {}
        for number, row in enumerate(value):
            if is_blank(self.item, row):
                continue
            try:
                results.append(
                    _load(
                        self.item.components, row, self.options, self.around
                    ),
                )
            except ma.ValidationError as error:
                errors[number] = error.messages
        if errors:
            raise ma.ValidationError(errors)
        if self.item.required and not results:
            raise ma.ValidationError(
                say("请至少填写一项{label}", label=self.item.label),
            )
        return results


def is_blank(item: Field, row: Mapping[str, Any]) -> bool:
    """Whether nothing was entered in a row of a dynamiclist beyond what it begins with."""
    begins = {field.key: field.default for field in inputs(item.components)}
    return all(
        _clean(row.get(key)) in (None, "", [], False, default)
        for key, default in begins.items()
    )


def _text(
    item: Field,
    options: Options,
    around: Mapping[str, Any],
) -> ma.fields.Field[Any]:
    if item.pattern:
        patterns = [
            (
                item.pattern,
                item.pattern_message
                or say("{label}的格式不对，请检查", label=item.label),
            ),
        ]
    else:
        patterns = []
    if item.kind in KINDS:
        patterns.append(
            (
                KINDS[item.kind][0],
                say(
                    "{label}{invalid}",
                    label=item.label,
                    invalid=KINDS[item.kind][1],
                ),
            ),
        )

    def check(value: str) -> None:
        limit = longest(item)
        if len(value) > limit:
            # Nothing else is looked at: what is too long costs nothing more.
            raise ma.ValidationError(
                say("{label}最多 {limit} 个字", label=item.label, limit=limit),
            )
        if item.min_length and len(value) < item.min_length:
            raise ma.ValidationError(
                say(
                    "{label}至少 {min_length} 个字",
                    label=item.label,
                    min_length=item.min_length,
                ),
            )
        sentences = [
            sentence
            for pattern, sentence in patterns
            if not occurs(pattern, value)
        ]
        if sentences:
            raise ma.ValidationError(sentences)

    return ma.fields.String(validate=check, **field_settings(item))


def longest(item: Field) -> int:
    """Characters that a text field takes."""
    return item.max_length or LONGEST[item.type]


def _checkbox(
    item: Field,
    options: Options,
    around: Mapping[str, Any],
) -> ma.fields.Field[Any]:
    if item.required:
        checks = [
            rules.Equal(True, error=say("请勾选{label}", label=item.label)),
        ]
    else:
        checks = []
    return ma.fields.Boolean(validate=checks, **field_settings(item))


def _choice(
    item: Field,
    options: Options,
    around: Mapping[str, Any],
) -> ma.fields.Field[Any]:
    sentence = say("{label}的选项已变化或不存在，请重新选择", label=item.label)
    listed = rules.OneOf(
        [choice.value for choice in choices(item, options)],
        error=sentence,
    )
    if not item.multiple:
        return ma.fields.String(validate=listed, **field_settings(item))
    value = ma.fields.String(
        validate=listed,
        error_messages={"invalid": sentence, "null": sentence},
    )
    return ma.fields.List(
        value,
        validate=_different(item),
        **field_settings(item, say("的选项已变化或不存在，请重新选择")),
    )


def _files(
    item: Field,
    options: Options,
    around: Mapping[str, Any],
) -> ma.fields.Field[Any]:
    if item.multiple:
        most = 20
    else:
        most = 1
    checks = rules.Length(
        max=most,
        error=say("{label}最多 {most} 个文件", label=item.label, most=most),
    )
    sentence = say("{label}有误，请重新上传", label=item.label)
    value = ma.fields.String(
        error_messages={"invalid": sentence, "null": sentence}
    )
    return ma.fields.List(
        value,
        validate=checks,
        **field_settings(item, say("有误，请重新上传")),
    )


def _dynamiclist(
    item: Field,
    options: Options,
    around: Mapping[str, Any],
) -> ma.fields.Field[Any]:
    return _Rows(item, options, around, **field_settings(item))


def _different(item: Field) -> Callable[[list[str]], None]:
    def check(values: list[str]) -> None:
        if len(set(values)) < len(values):
            raise ma.ValidationError(
                say("{label}有重复，请重新选择", label=item.label),
            )

    return check


_VALUES: Mapping[
    str,
    Callable[[Field, Options, Mapping[str, Any]], ma.fields.Field[Any]],
] = {
    "textfield": _text,
    "textarea": _text,
    "number": number_field,
    "datetime": date_field,
    "checkbox": _checkbox,
    "radio": _choice,
    "select": _choice,
    "checklist": _choice,
    "taglist": _choice,
    "filepicker": _files,
    "dynamiclist": _dynamiclist,
}
"""Component type → how its value is checked; the keys are the components that carry a value."""


def _clean(value: Any) -> Any:
    """Text as it is counted and kept: without spaces around, one line break a line, nothing unprintable."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    return value


def _json(value: Any) -> Any:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        return float(value)
    return value


def _flatten(
    messages: Mapping[Any, Any],
    prefix: str = "",
) -> dict[str, list[str]]:
    """Dotted keys; what is wrong with one choice of a list is told once, at the list."""
    result: dict[str, list[str]] = {}
    for key, value in messages.items():
        if isinstance(value, dict):
            result |= _flatten(value, f"{prefix}{key}.")
        elif isinstance(key, int):
            result[prefix.removesuffix(".")] = list(value)
        else:
            result[f"{prefix}{key}"] = list(value)
    return result
