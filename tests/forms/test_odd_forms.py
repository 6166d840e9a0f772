"""Forms with odd values at any place: each is read or refused with a sentence, and what is read can be filled
in with anything."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import forms

FORMS = sorted(Path("forms/definitions").rglob("*.form"))
MANY = 150
"""Changed forms of a test."""
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    10**25,
    float("inf"),
    float("nan"),
    "",
    "x",
    "\x00",
    "\ud800",
    "１２",
    "1e999",
    "9" * 5_000,
    "=a+",
    "${x}",
    "a" * 3_000,
    "2026-02-30",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"a": 1},
    ["a", "a"],
    [{"value": None}],
    [{"value": {"a": 1}, "label": []}],
    "a.b",
    "True",
    "none",
    "\u202e",
]
KEYS = (
    *("key", "type", "label", "description", "id", "text"),
    *(
        "source",
        "url",
        "values",
        "valuesKey",
        "valuesExpression",
        "defaultValue",
    ),
    *("required", "minLength", "maxLength", "min", "max", "pattern"),
    *(
        "decimalDigits",
        "increment",
        "conditional",
        "layout",
        "properties",
        "disabled",
    ),
    *(
        "readonly",
        "serializeToString",
        "subtype",
        "dateLabel",
        "timeInterval",
        "disallowPassedDates",
    ),
    *(
        "use24h",
        "columns",
        "defaultRepetitions",
        "allowAddRemove",
        "path",
        "components",
    ),
    *(
        "multiple",
        "accept",
        "appearance",
        "validationType",
        "step",
        "expression",
    ),
)


def places(
    value: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """The way to each part of what stands in a file."""
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for key, part in parts:
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(whole: Any, chance: random.Random) -> Any:
    """A copy with odd values at one to four places."""
    result = copy.deepcopy(whole)
    for _number in range(chance.randint(1, 4)):
        path = chance.choice(list(places(result)))
        around = result
        for key in path[:-1]:
            around = around[key]
        part = around[path[-1]]
        odd = copy.deepcopy(chance.choice(ODD))
        if isinstance(part, dict) and chance.random() < 0.5:
            part[chance.choice(KEYS)] = odd
        else:
            around[path[-1]] = odd
    return result


@pytest.mark.parametrize("seed", range(3))
def test_a_form_with_odd_values_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    known = [json.loads(file.read_text(encoding="utf-8")) for file in FORMS]
    assert len(known) > 20
    read = 0
    for _number in range(MANY):
        text = json.dumps(changed(chance.choice(known), chance))
        for form in _read(text):
            read += 1
            typed = {key: chance.choice(ODD) for key in form.field_keys}
            with suppress(forms.Invalid):
                forms.validate(form, typed, {})
    assert MANY / 4 < read < MANY * 2


def _read(text: str) -> list[forms.Form]:
    """The form as a draft's and as a deployed one, where it is read."""
    result = []
    for reading in (forms.load, partial(forms.load_deployed, whole=True)):
        try:
            result.append(reading(text))
        except forms.FormUnsupported as refused:
            assert any("一" <= sign <= "鿿" for sign in str(refused))
    return result
