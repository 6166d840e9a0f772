"""Forms of SpiffArena and others that are written as a JSON Schema, as form-js: each field that means the
same here becomes one of ours, every other stays as a component that loading refuses by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.sentences import say

_SAID = frozenset(
    (
        *("type", "title", "description", "default", "format", "enum"),
        *("enumNames", "oneOf", "anyOf", "items", "uniqueItems"),
        *("properties", "required", "$schema", "$id", "examples", "$comment"),
        "additionalProperties",
    ),
)
_LIMITS: Mapping[str, Mapping[str, str]] = {
    "string": {
        "minLength": "minLength",
        "maxLength": "maxLength",
        "pattern": "pattern",
    },
    "number": {"minimum": "min", "maximum": "max"},
    "integer": {"minimum": "min", "maximum": "max"},
}
"""Type → its keywords and what form-js calls them."""
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "": {"type": "textfield"},
    "date": {"type": "datetime", "subtype": "date"},
    "date-time": {"type": "datetime", "subtype": "datetime"},
    "email": {"type": "textfield", "validate": {"validationType": "email"}},
    "data-url": {"type": "filepicker"},
    "file": {"type": "filepicker"},
}
MAX_DEPTH = 6
Component = dict[str, Any]


def is_schema(data: Any) -> bool:
    """Whether the JSON describes an object's properties, and is no form-js form."""
    return _schema(data) is not None


def components(data: Mapping[str, Any]) -> list[Component]:
    """The form-js components of the schema's properties, in their order."""
    schema = _schema(data)
    if schema is None:
        return []
    return [*_fields(schema, 0), *_whole(schema)]


def _schema(data: Any) -> Mapping[str, Any] | None:
    if not isinstance(data, dict) or "components" in data:
        return None
    if isinstance(data.get("properties"), dict):
        return data
    inner = data.get("schema")
    if isinstance(inner, dict) and isinstance(inner.get("properties"), dict):
        return inner
    return None


def _fields(schema: Mapping[str, Any], depth: int) -> Iterator[Component]:
    needed = schema.get("required")
    if not isinstance(needed, list):
        needed = []
    for key, given in schema["properties"].items():
        field = _field(str(key), given, depth)
        if key in needed and field["type"] != "checkbox":
            field["validate"] = {**field.get("validate", {}), "required": True}
        yield field


def _whole(schema: Mapping[str, Any]) -> Iterator[Component]:
    """What the schema demands of all fields together."""
    more = [value for value in schema if value not in _SAID]
    if more:
        yield {
            "type": "、".join(more),
            "label": say("整张表单"),
            "id": "whole",
        }


def _field(key: str, given: Any, depth: int) -> Component:
    if not isinstance(given, dict):
        return _refused(key, key, str(given)[:40])
    label = str(given.get("title") or key)
    kind = given.get("type", "string")
    made = _made(key, given, depth)
    strange = [
        value
        for value in given
        if value not in _SAID and value not in _LIMITS.get(str(kind), {})
    ]
    if made is None or strange:
        what = "、".join((_called(given), *strange))
        return _refused(key, label, what)
    field = {**made, "key": key, "id": key, "label": label}
    if made["type"] == "datetime":
        field["dateLabel"] = label
    limits = {
        ours: given[theirs]
        for theirs, ours in _LIMITS.get(str(kind), {}).items()
        if theirs in given
    }
    if limits:
        field["validate"] = {**made.get("validate", {}), **limits}
    if given.get("description"):
        field["description"] = str(given["description"])
    if "default" in given:
        field["defaultValue"] = given["default"]
    return field


def _refused(key: str, label: str, what: str) -> Component:
    return {"type": what, "key": key, "id": key, "label": label}


def _called(given: Mapping[str, Any]) -> str:
    """How the refusal calls the field's kind."""
    parts = (given.get("type"), given.get("format"))
    choice = [value for value in ("enum", "oneOf", "anyOf") if value in given]
    return " ".join(str(value) for value in (*parts, *choice) if value) or "？"


def _made(key: str, given: Mapping[str, Any], depth: int) -> Component | None:
    """The component without its key and label; None where none of ours means the same."""
    kind = given.get("type", "string")
    chosen = any(value in given for value in ("enum", "oneOf", "anyOf"))
    if chosen:
        values = _choices(given)
        if kind != "string" or values is None or given.get("format"):
            return None
        return {"type": "select", "values": values}
    if kind == "string":
        result = _FORMATS.get(str(given.get("format") or ""))
        return dict(result) if result else None
    if given.get("format"):
        return None
    if kind == "number":
        return {"type": "number"}
    if kind == "integer":
        return {"type": "number", "decimalDigits": 0}
    if kind == "boolean":
        return {"type": "checkbox"}
    if kind == "array":
        return _several(given, depth)
    return None


def _several(given: Mapping[str, Any], depth: int) -> Component | None:
    items = given.get("items")
    if not isinstance(items, dict) or depth >= MAX_DEPTH:
        return None
    if items.get("type") == "object" and isinstance(
        items.get("properties"),
        dict,
    ):
        inside = [*_fields(items, depth + 1), *_whole(items)]
        return {"type": "dynamiclist", "components": inside}
    values = _choices(items)
    is_text = items.get("type", "string") == "string"
    if given.get("uniqueItems") is True and values is not None and is_text:
        return {"type": "checklist", "values": values}
    return None


def _choices(given: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """The options as form-js writes them; None for values that are not all texts, or come from elsewhere."""
    listed = given.get("enum")
    names = given.get("enumNames")
    if listed is None:
        alternatives = given.get("oneOf", given.get("anyOf"))
        if not isinstance(alternatives, list) or not all(
            isinstance(alternative, dict)
            and set(alternative) <= {"const", "title", "type"}
            for alternative in alternatives
        ):
            return None
        listed = [alternative.get("const") for alternative in alternatives]
        names = [alternative.get("title") for alternative in alternatives]
    if not _are_texts(listed):
        return None
    if not isinstance(names, list) or len(names) != len(listed):
        names = [None] * len(listed)
    return [
        {"value": value, "label": str(name or value)}
        for value, name in zip(listed, names, strict=True)
    ]


def _are_texts(listed: Any) -> bool:
    """SpiffArena writes `options_from_task_data_var:…` where a variable holds the options."""
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return False
    return bool(listed) and all(
        isinstance(value, str)
        and value
        and not value.startswith("options_from_task_data_var:")
        for value in listed
    )
