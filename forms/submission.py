"""A posted HTML form to raw data, and data to label-value pairs for dossiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from forms.definition import Field, Form, is_shown
from forms.schema import Options, choices


class Posted(Protocol):
    """A werkzeug MultiDict, or anything that answers like one."""

    def get(self, key: str, default: Any = None) -> Any: ...

    def getlist(self, key: str) -> list[Any]: ...

    def __iter__(self) -> Iterator[str]: ...


def parse_submission(form: Form, posted: Posted) -> dict[str, Any]:
    """What was typed, unchecked. `_add`/`_remove` buttons change the number of rows: `_add=KEY`, `_remove=KEY.ROW`."""
    data = {each.key: _value(each, posted, "") for each in form.inputs()}
    if (key := posted.get("_add")) in data and isinstance(data[key], list):
        data[key].append({})
    if (removed := posted.get("_remove")) and "." in removed:
        key, _dot, row = removed.partition(".")
        if key in data and row.isdigit() and int(row) < len(data[key]):
            del data[key][int(row)]
    return data


def summarise(form: Form, data: Mapping[str, Any], options: Options) -> list[tuple[str, str]]:
    """(label, value as a person reads it) of the fields that were shown and filled."""
    found: list[tuple[str, str]] = []
    _summarise(form.fields, data, options, found)
    return found


def _value(item: Field, posted: Posted, prefix: str) -> Any:
    name = f"{prefix}{item.key}"
    if item.type == "dynamiclist":
        rows = sorted({int(key[len(name) + 1 :].split(".")[0]) for key in posted if _is_row(key, name)})
        return [{each.key: _value(each, posted, f"{name}.{row}.") for each in item.components if each.key} for row in rows]
    if item.multiple or item.type == "filepicker":
        return [each for each in posted.getlist(name) if each]
    if item.type == "checkbox":
        return posted.get(name) == "true"
    return posted.get(name, "")


def _is_row(key: str, name: str) -> bool:
    rest = key[len(name) + 1 :] if key.startswith(f"{name}.") else ""
    return rest.split(".")[0].isdigit()


def _summarise(fields: Sequence[Field], data: Mapping[str, Any], options: Options, found: list[tuple[str, str]]) -> None:
    for each in fields:
        if not is_shown(each, data):
            continue
        if each.type == "group":
            _summarise(each.components, data, options, found)
        elif each.key and data.get(each.key) not in (None, "", [], False):
            found.append((each.label, _shown(each, data[each.key], options)))


def _shown(item: Field, value: Any, options: Options) -> str:
    if item.type == "dynamiclist":
        rows = []
        for number, row in enumerate(value, 1):
            parts: list[tuple[str, str]] = []
            _summarise(item.components, row, options, parts)
            rows.append(f"{number}. " + "；".join(f"{label}：{text}" for label, text in parts))
        return "\n".join(rows)
    if item.type == "checkbox":
        return "是"
    labels = {each.value: each.label for each in choices(item, options)}
    if isinstance(value, list):
        return "、".join(labels.get(str(each), str(each)) for each in value)
    return labels.get(str(value), str(value))
