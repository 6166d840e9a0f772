"""A section of the regulation that is saved as it is shown leaves the file of every city as it is."""

from __future__ import annotations

from collections.abc import Sequence
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
                each for each, _text in regulation.listed(section, there)
            ]
        for entry in entries:
            shown = regulation.shown(section, entry, there)
            typed: dict[str, list[str]] = {}
            for setting in section.settings:
                offers = regulation.offered(profile, setting.of)
                keys = [key for key, _label in offers]
                assert len(keys) == len(set(keys)), (name, setting.key)
                typed |= sent(setting, shown[setting.key], offers)
            regulation.set_section(name, entry, typed)(there)
    assert str(there) == before


def test_a_form_with_half_a_character_is_refused() -> None:
    with pytest.raises(RuleViolated, match="无法保存的字符"):
        foreign_forms.adopt(
            rb'{"components": [], "x": "\ud800"}', "form", "表"
        )
