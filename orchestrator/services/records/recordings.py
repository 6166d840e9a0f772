"""Short videos and voice recordings: what kind a file is by its content, and how long it plays."""

from __future__ import annotations

import struct

LONGEST_VIDEO_SECONDS = 60
LONGEST_VOICE_SECONDS = 180
MOST_BOXES = 200
"""Parts of a film that are looked through for its length."""

_BITRATES = (
    0,
    32,
    40,
    48,
    56,
    64,
    80,
    96,
    112,
    128,
    160,
    192,
    224,
    256,
    320,
)
"""Of MPEG 1 layer 3, by the number in a frame's head; kilobits a second."""
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""Of MPEG 2 and 2.5."""


def seconds_of(content: bytes, suffix: str) -> float | None:
    """How long the recording plays; None where the content is not what the file's extension says.

    `suffix`: `.mp4`, `.mov`, `.m4a`, `.mp3` or `.wav`. Never raises.
    """
    try:
        if suffix in (".mp4", ".mov", ".m4a"):
            return _of_film(content)
        if suffix == ".mp3":
            return _of_mp3(content)
        return _of_wave(content)
    except (struct.error, ValueError, IndexError, ZeroDivisionError):
        return None


def _of_film(content: bytes) -> float | None:
    """ISO base media: the length stands in the box `mvhd` inside `moov`."""
    if content[4:8] != b"ftyp":
        return None
    found = _box(content, 0, len(content), b"moov")
    if found is None:
        return None
    head = _box(content, *found, b"mvhd")
    if head is None:
        return None
    start = head[0]
    if content[start] == 1:
        scale, length = struct.unpack_from(">IQ", content, start + 20)
    else:
        scale, length = struct.unpack_from(">II", content, start + 12)
    return float(length) / float(scale)


def _box(
    content: bytes, start: int, end: int, wanted: bytes
) -> tuple[int, int] | None:
    """Where the first box of that name has its content, between the two places."""
    for _number in range(MOST_BOXES):
        if start + 8 > end:
            return None
        size, name = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, start + 8)
            head = 16
        elif size == 0:
            size = end - start
        if size < head:
            return None
        if name == wanted:
            return start + head, min(start + size, end)
        start += size
    return None


def _of_mp3(content: bytes) -> float | None:
    start = 0
    if content[:3] == b"ID3":
        parts = content[6:10]
        start = 10 + sum(
            (each & 0x7F) << shift
            for each, shift in zip(parts, (21, 14, 7, 0), strict=True)
        )
    first, second, third = content[start : start + 3]
    layer_3 = first == 0xFF and second & 0xE6 == 0xE2
    if not layer_3:
        return None
    if second & 0x18 == 0x18:
        rate = _BITRATES[third >> 4]
    else:
        rate = _BITRATES_2[third >> 4]
    return (len(content) - start) * 8 / (rate * 1000)


def _of_wave(content: bytes) -> float | None:
    if content[:4] != b"RIFF" or content[8:16] != b"WAVEfmt ":
        return None
    (a_second,) = struct.unpack_from("<I", content, 28)
    return float(len(content) / a_second)
