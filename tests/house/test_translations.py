"""Every sentence for people comes from a catalogue, has its English there, and no entry is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "web/translations/en/LC_MESSAGES/messages.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext.babel_extract")]
KEYWORDS = {
    **{name: None for name in ("_", "gettext", "lazy_gettext", "N_", "say", "joined")},
    "ngettext": (1, 2),
}
HAN = re.compile("[\u3400-\u9fff]")


def _used() -> set[str]:
    return {
        message
        for room in ("web", "orchestrator", "forms")
        for _file, _line, message, *_ in extract_from_dir(str(ROOT / room), METHODS, keywords=KEYWORDS)
        if isinstance(message, str) and message.strip()
    }


def test_the_english_catalogue_is_complete_and_holds_nothing_else() -> None:
    used = _used()
    with CATALOGUE.open("rb") as source:
        catalogue = {message.id: message.string for message in read_po(source) if message.id}
    assert used - catalogue.keys() == set()
    assert catalogue.keys() - used == set()
    for sentence, english in catalogue.items():
        assert english, sentence
        for gap in (r"%\(\w+\)\w", r"(?<!\{)\{\w+[^{}]*\}"):
            assert set(re.findall(gap, str(sentence))) == set(re.findall(gap, str(english))), sentence
