"""The type that a column of a decision table names (typeRef), as Camunda 7 gives it to a value: a number that
is written as text becomes a number, and the other way round."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from orchestrator.engine import decimals

_WHOLE = ("integer", "long")
_NUMBERS = (*_WHOLE, "double", "number")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?")
_QUOTED = re.compile(
    r"\"[^\"]*\"|'[^']*'|\bnull\b|\b(?:contains|starts with|ends with)\s*\(\s*\?|\?",
)
_UNQUOTED = re.compile(r"[^\s,()\-]")
_TRUTHS = {"true": True, "false": False}


def converted(value: Any, type_ref: str | None) -> Any:
    """The value in the column's type; what cannot be of that type stays as it is."""
    if (
        type_ref in _NUMBERS
        and isinstance(value, str)
        and _NUMBER.fullmatch(value.strip())
    ):
        exact = Decimal(value.strip())
        if exact == exact.to_integral_value():
            return int(exact)
        if type_ref in _WHOLE:
            return value
        return float(exact)
    if type_ref == "boolean" and isinstance(value, str):
        return _TRUTHS.get(value.strip().lower(), value)
    if type_ref == "string" and isinstance(value, bool):
        return str(value).lower()
    if type_ref == "string" and decimals.is_number(value):
        return str(value)
    return value


def of_input(type_ref: str | None, cells: list[str]) -> str | None:
    """The type that an input's value takes; none where a column of texts has cells that no text fulfils."""
    if type_ref != "string":
        return type_ref
    plain = [
        _QUOTED.sub("", cell.strip().removeprefix("not")) for cell in cells
    ]
    if any(_UNQUOTED.search(value) for value in plain):
        return None
    return type_ref
