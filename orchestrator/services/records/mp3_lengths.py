"""How long an MP3 recording plays."""

from __future__ import annotations

from dataclasses import dataclass

_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Of MPEG 1 layer 3, by the number in a frame's head; kilobits a second."""
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""Of MPEG 2 and 2.5."""
_RATES = (44_100, 48_000, 32_000)
"""Samples a second of MPEG 1."""
_DIVIDED = {3: 1, 2: 2, 0: 4}
"""Version as a frame's head tells it → what those rates are divided by."""
MOST_SECONDS = 3_600
"""Frames are counted no further."""


@dataclass(frozen=True, slots=True)
class _Frame:
    bitrate: int
    """Bits a second."""
    size: int
    seconds: float
    beside: int
    """Bytes between its head and its sound."""


def seconds(content: bytes) -> float | None:
    """By the number of frames that the first one tells; else by the frames, and where they do not fill the
    file by the bitrate of the first. None where it is no MP3.

    Raises ValueError, IndexError and ZeroDivisionError for a damaged one.
    """
    start = 0
    if content[:3] == b"ID3":
        parts = content[6:10]
        start = 10 + sum(
            (value & 0x7F) << shift
            for value, shift in zip(parts, (21, 14, 7, 0), strict=True)
        )
    first = _frame(content, start)
    if first is None:
        return None
    outcome = _told_frames(content, start, first)
    if outcome:
        return outcome * first.seconds
    length = len(content) - start
    counted, filled = _counted(content, start)
    if filled > 0.9 * length or counted > MOST_SECONDS:
        return counted
    return length * 8 / first.bitrate


def _frame(content: bytes, start: int) -> _Frame | None:
    head = content[start : start + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version = head[1] >> 3 & 3
    bitrates = _BITRATES_2
    samples = 576
    mono = head[3] >> 6 == 3
    beside = 17
    if version == 3:
        bitrates = _BITRATES
        samples = 1152
        beside = 32
    if mono:
        beside = {32: 17, 17: 9}[beside]
    number = head[2] >> 2 & 3
    if version not in _DIVIDED or number > 2 or head[2] >> 4 in (0, 15):
        return None
    rate = _RATES[number] // _DIVIDED[version]
    bitrate = bitrates[head[2] >> 4] * 1000
    padding = head[2] >> 1 & 1
    size = samples // 8 * bitrate // rate + padding
    return _Frame(bitrate, size, samples / rate, beside)


def _told_frames(content: bytes, start: int, first: _Frame) -> int:
    """How many frames the first one says that there are; 0 where it does not say."""
    place = start + 4 + first.beside
    if content[place : place + 4] in (b"Xing", b"Info"):
        if not content[place + 7] & 1:
            return 0
        return int.from_bytes(content[place + 8 : place + 12])
    if content[start + 36 : start + 40] == b"VBRI":
        return int.from_bytes(content[start + 50 : start + 54])
    return 0


def _counted(content: bytes, start: int) -> tuple[float, int]:
    """Seconds of the frames that stand one behind the other, and how many bytes they fill."""
    result = 0.0
    place = start
    while result <= MOST_SECONDS:
        frame = _frame(content, place)
        if frame is None:
            break
        result += frame.seconds
        place += frame.size
    return result, min(place, len(content)) - start
