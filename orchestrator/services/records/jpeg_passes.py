"""In how many passes a JPEG is drawn: each takes the decoder once over the whole picture, however few bytes
it has."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST = 60
"""Cameras and programs write one to a dozen."""
MOST_PARTS = 50_000
"""Parts of a file that are looked through: a photograph has some dozen."""
_MARK = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
"""What begins a part; the others stand within a pass or carry nothing."""
_PASS = 0xDA
_END = 0xD9


def too_many(content: bytes) -> bool:
    """Whether decoding it would take very long; false for what is no JPEG."""
    if not content.startswith(b"\xff\xd8"):
        return False
    passes = 0
    for number, kind in enumerate(_parts(content)):
        passes += kind == _PASS
        if passes > MOST or number > MOST_PARTS:
            return True
    return False


def _parts(content: bytes) -> Iterator[int]:
    """The kind of each part up to the end of the first picture: previews and films may stand behind it."""
    place = 2
    while match := _MARK.search(content, place):
        (kind,) = match[1]
        if kind == _END:
            return
        yield kind
        length = int.from_bytes(content[match.end() : match.end() + 2], "big")
        place = match.end() + max(length, 2)
