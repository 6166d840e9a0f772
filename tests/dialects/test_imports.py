"""Diagrams as other tools write them: each import tells exactly what became of what, and leaves nothing that decides a matter unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from orchestrator.engine import check
from orchestrator.engine.dialects import Conversion, convert

FOLDER = Path(__file__).parent / "diagrams"
FILES = sorted(path.name for path in FOLDER.glob("*.bpmn"))
EXPECTED = yaml.safe_load((FOLDER.parent / "expected.yaml").read_text())


def converted(name: str) -> Conversion:
    return convert((FOLDER / name).read_bytes())


@pytest.mark.parametrize("name", FILES)
def test_the_report_says_exactly_what_became_of_what(name: str) -> None:
    found, expected = converted(name), EXPECTED[name]
    wanted = [
        (str(element), *entry.rsplit(" ", 1))
        for element, entries in expected["report"].items()
        for entry in (part.strip() for part in entries.split(","))
    ]
    assert found.dialect == expected["dialect"]
    assert sorted((str(line.element_id), line.attribute, line.verdict) for line in found.lines) == sorted(wanted)


@pytest.mark.parametrize("name", FILES)
def test_each_line_is_a_sentence_for_a_designer(name: str) -> None:
    for line in converted(name).lines:
        assert any("一" <= letter <= "鿿" for letter in line.told), line
        assert "None" not in line.told and "{}" not in line.told, line


@pytest.mark.parametrize("name", FILES)
def test_what_is_unsupported_is_refused_at_its_element_until_somebody_has_seen_to_it(name: str) -> None:
    found = converted(name)
    refused = {each.element_id for each in check({name: found.diagram.encode()}, {}) if each.severity == "error"}
    assert {line.element_id for line in found.lines if line.verdict == "unsupported"} <= refused


@pytest.mark.parametrize("name", FILES)
def test_what_was_converted_is_converted_to_itself(name: str) -> None:
    once = converted(name).diagram
    assert convert(once.encode()).diagram == once
