"""Short videos and voice recordings: what kind a file is by its content, and how long it plays."""

from __future__ import annotations

import struct

from orchestrator.services.records import film_lengths, mp3_lengths

LONGEST_VIDEO_SECONDS = 60
LONGEST_VOICE_SECONDS = 180
MOST_CHUNKS = 200
"""Parts of a WAV recording that are looked through."""


def seconds_of(content: bytes, suffix: str) -> float | None:
    """How long the recording plays; None where the content is not what the file's extension says, or does not
    tell its length.

    `suffix`: `.mp4`, `.mov`, `.m4a`, `.mp3` or `.wav`. Never raises.
    """
    try:
        if suffix in (".mp4", ".mov", ".m4a"):
            return film_lengths.seconds(content, suffix == ".mov")
        if suffix == ".mp3":
            return mp3_lengths.seconds(content)
        return _of_wave(content)
    except (struct.error, ValueError, IndexError, ZeroDivisionError):
        return None


def _of_wave(content: bytes) -> float | None:
    """By the sound's size; other parts may stand before and behind its format."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    a_second = None
    length = len(content)
    place = 12
    for _number in range(MOST_CHUNKS):
        if place + 8 > len(content):
            break
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"fmt ":
            (a_second,) = struct.unpack_from("<I", content, place + 16)
        if name == b"data":
            # A recorder that could not go back left 0 or the largest number.
            length = min(size or length, length - place - 8)
            break
        place += 8 + size + size % 2
    if a_second is None:
        return None
    return float(length / a_second)
