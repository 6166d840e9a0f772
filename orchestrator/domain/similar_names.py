"""Which items have a name like another one: what a reviewer compares before something is listed twice under
two names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from orchestrator.domain.items import plain_name

LEAST = 0.5
"""Below this share of common letters two names are not alike."""
MOST = 5
MOST_NAMES = 2_000
"""So many names are looked at: a comparison costs time, and nobody may make a page wait."""
LONGEST = 60
"""Letters of a name that are compared."""


@dataclass(frozen=True, slots=True)
class Likeness:
    key: str
    name: str
    share: float
    """Of common letters in the same order, from LEAST to 1."""


def similar(name: str, others: Iterable[tuple[str, str]]) -> list[Likeness]:
    """The (key, name) pairs whose name is like this one, the most alike first, MOST at most."""
    wanted = plain_name(name)[:LONGEST]
    pairs = _pairs(wanted)
    likenesses = []
    for number, (key, other) in enumerate(others):
        if number == MOST_NAMES:
            break
        plain = plain_name(other)[:LONGEST]
        if not pairs & _pairs(plain):
            continue
        share = SequenceMatcher(None, wanted, plain, autojunk=False).ratio()
        if share >= LEAST:
            likenesses.append(Likeness(key, other, share))
    return sorted(
        likenesses,
        key=lambda likeness: (-likeness.share, likeness.name, likeness.key),
    )[:MOST]


def _pairs(text: str) -> set[str]:
    """Every two letters that stand side by side; a single letter stands for itself."""
    if text:
        return {
            text[place : place + 2] for place in range(max(1, len(text) - 1))
        }
    return set()
