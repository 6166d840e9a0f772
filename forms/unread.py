"""What a form-js file says beside what we read and what loading.py refuses: remarked on by its name, once a
form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.sentences import say

READ = frozenset(
    (
        *(
            "type",
            "id",
            "key",
            "path",
            "label",
            "dateLabel",
            "timeLabel",
            "description",
            "conditional",
            "layout",
            "properties",
        ),
        *(
            "validate",
            "components",
            "appearance",
            "defaultValue",
            "decimalDigits",
            "increment",
            "serializeToString",
        ),
        *(
            "subtype",
            "timeInterval",
            "values",
            "valuesKey",
            "multiple",
            "accept",
            "text",
            "defaultRepetitions",
        ),
        *(
            "allowAddRemove",
            "valuesExpression",
            "disabled",
            "readonly",
            "disallowPassedDates",
            "isRepeating",
        ),
    )
)
"""Properties of a component that are read, or that loading.py refuses where they would change something."""
INSIDE: Mapping[str, frozenset[str]] = {
    "conditional": frozenset(("hide",)),
    "layout": frozenset(("row", "columns")),
    "validate": frozenset(
        (
            "required",
            "minLength",
            "maxLength",
            "min",
            "max",
            "pattern",
            "validationType",
        )
    ),
    "appearance": frozenset(("prefixAdorner", "suffixAdorner")),
    "properties": frozenset(
        (
            "citation",
            "patternMessage",
            "options-source",
            "questions-source",
            "approves",
            "personal",
            "folded",
            "intake",
            "filledWith",
            "point",
            "drawing",
            "suggestions",
            "not-before",
            "not-after",
            "later-than",
            "proposed",
            "limit-of",
        )
    ),
}
"""Property → what of it is read."""
OF_THE_FORM = frozenset(
    (
        "components",
        "type",
        "id",
        "title",
        "properties",
        "schemaVersion",
        "exporter",
        "executionPlatform",
        "executionPlatformVersion",
    )
)
PROPERTIES_OF_THE_FORM = frozenset(("rule", "batch"))
MOST_NAMES = 20
"""Of one form; a file full of nonsense is told of shortly."""


def remarks(data: Mapping[str, Any]) -> tuple[str, ...]:
    """A sentence for each name that is not read, in the order of the file."""
    result: dict[str, list[str]] = {}
    for name, where in _names(data):
        result.setdefault(name, []).append(where)
    sentences = []
    for name, places in list(result.items())[:MOST_NAMES]:
        if len(places) > 1:
            others = say("（共 {count} 处）", count=len(places))
        else:
            others = ""
        sentences.append(
            say(
                "{places}的“{name}”本系统不读取，已忽略{others}",
                places=places[0],
                name=name,
                others=others,
            )
        )
    return tuple(sentences)


def _names(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (
        (str(name)[:60], say("表单"))
        for name in data
        if name not in OF_THE_FORM
    )
    own = data.get("properties")
    yield from (
        (f"properties.{name}"[:60], say("表单"))
        for name in (own if isinstance(own, Mapping) else ())
        if name not in PROPERTIES_OF_THE_FORM
    )
    pending = [
        component
        for component in data.get("components", ())
        if isinstance(component, Mapping)
    ]
    while pending:
        entry = pending.pop(0)
        name = (
            entry.get("label")
            or entry.get("dateLabel")
            or entry.get("key")
            or entry.get("id")
            or ""
        )
        where = say("控件“{name}”", name=str(name)[:60])
        yield from (
            (str(name)[:60], where) for name in entry if name not in READ
        )
        for name, known in INSIDE.items():
            inside = entry.get(name)
            if isinstance(inside, Mapping):
                yield from (
                    (f"{name}.{inner}"[:60], where)
                    for inner in inside
                    if inner not in known
                )
        inner = entry.get("components")
        pending += (
            [child for child in inner if isinstance(child, Mapping)]
            if isinstance(inner, list)
            else []
        )
