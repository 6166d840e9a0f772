"""The type that a column of a decision table names (typeRef), as Camunda 7 gives it to a value: a number that
is written as text becomes a number, and the other way round."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeGuard

from orchestrator.engine import decimals, feel_temporal
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.sizes import shown
from orchestrator.engine.values import Value
from orchestrator.sentences import say

_WHOLE = ("integer", "long")
_NUMBERS = (*_WHOLE, "double", "number")
_OF_VALUES = (*_NUMBERS, "boolean")
_OF_TIMES = {
    "date": (feel_temporal.DATE, feel_temporal.MOMENT),
    "dateTime": (feel_temporal.DATE, feel_temporal.MOMENT),
    "time": (feel_temporal.TIME,),
}
"""Type of a column → the kinds of its values. A date of Camunda 7 is a day with a time."""
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?")
_QUOTED = re.compile(
    r"\"[^\"]*\"|'[^']*'|\bnull\b|\b(?:contains|starts with|ends with)\s*\(\s*\?|\?",
)
_UNQUOTED = re.compile(r"[^\s,()\-]")
TYPES_IN_WORDS = {
    "string": say("文字"),
    "boolean": say("是否"),
    "number": say("数字"),
    "integer": say("整数"),
    "long": say("长整数"),
    "double": say("小数"),
    "date": say("日期"),
    "time": say("时间"),
    "dateTime": say("日期时间"),
    "Any": say("不限"),
}
"""Type of a column → what the editor of tables calls it."""
_TRUTHS = {"true": True, "false": False}


def converted(
    value: Value,
    type_ref: str | None,
    edition: Edition = CURRENT,
    column: str = "",
) -> Value:
    """The value in the type of the column, which is called so. Raises Refused for what cannot be of that
    type, which stayed as it was up to the third edition, of days and times up to the seventh. A list or a
    group in a column of texts still does. An empty text is nothing in a column of anything else."""
    if edition >= Edition.FOURTH and value == "" and type_ref in _OF_VALUES:
        return None
    if edition >= Edition.EIGHTH and type_ref in _OF_TIMES:
        return _time(value, type_ref, column)
    typed = _converted(value, type_ref)
    if edition >= Edition.FOURTH and not _is_of(typed, type_ref):
        raise refusal(value, type_ref, column)
    return typed


def _time(value: Value, type_ref: str, column: str) -> Value:
    """The value of a column of days or times; None for an empty text. Raises Refused for any other that
    writes none."""
    if value is None or value == "":
        return None
    found = feel_temporal.read(value)
    if found is None or found.kind not in _OF_TIMES[type_ref]:
        raise refusal(value, type_ref, column)
    return value


def refusal(value: Value, type_ref: Value, column: str) -> decimals.Refused:
    """Why the value cannot stand in the column of that type, or in one without a type."""
    if type_ref is None:
        return decimals.Refused(
            say(
                "“{column}”列不能填“{value}”（{kind}），请改列的类型或填入的值",
                column=column[:60],
                value=_shown(value),
                kind=decimals.kind(value),
            ),
        )
    return decimals.Refused(
        say(
            "“{column}”列的类型是{type}，而“{value}”是{kind}，请改列的类型或填入的值",
            column=column[:60],
            value=_shown(value),
            kind=decimals.kind(value),
            type=TYPES_IN_WORDS.get(str(type_ref))
            or say("“{type}”", type=type_ref),
        ),
    )


def is_number_text(text: str) -> bool:
    """Whether the text is a number that is written out."""
    return bool(_NUMBER.fullmatch(text.strip()))


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return shown(value)


def _is_of(value: Value, type_ref: str | None) -> bool:
    if value is None:
        return True
    if type_ref == "boolean":
        return isinstance(value, bool)
    if type_ref in _WHOLE:
        return _is_number(value) and value == int(value)
    if type_ref in _NUMBERS:
        return _is_number(value)
    return True


def _is_number(value: Value) -> TypeGuard[int | float]:
    return decimals.is_number(value) and not isinstance(value, bool)


def _converted(value: Value, type_ref: str | None) -> Value:
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


def of_input(
    type_ref: str | None,
    cells: list[str],
    edition: Edition = CURRENT,
) -> str | None:
    """The type that an input's value takes. Up to the third edition none where a column of texts has cells
    that no text fulfils."""
    if type_ref != "string" or edition >= Edition.FOURTH:
        return type_ref
    plain = [
        _QUOTED.sub("", cell.strip().removeprefix("not")) for cell in cells
    ]
    if any(_UNQUOTED.search(value) for value in plain):
        return None
    return type_ref
