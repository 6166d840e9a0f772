"""A section of the regulation that is saved as it is shown leaves the file of every city as it is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.errors import RuleViolated
from orchestrator.services.designing import foreign_forms, regulation

ROOT = Path(__file__).parents[3]
CITIES = sorted(
    each.parent.name for each in (ROOT / "bpmn").glob("*/jurisdiction.toml")
)


def sent(
    setting: regulation.ProfileSetting,
    value: Any,
    offers: Sequence[tuple[str, str]],
) -> dict[str, list[str]]:
    """What a browser sends of the control as it shows the value."""
    key = setting.key
    if setting.kind in ("pairs", "numbers", "lists"):
        return {
            f"{key}.key": [left for left, _right in value],
            f"{key}.value": [right for _left, right in value],
        }
    if setting.kind == "choices":
        return {key: [each for each, _label in offers if each in value]}
    if setting.kind == "table":
        return {
            f"{key}.{each.key}": [row[each.key] for row in value]
            for each in setting.columns
        }
    if setting.kind == "flag":
        return {key: ["1"] * value}
    return {key: [value]}


@pytest.mark.parametrize("city", CITIES)
def test_what_is_saved_unchanged_leaves_the_file_as_it_is(city: str) -> None:
    path = ROOT / "bpmn" / city / "jurisdiction.toml"
    before = path.read_text("utf-8")
    profile = parse_jurisdiction(before)
    there = regulation.ProfileText(before)
    for name, section in regulation.SECTIONS.items():
        entries: list[regulation.ProfileEntry | None] = [None]
        if section.entries:
            entries = [
                each
                for each, _name, _text in regulation.listed(
                    section, there, profile
                )
            ]
        for entry in entries:
            shown = regulation.shown(section, entry, there)
            typed: dict[str, list[str]] = {}
            for setting in section.settings:
                offers = regulation.offered_for(
                    profile, setting, shown[setting.key]
                )
                named = regulation.by_name(
                    profile, setting, shown[setting.key]
                )
                assert named != "default", (name, setting.key)
                keys = [key for key, _label in offers]
                assert len(keys) == len(set(keys)), (name, setting.key)
                typed |= sent(setting, named, offers)
            regulation.set_section(name, entry, typed)(there)
    assert str(there) == before


FIXED = ("key", "city_code", "timezone")
"""What places, accounts and matters hang on: no form changes it."""


def leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The places of a file where a value stands; the place of a row is that of its list."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif value and isinstance(value, list) and isinstance(value[0], dict):
        for each in value:
            yield from leaves(each, path)
    else:
        yield path


def shown_at(section: regulation.ProfileSection) -> Iterator[tuple[str, ...]]:
    """The places of its settings, with `*` for a name."""
    named: tuple[str, ...] = ()
    if section.entries in ("named", "grouped"):
        named = ("*", *section.below)
    for setting in section.settings:
        yield (*section.path, *named, *setting.key.split("."))


@pytest.mark.parametrize("city", CITIES)
def test_every_setting_of_a_profile_stands_in_a_form(city: str) -> None:
    path = ROOT / "bpmn" / city / "jurisdiction.toml"
    known = [
        place
        for section in regulation.SECTIONS.values()
        for place in shown_at(section)
    ]
    found = set(leaves(tomllib.loads(path.read_text("utf-8")), ()))
    missing = [
        ".".join(place)
        for place in found
        if place[0] not in FIXED and not any(covers(k, place) for k in known)
    ]
    assert not missing


def covers(known: tuple[str, ...], place: tuple[str, ...]) -> bool:
    """Whether the control at `known` shows what stands at `place`: a table's control shows all below it."""
    parts = zip(known, place, strict=False)
    return len(known) <= len(place) and all(
        one in ("*", other) for one, other in parts
    )


def test_a_form_with_half_a_character_is_refused() -> None:
    with pytest.raises(RuleViolated, match="无法保存的字符"):
        foreign_forms.adopt(
            rb'{"components": [], "x": "\ud800"}', "form", "表"
        )
