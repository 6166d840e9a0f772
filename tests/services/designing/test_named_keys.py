"""A designer reads and types names in place of keys; a name that two things have stands for neither."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.services.designing.regulation import named_keys
from orchestrator.services.designing.regulation.section_shapes import (
    ProfileSetting,
)

CITY = Path(__file__).parents[3] / "bpmn" / "zhenjiang"


def test_what_two_things_are_called_is_shown_by_its_key() -> None:
    profile = parse_jurisdiction((CITY / "jurisdiction.toml").read_text())
    names = {**profile.levels.names, "county": "基层", "township": "基层"}
    alike = replace(profile, levels=replace(profile.levels, names=names))
    community = names["community"]
    words = ProfileSetting("said", "说明", "words", of="levels")
    shown = named_keys.by_name(alike, words, "county\ntownship\ncommunity")
    assert shown == f"county\ntownship\n{community}"
    typed = named_keys.by_key(alike, [words], {"said": [shown]})
    assert typed["said"] == ["county\ntownship\ncommunity"]
    pairs = ProfileSetting("said", "说明", "pairs", left="levels")
    suggested, _right = named_keys.suggested(alike, pairs)
    assert community in suggested and "基层" not in suggested
