"""A posted HTML form to raw data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from forms.definition import Field, Form, inputs
from forms.schema import MOST_ROWS


class Posted(Protocol):
    """A werkzeug MultiDict, or anything that answers like one."""

    def get(self, key: str, /) -> Any: ...

    def getlist(self, key: str, /) -> list[Any]: ...

    def __iter__(self) -> Iterator[str]: ...


def parse_submission(form: Form, posted: Posted) -> dict[str, Any]:
    """What was typed, unchecked; a list's rows in order as `KEY.ROW.FIELD`, an attachment as its id.

    The buttons `_add=KEY` and `_remove=KEY.ROW` change the number of rows.
    """
    data = {field.key: _value(field, posted, "") for field in form.inputs()}
    for item in form.inputs():
        if item.type == "dynamiclist":
            _press(item, posted, data[item.key])
    return data


def _press(item: Field, posted: Posted, rows: list[dict[str, Any]]) -> None:
    if posted.get("_add") == item.key and len(rows) < MOST_ROWS:
        rows.append(
            {
                field.key: field.default
                for field in inputs(item.components)
                if field.default is not None
            },
        )
    key, _dot, row = str(posted.get("_remove") or "").partition(".")
    if (
        key == item.key
        and re.fullmatch("[0-9]{1,4}", row)
        and int(row) < len(rows)
    ):
        del rows[int(row)]


def _value(item: Field, posted: Posted, prefix: str) -> Any:
    name = f"{prefix}{item.key}"
    if item.type == "dynamiclist":
        fields: Sequence[Field] = list(inputs(item.components))
        rows = sorted(_row_numbers(name, posted))[: MOST_ROWS + 1]
        return [
            {
                field.key: _value(field, posted, f"{name}.{row}.")
                for field in fields
            }
            for row in rows
        ]
    if item.multiple or item.type == "filepicker":
        return [value for value in posted.getlist(name) if value]
    if item.type == "checkbox":
        return posted.get(name) == "true"
    value = posted.get(name)
    if value is None:
        return ""
    return value


def _row_numbers(name: str, posted: Posted) -> set[int]:
    pattern = re.compile(rf"{re.escape(name)}\.([0-9]{{1,4}})\.")
    return {int(match[1]) for key in posted if (match := pattern.match(key))}
