"""What a designer types for a setting, as a value of the profile, and back: KINDS is the table. What cannot
be read stays as it was typed, and the profile's own reading says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.designing.regulation.section_shapes import (
    ProfileSetting,
)

Typed = Mapping[str, Sequence[str]]
"""What a page sent: name of a control → its values, as typed."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
BETWEEN = re.compile(r"[、，,\s]+")
_HOURS = re.compile(r"[-–—－至]")
LONGEST = 20_000
"""Characters of one control."""


@dataclass(frozen=True, slots=True)
class TypedKind:
    read: Callable[[Typed, str], Any]
    """(what was typed, name of the control) → the value; None where nothing was typed."""
    shown: Callable[[Any], Any]
    """The value → what the control shows: a text, a list of texts, or rows of two."""


def clean(text: str) -> str:
    """The text with plain line ends and without what no file can hold, cut at LONGEST."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", plain).strip()[:LONGEST]


def text(typed: Typed, name: str) -> str:
    """The control's text; empty where it was not sent."""
    values = typed.get(name) or [""]
    return clean(values[0])


def _text(typed: Typed, name: str) -> str | None:
    return text(typed, name) or None


def _line(typed: Typed, name: str) -> str | None:
    return " ".join(text(typed, name).split()) or None


def _number(typed: Typed, name: str) -> int | str | None:
    return _as_number(text(typed, name)) if text(typed, name) else None


def _as_number(typed: str) -> int | str:
    if re.fullmatch(r"\d{1,9}", typed, re.ASCII):
        return int(typed)
    return typed


def _day(typed: Typed, name: str) -> date | str | None:
    given = text(typed, name)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        return given


def _flag(typed: Typed, name: str) -> bool | None:
    return True if text(typed, name) else None


def _lines(typed: Typed, name: str) -> list[str] | None:
    lines = [" ".join(line.split()) for line in text(typed, name).splitlines()]
    return [line for line in lines if line] or None


def _choices(typed: Typed, name: str) -> list[str] | None:
    chosen = [clean(value) for value in typed.get(name) or ()]
    return [value for value in chosen if value] or None


def rows(typed: Typed, name: str) -> list[tuple[str, str]]:
    """The rows of two that were typed, as they stand."""
    keys = typed.get(f"{name}.key") or ()
    values = typed.get(f"{name}.value") or ()
    results = [
        (" ".join(clean(key).split()), " ".join(clean(value).split()))
        for key, value in zip(keys, values, strict=False)
    ]
    return [(key, value) for key, value in results if key or value]


def _keyed(typed: Typed, name: str) -> dict[str, str]:
    """The rows by their left side. Raises RuleViolated where one side stands twice."""
    result: dict[str, str] = {}
    for key, value in rows(typed, name):
        if key in result:
            raise RuleViolated(
                [say("左边的“{key}”写了两次，请只留一行", key=key)],
            )
        result[key] = value
    return result


def _pairs(typed: Typed, name: str) -> dict[str, str] | None:
    return _keyed(typed, name) or None


def _numbers(typed: Typed, name: str) -> dict[str, int | str] | None:
    numbers = {
        key: _as_number(value) for key, value in _keyed(typed, name).items()
    }
    return numbers or None


def _lists(typed: Typed, name: str) -> dict[str, list[str]] | None:
    lists = {
        key: [part for part in BETWEEN.split(value) if part]
        for key, value in _keyed(typed, name).items()
    }
    return lists or None


def _hours(typed: Typed, name: str) -> list[list[str]] | None:
    lines = _lines(typed, name)
    if lines is None:
        return None
    periods = [_HOURS.split(line.replace("：", ":")) for line in lines]
    return [[value.strip() for value in period] for period in periods]


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return str(value)


def _many(value: Any) -> list[str]:
    return [str(entry) for entry in value or ()]


def _two(value: Any) -> list[tuple[str, str]]:
    return [(str(key), str(entry)) for key, entry in (value or {}).items()]


def _two_lists(value: Any) -> list[tuple[str, str]]:
    return [
        (str(key), "、".join(str(part) for part in entry))
        for key, entry in (value or {}).items()
    ]


def _periods(value: Any) -> str:
    return "\n".join("-".join(period) for period in value or ())


def value_of(setting: ProfileSetting, typed: Typed) -> Any:
    """What was typed for the setting as a value of the profile; None where nothing was. Raises
    RuleViolated."""
    if setting.kind == "table":
        return _table(setting, typed) or None
    return KINDS[setting.kind].read(typed, setting.key)


def control_of(setting: ProfileSetting, value: Any) -> Any:
    """What the setting's control shows of a value."""
    if setting.kind != "table":
        return KINDS[setting.kind].shown(value)
    return [
        {
            column.key: KINDS[column.kind].shown(row.get(column.key))
            for column in setting.columns
        }
        for row in value or ()
    ]


def as_typed(setting: ProfileSetting, typed: Typed) -> Any:
    """What the control shows of what was typed, whatever is wrong with it."""
    if setting.kind in _OF_ROWS:
        return rows(typed, setting.key)
    return control_of(setting, value_of(setting, typed))


def _table(setting: ProfileSetting, typed: Typed) -> list[dict[str, Any]]:
    """The rows in which anything was typed."""
    sent = [
        typed.get(f"{setting.key}.{column.key}") or ()
        for column in setting.columns
    ]
    results = []
    for cells in zip_longest(*sent, fillvalue=""):
        row = dict[str, Any]()
        for column, cell in zip(setting.columns, cells, strict=True):
            value = KINDS[column.kind].read({"": [cell]}, "")
            if value is not None:
                row[column.key] = value
        if row:
            results.append(row)
    return results


_OF_ROWS = ("pairs", "numbers", "lists")
KINDS: Mapping[str, TypedKind] = {
    "text": TypedKind(_line, _plain),
    "citation": TypedKind(_line, _plain),
    "choice": TypedKind(_line, _plain),
    "long": TypedKind(_text, lambda value: _plain(value).strip()),
    "number": TypedKind(_number, _plain),
    "day": TypedKind(_day, _plain),
    "flag": TypedKind(_flag, bool),
    "words": TypedKind(_lines, lambda value: "\n".join(_many(value))),
    "choices": TypedKind(_choices, _many),
    "pairs": TypedKind(_pairs, _two),
    "numbers": TypedKind(_numbers, _two),
    "lists": TypedKind(_lists, _two_lists),
    "hours": TypedKind(_hours, _periods),
}
