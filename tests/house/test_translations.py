"""Every sentence of the pages has its English, and no entry is left over."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "web"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext.babel_extract")]


def test_the_english_catalogue_is_complete_and_holds_nothing_else() -> None:
    used = {
        message
        for _file, _line, message, *_ in extract_from_dir(str(WEB), METHODS)
        if isinstance(message, str)
    }
    with (WEB / "translations/en/LC_MESSAGES/messages.po").open("rb") as source:
        catalogue = {message.id: message.string for message in read_po(source) if message.id}
    assert used == catalogue.keys()
    for sentence, english in catalogue.items():
        assert english, sentence
        assert set(re.findall(r"%\(\w+\)\w", str(sentence))) == set(
            re.findall(r"%\(\w+\)\w", str(english))
        ), sentence
