"""A form as frozen values, read from form-js JSON; what we do not support is reported by name, never dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class FormUnsupported(ValueError):
    """`reasons` name every component or text that cannot be used."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("；".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Condition:
    """`conditional.hide`: hidden unless a field has one of the values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    type: str
    key: str
    """Name of the variable; empty for text and separators."""
    label: str = ""
    description: str = ""
    required: bool = False
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    pattern_message: str | None = None
    options: tuple[Option, ...] = ()
    options_source: str | None = None
    """Name of a list the service supplies (form-js valuesKey)."""
    multiple: bool = False
    accept: str = ""
    subtype: str = "date"
    """Of a datetime: `date`, `time` or `datetime`."""
    default: Any = None
    text: str = ""
    only_if: Condition | None = None
    components: tuple[Field, ...] = ()
    """Of a group or a dynamiclist."""


@dataclass(frozen=True, slots=True)
class Form:
    id: str
    fields: tuple[Field, ...]
    title: str = ""
    sources: frozenset[str] = field(default_factory=frozenset)
    """Option sources the service must supply."""

    def inputs(self) -> Iterator[Field]:
        """The fields that carry a value; a list counts as one."""
        yield from _inputs(self.fields)

    @property
    def field_keys(self) -> frozenset[str]:
        return frozenset(each.key for each in self.inputs())


SUPPORTED = {
    *("textfield", "textarea", "number", "checkbox", "checklist", "radio", "select", "taglist", "datetime", "filepicker"),
    *("text", "separator", "spacer", "group", "dynamiclist"),
}
STATIC = {"text", "separator", "spacer"}


def load(text: str) -> Form:
    """The form of a form-js definition; raises FormUnsupported naming everything that cannot be used."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise FormUnsupported([f"表单不是有效的 JSON：{error}"]) from None
    reasons: list[str] = []
    fields = tuple(_field(component, reasons) for component in data.get("components", []))
    form = Form(data.get("id", ""), fields, data.get("title", ""))
    if reasons:
        raise FormUnsupported(reasons)
    keys: list[str] = [each.key for each in form.inputs()]
    reasons += [f"字段「{key}」出现了两次" for key in sorted({key for key in keys if keys.count(key) > 1})]
    reasons += [f"控件「{each.label or each.type}」没有字段名（key）" for each in form.inputs() if not each.key]
    if reasons:
        raise FormUnsupported(reasons)
    return Form(form.id, fields, form.title, frozenset(_sources(fields)))


def is_shown(item: Field, data: Mapping[str, Any]) -> bool:
    """Whether the field is to be seen with this data."""
    if item.only_if is None:
        return True
    value = data.get(item.only_if.field)
    given = [str(each) for each in value] if isinstance(value, (list, tuple)) else [str(value)]
    return any(each in item.only_if.values for each in given)


def _field(data: Mapping[str, Any], reasons: list[str]) -> Field:
    kind = data.get("type", "")
    label = data.get("label", "")
    if kind not in SUPPORTED:
        reasons.append(f"控件「{label or data.get('key') or data.get('id')}」的类型「{kind}」不受支持")
    rules = data.get("validate", {})
    return Field(
        type=kind,
        key=data.get("key") or data.get("path") or "" if kind not in STATIC | {"group"} else "",
        label=label,
        description=data.get("description", ""),
        required=bool(rules.get("required")),
        min_length=rules.get("minLength"),
        max_length=rules.get("maxLength"),
        minimum=rules.get("min"),
        maximum=rules.get("max"),
        pattern=rules.get("pattern"),
        pattern_message=(data.get("properties") or {}).get("patternMessage"),
        options=tuple(Option(str(each["value"]), each.get("label", str(each["value"]))) for each in data.get("values", [])),
        options_source=data.get("valuesKey"),
        multiple=bool(data.get("multiple")) or kind in ("checklist", "taglist"),
        accept=data.get("accept", ""),
        subtype=data.get("subtype", "date"),
        default=data.get("defaultValue"),
        text=data.get("text", ""),
        only_if=_condition(data, reasons),
        components=tuple(_field(each, reasons) for each in data.get("components", [])),
    )


def _condition(data: Mapping[str, Any], reasons: list[str]) -> Condition | None:
    """form-js hides with FEEL; supported is `=field != "a" and field != "b"`, that is: shown for those values alone."""
    text = (data.get("conditional") or {}).get("hide", "")
    if not text:
        return None
    parts = [part.split("!=") for part in text.lstrip("= ").split(" and ")]
    names = {part[0].strip() for part in parts}
    if len(names) != 1 or any(len(part) != 2 for part in parts):
        label = data.get("label") or data.get("key")
        reasons.append(f'控件「{label}」的隐藏条件「{text}」不受支持，请写成 =字段 != "值"，多个值用 and 连接')
        return None
    return Condition(names.pop(), tuple(part[1].strip().strip("\"'") for part in parts))


def _inputs(fields: Sequence[Field]) -> Iterator[Field]:
    for each in fields:
        if each.type == "group":
            yield from _inputs(each.components)
        elif each.type not in STATIC:
            yield each


def _sources(fields: Sequence[Field]) -> Iterator[str]:
    for each in fields:
        if each.options_source:
            yield each.options_source
        yield from _sources(each.components)
