"""Data to label and value as a person reads them: dossiers, history, read-only pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forms.definition import Field, Form, Option, is_shown, scope
from forms.schema import Options, choices
from forms.sight import CAREFUL, Sight
from forms.texts import cleaned
from orchestrator.sentences import joined, say

_NOTHING: tuple[Any, ...] = (None, "", [])
NOT_SHOWN = say("不在您的知悉范围内")
"""In place of the value of a field that is not shown."""


def summarise(
    form: Form,
    data: Mapping[str, Any],
    options: Options,
    filenames: Mapping[str, str] | None = None,
    sight: Sight = CAREFUL,
) -> list[tuple[str, str]]:
    """(label, value as a person reads it) of the fields that were shown and filled; what `sight` keeps back
    is masked or not shown. `filenames`: attachment id → name."""
    return list(
        _lines(
            form.fields,
            data,
            options,
            _Read(filenames or {}, sight),
            {},
        ),
    )


def holds_masked(
    form: Form, data: Mapping[str, Any], sight: Sight = CAREFUL
) -> bool:
    """Whether the data hold personal data that are shown masked and can be opened."""
    return any(
        seen.masks(field) for field, seen in _filled(form.fields, data, sight)
    )


def holds_graded(form: Form, data: Mapping[str, Any]) -> bool:
    """Whether the data hold something that is shown to those alone who are named for it."""
    return any(
        field.graded for field, _seen in _filled(form.fields, data, CAREFUL)
    )


def masked(text: str) -> str:
    """The text with its middle hidden, as 138****5678, 张* and 32****21 are."""
    if len(text) <= 4:
        return text[:1] + "*" * (len(text) - 1)
    if len(text) < 8:
        return f"{text[:1]}****{text[-1:]}"
    if len(text) <= 8:
        shown = 2
    else:
        shown = 3
    if len(text) > 10:
        last = 4
    else:
        last = 2
    return f"{text[:shown]}****{text[-last:]}"


def chosen(
    form: Form,
    data: Mapping[str, Any],
    options: Options,
) -> dict[str, dict[str, str]]:
    """Source → value → label of what was chosen from the registers: kept with a decision, it tells later what
    was read then."""
    labels = {
        source: {
            option.value: option.label for option in options.get(source, ())
        }
        for source in form.sources
    }
    result: dict[str, dict[str, str]] = {}
    for source, value in _choices_made(form.fields, data):
        if value in labels.get(source, {}):
            result.setdefault(source, {})[value] = labels[source][value]
    return result


def with_recorded(
    options: Options,
    recorded: Mapping[str, Mapping[str, str]],
) -> dict[str, list[Option]]:
    """The options with the labels that chosen() recorded before today's."""
    result = {source: list(listed) for source, listed in options.items()}
    for source, labels in recorded.items():
        then = [Option(value, label) for value, label in labels.items()]
        result[source] = [
            *(
                option
                for option in result.get(source, ())
                if option.value not in labels
            ),
            *then,
        ]
    return result


def unlabelled(
    form: Form,
    data: Mapping[str, Any],
    recorded: Mapping[str, Mapping[str, str]],
) -> set[str]:
    """Sources of which a choice has no label among those that chosen() recorded."""
    return {
        source
        for source, value in _choices_made(form.fields, data)
        if value not in recorded.get(source, {})
    }


def display(
    item: Field,
    value: Any,
    options: Options,
    filenames: Mapping[str, str],
    read: Mapping[str, Any],
) -> str:
    """One field's value as a person reads it, personal data masked; empty when there is none. `read`: the
    data around a row."""
    return _display(item, value, options, _Read(filenames, CAREFUL), read)


@dataclass(frozen=True, slots=True)
class _Read:
    """How values are read."""

    filenames: Mapping[str, str]
    sight: Sight


def _display(
    item: Field,
    value: Any,
    options: Options,
    how: _Read,
    read: Mapping[str, Any],
) -> str:
    if how.sight.hides(item):
        if value in _NOTHING or not how.sight.tells_hidden:
            return ""
        return NOT_SHOWN
    text = _plain(item, value, options, how, read)
    # The rows of a list mask their own fields.
    if item.type != "dynamiclist" and how.sight.masks(item):
        return masked(text)
    return text


def _plain(
    item: Field,
    value: Any,
    options: Options,
    how: _Read,
    read: Mapping[str, Any],
) -> str:
    if value in _NOTHING:
        return ""
    if item.drawing:
        return _drawn(str(value), options)
    if item.type == "dynamiclist":
        inside = replace(how, sight=how.sight.within(item))
        rows = [
            list(_lines(item.components, row, options, inside, read))
            for row in value
        ]
        return joined(
            "\n",
            (_numbered(number, row) for number, row in enumerate(rows, 1)),
        )
    if item.type == "checkbox":
        if value in (True, "true"):
            return say("是")
        return say("否")
    if item.type == "filepicker":
        labels = how.filenames
    else:
        labels = {
            choice.value: choice.label for choice in choices(item, options)
        }
    shown = [
        labels.get(str(entry), str(entry))
        for entry in (value if isinstance(value, list) else [value])
    ]
    if item.type == "datetime":
        return joined("、", shown).replace("T", " ")
    return joined("、", shown)


def _drawn(text: str, options: Options) -> str:
    """How many areas were drawn, by the names of the register; by their ids where it names none. The names
    that the drawing gives itself are anybody's."""
    try:
        features = json.loads(text)["features"]
        ids = [str(feature["properties"]["id"]) for feature in features]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return say("勾画的边界，{count} 个字符", count=len(text))
    return say(
        "勾画了 {count} 个片区的边界：{names}",
        count=len(ids),
        names=joined("、", _area_names(ids[:20], options)),
    )


def _area_names(ids: Sequence[str], options: Options) -> list[str]:
    labels = {
        option.value: option.label
        for listed in options.values()
        for option in listed
    }
    return [labels.get(area) or cleaned(area[:40]) for area in ids]


def _numbered(number: int, row: Sequence[tuple[str, str]]) -> str:
    facts = joined(
        "；",
        (
            say("{label}：{text}", label=label, text=text)
            for label, text in row
        ),
    )
    return say("{number}. {text}", number=number, text=facts)


def _lines(
    fields: Sequence[Field],
    data: Mapping[str, Any],
    options: Options,
    how: _Read,
    around: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    read = scope(fields, data, around)
    yield from _shown(fields, data, options, how, read)


def _shown(
    fields: Sequence[Field],
    data: Mapping[str, Any],
    options: Options,
    how: _Read,
    read: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    for field in fields:
        if not is_shown(field, read):
            continue
        if field.type == "group":
            yield from _shown(field.components, data, options, how, read)
        elif field.carries_value and (
            text := _display(field, data.get(field.key), options, how, read)
        ):
            yield field.label, text


def _filled(
    fields: Sequence[Field], data: Mapping[str, Any], sight: Sight
) -> Iterator[tuple[Field, Sight]]:
    """The fields in which something was filled in, a list before its columns, and what is seen of them."""
    for field in fields:
        if field.type == "group":
            yield from _filled(field.components, data, sight)
            continue
        if not field.carries_value or data.get(field.key) in _NOTHING:
            continue
        if field.type != "dynamiclist":
            yield field, sight
            continue
        inside = sight.within(field)
        for row in data.get(field.key) or ():
            yield from _filled(field.components, row, inside)


def _choices_made(
    fields: Sequence[Field],
    data: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    """(source, value) of what was chosen from the registers, rows of lists included."""
    for field in fields:
        if field.type == "group":
            yield from _choices_made(field.components, data)
        elif field.type == "dynamiclist":
            for row in data.get(field.key) or ():
                yield from _choices_made(field.components, row)
        elif field.options_source and (value := data.get(field.key)):
            for one in value if isinstance(value, list) else [value]:
                yield field.options_source, str(one)
