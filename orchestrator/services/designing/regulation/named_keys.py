"""Names in place of keys where a designer types which of known things is meant: a role, a kind of grid, a
post. The keys are accepted, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.designing.regulation.offers import offered
from orchestrator.services.designing.regulation.section_shapes import (
    ProfileSetting,
)
from orchestrator.services.designing.regulation.typed import BETWEEN, Typed

_ROWS = ("pairs", "numbers", "lists")
_BETWEEN_NAMES = "、"


def by_name(profile: Jurisdiction, setting: ProfileSetting, shown: Any) -> Any:
    """What the setting's control shows, with names in place of the keys that have one of their own."""
    if shown and setting.kind == "table":
        return [
            {
                column.key: by_name(profile, column, row.get(column.key))
                for column in setting.columns
            }
            for row in shown
        ]
    if not shown or setting.kind not in (*_ROWS, "words", "citation"):
        return shown
    right = _names(profile, _right(setting))
    if setting.kind == "citation":
        return right.get(shown, shown)
    if setting.kind == "words":
        lines = (right.get(line, line) for line in shown.split("\n"))
        return "\n".join(lines)
    left = _names(profile, setting.left)
    return [
        (left.get(key, key), _each(right, value, setting))
        for key, value in shown
    ]


def by_key(
    profile: Jurisdiction, settings: Sequence[ProfileSetting], typed: Typed
) -> Typed:
    """What was typed, with the keys in place of the names that by_name shows."""
    result = dict(typed)
    columns = [
        replace(column, key=f"{setting.key}.{column.key}")
        for setting in settings
        for column in setting.columns
    ]
    for setting in (*settings, *columns):
        right = _keys(profile, _right(setting))
        if setting.kind in _ROWS:
            left = _keys(profile, setting.left)
            _replace(result, f"{setting.key}.key", left, None)
            _replace(result, f"{setting.key}.value", right, setting)
        elif setting.kind in ("words", "citation"):
            _replace(result, setting.key, right, setting)
    return result


def suggested(
    profile: Jurisdiction, setting: ProfileSetting
) -> tuple[list[str], list[str]]:
    """The names that the left and the right side of a row may have."""
    if setting.kind not in _ROWS:
        return [], []
    return (
        list(_names(profile, setting.left).values()),
        list(_names(profile, setting.of).values()),
    )


def _right(setting: ProfileSetting) -> str:
    """What may be named where the setting's value is typed."""
    if setting.kind == "citation":
        return "no_article"
    return setting.of


def _names(profile: Jurisdiction, name: str) -> Mapping[str, str]:
    """Key → name, of those whose name nothing else of the list has."""
    choices = offered(profile, name) if name else []
    often = Counter(str(label) for _key, label in choices)
    return {key: str(label) for key, label in choices if often[label] == 1}


def _keys(profile: Jurisdiction, name: str) -> Mapping[str, str]:
    return {label: key for key, label in _names(profile, name).items()}


def _replace(
    typed: dict[str, Sequence[str]],
    control: str,
    keys: Mapping[str, str],
    setting: ProfileSetting | None,
) -> None:
    if not keys or control not in typed:
        return
    if setting is not None and setting.kind == "words":
        typed[control] = [
            "\n".join(
                keys.get(line.strip(), line) for line in text.split("\n")
            )
            for text in typed[control]
        ]
        return
    typed[control] = [
        _each(keys, text.strip(), setting) for text in typed[control]
    ]


def _each(
    words: Mapping[str, str], text: str, setting: ProfileSetting | None
) -> str:
    """The text in other words; of a list each part."""
    if setting is None or setting.kind != "lists":
        return words.get(text, text)
    parts = (part for part in BETWEEN.split(text) if part)
    return _BETWEEN_NAMES.join(words.get(part, part) for part in parts)
