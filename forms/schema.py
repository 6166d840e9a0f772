"""Form to marshmallow Schema: the server's word is final. Messages are Chinese sentences that say what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import marshmallow as ma
from marshmallow import validate as rules

from forms.definition import Field, Form, Option, is_shown

Options = Mapping[str, Sequence[Option]]


class Invalid(ValueError):
    """`errors`: dotted field key (with row numbers inside lists) → sentences. `data`: what was typed, to be shown again."""

    def __init__(self, errors: Mapping[str, list[str]], data: Mapping[str, Any]) -> None:
        super().__init__("表单未通过校验")
        self.errors = dict(errors)
        self.data = dict(data)


def validate(form: Form, data: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """The form's values as JSON values; hidden fields are left out. Raises Invalid with every field's reasons."""
    shown = _shown(form.fields, data)
    schema = build_schema(shown, options)
    keys = {each.key for each in shown}
    given = {key: _without_blanks(value) for key, value in data.items() if key in keys and not _empty(value)}
    try:
        loaded = schema.load(given)
    except ma.ValidationError as error:
        raise Invalid(_flatten(error.messages_dict), data) from None
    return {key: _json(value) for key, value in loaded.items()}


def build_schema(fields: Sequence[Field], options: Options) -> ma.Schema:
    """The schema of these fields; values outside an option list are refused."""
    return ma.Schema.from_dict({each.key: _schema_field(each, options) for each in fields})()


def choices(item: Field, options: Options) -> Sequence[Option]:
    """The options of a field, its own or its source's."""
    return options.get(item.options_source, ()) if item.options_source else item.options


def _shown(fields: Sequence[Field], data: Mapping[str, Any]) -> list[Field]:
    found: list[Field] = []
    for each in fields:
        if not is_shown(each, data):
            continue
        if each.type == "group":
            found += _shown(each.components, data)
        elif each.key:
            found.append(each)
    return found


def _schema_field(item: Field, options: Options) -> ma.fields.Field[Any]:
    label = item.label
    verb = "选择" if item.type in ("select", "radio", "checklist", "taglist", "datetime") else "填写"
    if item.type == "filepicker":
        verb = "上传"
    messages = {"required": f"请{verb}{label}", "null": f"请{verb}{label}", "invalid": f"{label}的内容有误，请重新填写"}
    common: dict[str, Any] = {"required": item.required, "error_messages": messages}
    match item.type:
        case "number":
            messages["invalid"] = f"{label}应为数字"
            checks = [rules.Range(item.minimum, item.maximum, error=_range_message(item))] if _bounded(item) else []
            return ma.fields.Float(validate=checks, **common)
        case "checkbox":
            return ma.fields.Boolean(validate=[rules.Equal(True, error=f"请勾选{label}")] if item.required else [], **common)
        case "datetime":
            messages["invalid"] = f"{label}应为有效日期"
            return ma.fields.Date(**common) if item.subtype == "date" else ma.fields.NaiveDateTime(**common)
        case "filepicker":
            return ma.fields.List(ma.fields.String(), validate=_not_empty(item), **common)
        case "dynamiclist":
            nested = ma.Schema.from_dict({each.key: _schema_field(each, options) for each in item.components if each.key})
            return ma.fields.List(ma.fields.Nested(nested()), validate=_not_empty(item), **common)
    one_of = None
    if item.type in ("select", "radio", "checklist", "taglist"):
        listed = choices(item, options)
        one_of = rules.OneOf([each.value for each in listed], error=f"{label}的选项已变化或不存在，请重新选择")
    if item.multiple:
        return ma.fields.List(
            ma.fields.String(validate=one_of) if one_of else ma.fields.String(), validate=_not_empty(item), **common
        )
    return ma.fields.String(validate=[one_of] if one_of else _text_rules(item), **common)


def _text_rules(item: Field) -> list[rules.Validator]:
    found: list[rules.Validator] = []
    if item.min_length:
        found.append(rules.Length(min=item.min_length, error=f"{item.label}至少 {item.min_length} 个字"))
    limit = item.max_length or (4000 if item.type == "textarea" else 200)
    found.append(rules.Length(max=limit, error=f"{item.label}最多 {limit} 个字"))
    if item.pattern:
        found.append(rules.Regexp(f"(?:{item.pattern})\\Z", error=item.pattern_message or f"{item.label}的格式不对，请检查"))
    return found


def _not_empty(item: Field) -> list[rules.Validator]:
    return [rules.Length(min=1, error=f"请至少填写一项{item.label}")] if item.required else []


def _bounded(item: Field) -> bool:
    return item.minimum is not None or item.maximum is not None


def _range_message(item: Field) -> str:
    if item.minimum is not None and item.maximum is not None:
        return f"{item.label}应在 {item.minimum:g} 到 {item.maximum:g} 之间"
    return f"{item.label}不应小于 {item.minimum:g}" if item.minimum is not None else f"{item.label}不应大于 {item.maximum:g}"


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or (isinstance(value, str) and not value.strip())


def _without_blanks(value: Any) -> Any:
    """Rows of a list without their empty fields, so that a required one is missed."""
    if isinstance(value, list):
        return [{k: v for k, v in each.items() if not _empty(v)} if isinstance(each, dict) else each for each in value]
    return value


def _json(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    return value.strip() if isinstance(value, str) else value


def _flatten(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in messages.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= _flatten(value, f"{name}.")
        else:
            found[name.removesuffix("._schema")] = [str(each) for each in value]
    return found
