"""A file is one noun or one verb; what grows longer is divided by what it does."""

from __future__ import annotations

from tests.house.test_sentences import modules

LONGEST = 450
"""Lines of at most 79 signs. About 350 is the aim."""

STILL_LONGER: dict[str, int] = {}
"""File → the most it may have until it is divided."""


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {
        name: len(file.read_text("utf-8").splitlines())
        for name, file in modules()
    }
    found = {
        name: lines
        for name, lines in lengths.items()
        if lines > STILL_LONGER.get(name, LONGEST)
    }
    assert found == {}
    assert [
        name for name in STILL_LONGER if lengths.get(name, 0) <= LONGEST
    ] == []
