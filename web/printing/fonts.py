"""The fonts of printed pages, and which characters they hold. The launcher calls `prepare` after the asset
build."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent.parent / "static" / "dist" / "fonts"
"""Put there by the asset build, so that a page looks the same wherever it was printed."""

FAMILIES = (
    "Noto Sans SC",
    "Noto Serif Tibetan",
    "Noto Emoji",
    "UnifontExMono",
)
"""In the order in which they are asked for a character: the last one holds most scripts of the world, drawn
coarsely."""

_HELD = FONTS / "held.json"
_PACKED = "UnifontEX.woff"


def prepare(folder: Path = FONTS) -> None:
    """Unpacks the web font that Typst cannot read, and writes down which characters the fonts of the folder
    hold."""
    # It tells of harmless oddities of the web font, which a person who installs cannot judge.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    packed = TTFont(folder / _PACKED)
    packed.flavor = None
    packed.save(folder / "UnifontEX.ttf")
    held: set[int] = set()
    for file in sorted(folder.glob("*.ttf")):
        held |= TTFont(file).getBestCmap().keys()
    (folder / _HELD.name).write_text(json.dumps(list(_ranges(sorted(held)))))


@cache
def held() -> frozenset[int]:
    """Code points for which at least one font has a drawing."""
    return frozenset(
        point
        for first, last in json.loads(_HELD.read_text())
        for point in range(first, last + 1)
    )


def _ranges(points: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Sorted numbers as (first, last) of each run without a gap."""
    for _, run in groupby(
        enumerate(points),
        lambda place: place[1] - place[0],
    ):
        numbers = [number for _, number in run]
        yield numbers[0], numbers[-1]
