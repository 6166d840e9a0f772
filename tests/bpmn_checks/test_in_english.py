"""What a check says is English through and through for a reader of English; names of the diagram stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

from orchestrator import sentences
from tests.bpmn_checks.test_bad import BAD, errors
from tests.house.test_translations import CATALOGUE

NAMES = re.compile(
    '“[^“”]*(“[^“”]*”[^“”]*)*”|"[^"]*"|\\([^()]*\\)|\\d+(工作日|小时|天)'
)
"""What is quoted, what stands in brackets behind a key, and limits as a diagram writes them."""
CITED = re.compile("第[一二三四五六七八九十百]+条")
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def english() -> Iterator[None]:
    with CATALOGUE.open("rb") as source:
        catalogue = {
            message.id: str(message.string)
            for message in read_po(source)
            if message.id
        }
    before = sentences._catalogue[0]
    sentences.speak_with(lambda pattern: catalogue.get(pattern, pattern))
    yield
    sentences.speak_with(before)


def test_every_refusal_of_a_bad_diagram_is_in_english(english: None) -> None:
    """Slow for its hundred diagrams: it finds a sentence that lost its pattern on the way."""
    spoken = [
        sentences.spoken(finding.message)
        for path in BAD
        for finding in errors(path)
    ]
    assert len(spoken) > 90
    left = [
        text
        for text in spoken
        if CHINESE.search(CITED.sub("", NAMES.sub("", text)))
    ]
    assert left == []
