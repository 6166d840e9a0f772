"""What a scenario fills into a form, said anew in the words of the form that takes its place: fields and
options that are called otherwise, in the rows of tables too. Dates, numbers and files stay as written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forms import Field, Option, inputs
from orchestrator.sentences import say
from orchestrator.services.simulation.vocabulary import (
    field_named,
    option_named,
)

Changes = list[tuple[str, str]]
"""(as it stands, as it would be), in words; the second is empty for what is no longer asked."""

_TELLING = frozenset({"datetime", "filepicker", "dynamiclist"})
"""Types of fields that say what is asked for."""


def translated(
    old: Sequence[Field], new: Sequence[Field], given: Mapping[str, Any]
) -> tuple[dict[str, Any], Changes]:
    """What is filled in, in the words of the new fields, and what that changes. What neither form has stays
    as it is."""
    partners = _partners(old, new)
    labels = [field.label for field in new]
    filled: dict[str, Any] = {}
    changes: Changes = []
    for name, value in given.items():
        before = field_named(old, name)
        after = field_named(new, name)
        called = name
        if after is None and before is not None:
            after = partners.get(before.key)
            if after is None:
                changes.append((f"{name}：{_shown(value)}", ""))
                continue
            alone = labels.count(after.label) == 1
            # Plain text: a scenario's file holds no sentences of a catalogue.
            called = str(after.label if alone and after.label else after.key)
        if before is None or after is None:
            filled[called] = value
            continue
        filled[called], inner = _value(before, after, value)
        if called != name:
            changes.append((name, called))
        changes += inner
    return filled, changes


def renamed_variables(
    old: Sequence[Field], new: Sequence[Field]
) -> dict[str, tuple[Field, Field]]:
    """Key of an old field that the new form keeps under another key or with other options → both fields."""
    known = {field.key: field for field in old}
    return {
        key: (known[key], field)
        for key, field in _partners(old, new).items()
        if field.key != key or field.options != known[key].options
    }


def stored(before: Field, after: Field, value: Any) -> Any:
    """The value as the new field keeps it: an option that is gone by the one in its place."""
    if isinstance(value, list):
        return [stored(before, after, entry) for entry in value]
    if any(option.value == value for option in after.options):
        return value
    now = _same_option(before, after, str(value))
    return str(now.value) if now else value


def _value(before: Field, after: Field, value: Any) -> tuple[Any, Changes]:
    """The value in the words of the new field."""
    if before.type == after.type == "dynamiclist":
        return _rows(before, after, value)
    if not (before.options and after.options):
        return value, []
    if isinstance(value, list):
        texts = [_option(before, after, str(entry)) for entry in value]
        pairs = zip(map(str, value), texts, strict=True)
        return texts, [(was, now) for was, now in pairs if was != now]
    text = _option(before, after, str(value))
    if text == str(value):
        return value, []
    return text, [(str(value), text)]


def _rows(before: Field, after: Field, value: Any) -> tuple[Any, Changes]:
    """The rows of a table, each in the words of its new columns."""
    if not isinstance(value, list):
        return value, []
    rows = []
    changes: Changes = []
    for row in value:
        if not isinstance(row, Mapping):
            return value, []
        columns = list(inputs(before.components))
        filled, inner = translated(
            columns, list(inputs(after.components)), row
        )
        rows.append(filled)
        changes += [change for change in inner if change not in changes]
    return rows, changes


def _option(before: Field, after: Field, text: str) -> str:
    """What the chosen option is called in the new field; as it was where nothing takes its place."""
    named = option_named(after.options, text)
    # A word that only means the same gives way to the new one.
    if named and (text == named.value or text in str(named.label)):
        return text
    was = option_named(before.options, text)
    if was is None:
        return text
    there = _same_option(before, after, was.value)
    return str(there.label) if there else text


def _same_option(before: Field, after: Field, value: str) -> Option | None:
    """The new option of that value or label, else the one in its place."""
    labels = {option.label: option.value == value for option in before.options}
    for option in after.options:
        if option.value == value or labels.get(option.label):
            return option
    return _in_its_place(before, after).get(value)


def _in_its_place(before: Field, after: Field) -> dict[str, Option]:
    """Value of the option that is gone → the new one, where one alone went and one alone came: of several,
    nobody knows which takes whose place."""
    gone = _only_in(before, after)
    came = _only_in(after, before)
    if len(gone) == len(came) == 1:
        return {gone[0].value: came[0]}
    return {}


def _only_in(field: Field, other: Field) -> list[Option]:
    """The options whose value and label the other field has nowhere."""
    values = {option.value for option in other.options}
    labels = {option.label for option in other.options}
    return [
        option
        for option in field.options
        if option.value not in values and option.label not in labels
    ]


def _partners(old: Sequence[Field], new: Sequence[Field]) -> dict[str, Field]:
    """Key of an old field → the new field that asks for the same: that of its key, else that of its label,
    else the only other one of its type, where the type says what is asked for, else the only other one."""
    partners: dict[str, Field] = {}
    rules: tuple[Callable[[Field], str], ...] = (
        lambda field: field.key,
        lambda field: field.label,
        _by_type,
    )
    for rule in rules:
        taken = {field.key for field in partners.values()}
        left = [field for field in old if field.key not in partners]
        free = [field for field in new if field.key not in taken]
        for field in left:
            mine = [one for one in left if rule(one) == rule(field)]
            there = [one for one in free if rule(one) == rule(field)]
            if len(mine) != 1 or len(there) != 1:
                continue
            if rule is not _by_type or _alike(field, there[0]):
                partners[field.key] = there[0]
    return partners | _renamed(old, new, partners)


def _renamed(
    old: Sequence[Field], new: Sequence[Field], partners: Mapping[str, Field]
) -> dict[str, Field]:
    """The one text or number that has another key and label and stands where it stood, in a form that is the
    same but for it."""
    if not 1 < len(old) == len(new) == len(partners) + 1:
        return {}
    same = [
        after is partners.get(before.key)
        for before, after in zip(old, new, strict=True)
    ]
    if same.count(False) != 1:
        return {}
    before, after = old[same.index(False)], new[same.index(False)]
    if before.type != after.type or before.options or after.options:
        return {}
    return {before.key: after}


def _by_type(field: Field) -> str:
    return field.type


def _alike(before: Field, after: Field) -> bool:
    """Whether two fields of one type ask for the same under other names: dates, files and tables, and choices
    that have an option in common. Texts and numbers may be anything."""
    if before.options and after.options:
        return len(_only_in(before, after)) < len(before.options)
    return before.type in _TELLING


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return say("{count} 项", count=len(value))
    return str(value)
