"""How long a film or voice recording of ISO base media (MP4, QuickTime) plays."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MOST_BOXES = 100_000
"""Parts of a film that are looked through for its length."""
_QUICKTIME_BEGINS = (b"moov", b"mdat", b"wide", b"free", b"skip")
"""Older cameras of QuickTime write no `ftyp`."""
_UNKNOWN = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
"""A length that was not known yet when the head was written."""
_HAS_OFFSET = 0x1
_HAS_FIRST_FLAGS = 0x4
_HAS_DURATIONS = 0x100
_OF_A_SAMPLE = (_HAS_DURATIONS, 0x200, 0x400, 0x800)
"""Flags of `trun`: each tells of four bytes that every sample has."""


def seconds(content: bytes, quicktime: bool) -> float | None:
    """The length that the film's head tells, or its fragments where the head does not know it; None where it
    is no film or tells none.

    Raises ValueError, IndexError, struct.error and ZeroDivisionError for a damaged one.
    """
    first = content[4:8]
    begins_so = quicktime and first in _QUICKTIME_BEGINS
    if first != b"ftyp" and not begins_so:
        return None
    film = _Film(content)
    moov = film.one(0, len(content), b"moov")
    if moov is None:
        return None
    head = film.one(*moov, b"mvhd")
    if head is None:
        return None
    scale, length = film.scale_and_length(head[0])
    if length in _UNKNOWN:
        return film.by_fragments(moov)
    return length / scale


@dataclass(slots=True)
class _Film:
    content: bytes
    seen: int = 0

    def boxes(
        self, start: int, end: int
    ) -> Iterator[tuple[bytes, tuple[int, int]]]:
        """Name of each box between the two places, and where it has its content."""
        while start + 8 <= end:
            self.seen += 1
            if self.seen > MOST_BOXES:
                raise ValueError("too many boxes")
            size, name = struct.unpack_from(">I4s", self.content, start)
            head = 8
            if size == 1:
                (size,) = struct.unpack_from(">Q", self.content, start + 8)
                head = 16
            elif size == 0:
                size = end - start
            if size < head:
                return
            yield name, (start + head, min(start + size, end))
            start += size

    def all(
        self,
        start: int,
        end: int,
        wanted: bytes,
    ) -> Iterator[tuple[int, int]]:
        """The boxes of that name."""
        for name, place in self.boxes(start, end):
            if name == wanted:
                yield place

    def one(
        self,
        start: int,
        end: int,
        wanted: bytes,
    ) -> tuple[int, int] | None:
        """The first box of that name."""
        return next(self.all(start, end, wanted), None)

    def scale_and_length(self, start: int) -> tuple[int, int]:
        """Of `mvhd` and `mdhd`: units a second, and the length in them."""
        layout = ">II"
        place = start + 12
        if self.content[start] == 1:
            layout = ">IQ"
            place = start + 20
        scale, length = struct.unpack_from(layout, self.content, place)
        return scale, length

    def number_at(self, place: int) -> int:
        (result,) = struct.unpack_from(">I", self.content, place)
        return int(result)

    def by_fragments(self, moov: tuple[int, int]) -> float | None:
        """The length of the longest track by its fragments; None where there are none."""
        scales = dict(self._scales(moov))
        usual: dict[int, int] = {}
        extends = self.one(*moov, b"mvex")
        if extends is not None:
            for start, _end in self.all(*extends, b"trex"):
                usual[self.number_at(start + 4)] = self.number_at(start + 12)
        lengths: dict[int, int] = {}
        for moof in self.all(0, len(self.content), b"moof"):
            for place in self.all(*moof, b"traf"):
                track, length = self._fragment(place, usual)
                lengths[track] = lengths.get(track, 0) + length
        fragments = [
            length / scales[track]
            for track, length in lengths.items()
            if track in scales
        ]
        longest = max(fragments, default=0.0)
        return longest or None

    def _scales(self, moov: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """Number of each track, and its units a second."""
        for trak in self.all(*moov, b"trak"):
            head = self.one(*trak, b"tkhd")
            media = self.one(*trak, b"mdia")
            if head is None or media is None:
                continue
            place = head[0] + 12
            if self.content[head[0]] == 1:
                place = head[0] + 20
            media_head = self.one(*media, b"mdhd")
            if media_head is not None:
                scale, _length = self.scale_and_length(media_head[0])
                yield self.number_at(place), scale

    def _fragment(
        self, place: tuple[int, int], usual: dict[int, int]
    ) -> tuple[int, int]:
        """Number of the track, and how many units the fragment plays."""
        head = self.one(*place, b"tfhd")
        if head is None:
            raise ValueError("a fragment of no track")
        flags = self.number_at(head[0]) & 0xFFFFFF
        track = self.number_at(head[0] + 4)
        duration = usual.get(track, 0)
        if flags & 0x8:
            before = 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
            duration = self.number_at(head[0] + 8 + before)
        runs = self.all(*place, b"trun")
        return track, sum(self._run(*run, duration) for run in runs)

    def _run(self, start: int, end: int, duration: int) -> int:
        flags = self.number_at(start) & 0xFFFFFF
        count = self.number_at(start + 4)
        if not flags & _HAS_DURATIONS:
            return count * duration
        first = start + 8
        first += 4 * bool(flags & _HAS_OFFSET)
        first += 4 * bool(flags & _HAS_FIRST_FLAGS)
        numbers = sum(bool(flags & value) for value in _OF_A_SAMPLE)
        last = first + count * numbers * 4
        if last > end:
            raise ValueError("a run is cut off")
        facts = struct.unpack(f">{count * numbers}I", self.content[first:last])
        return sum(facts[::numbers])
