"""Every sentence for people comes from a catalogue, has its English there, and no entry is left over."""

from __future__ import annotations

import re
import tomllib
from string import Formatter

from babel.messages.pofile import read_po

from tests.house import extracting

CATALOGUE = extracting.ROOT / "web/translations/en/LC_MESSAGES/messages.po"
BPMN = extracting.ROOT / "bpmn"
_STARTABLE = re.compile(
    r'<bpmn:process id="\w+" name="([^"]+)"[^>]* camunda:candidateStarterGroups='
)


def own_names() -> set[str]:
    """What the pages show in the cities' own words: procedures, levels, kinds of grids."""
    profiles = [
        tomllib.loads(file.read_text("utf-8"))
        for file in BPMN.glob("*/jurisdiction.toml")
    ]
    procedures = {
        name
        for file in BPMN.glob("*/*.bpmn")
        for name in _STARTABLE.findall(file.read_text("utf-8"))
    }
    levels = {
        name for profile in profiles for name in profile["levels"].values()
    }
    return (
        procedures
        | levels
        | {
            name
            for profile in profiles
            for name in profile["grid"]["kinds"].values()
        }
    )


def test_the_english_catalogue_is_complete_and_holds_nothing_else() -> None:
    used = set(extracting.texts())
    with CATALOGUE.open("rb") as source:
        catalogue = {
            message.id: message.string
            for message in read_po(source)
            if message.id
        }
    used |= own_names()
    assert used - catalogue.keys() == set()
    assert catalogue.keys() - used == set()
    for sentence, english in catalogue.items():
        assert english, sentence
        for gap in (r"%\(\w+\)\w", r"(?<!\{)\{\w+[^{}]*\}"):
            assert set(re.findall(gap, str(sentence))) == set(
                re.findall(gap, str(english))
            ), sentence


def test_every_sentence_is_given_what_its_pattern_asks_for() -> None:
    calls = list(extracting.sentences())
    assert len(calls) > 300
    for file, call, pattern in calls:
        given = {each.arg for each in call.keywords}
        asked = {
            name
            for _text, name, _spec, _conversion in Formatter().parse(pattern)
            if name is not None
        }
        assert not call.keywords or asked == given, f"{file}:{call.lineno}"
