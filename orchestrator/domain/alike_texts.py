"""How much two short Chinese texts have in common: their pairs of neighbouring characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

_NOISE = re.compile(r"[\W_]+")
LONGEST = 200
"""Characters of a text that are compared."""
KEPT = 1_000
"""Texts whose pairs are remembered: the open cases of an office, which each of its pages compares. The
longest take some 20 KB each."""


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters, without spaces and marks."""
    return _pairs(text[:LONGEST])


@lru_cache(maxsize=KEPT)
def _pairs(text: str) -> frozenset[str]:
    plain = _NOISE.sub("", text).lower()
    return frozenset(
        plain[at : at + 2] for at in range(max(len(plain) - 1, 0))
    )


def alike(one: str, other: str) -> float:
    """Between 0 and 1: pairs that both have, of those that the shorter one has."""
    first = pairs(one)
    second = pairs(other)
    if not first or not second:
        return 0.0
    return len(first & second) / min(len(first), len(second))


def ranked(
    text: str,
    names: Mapping[str, Iterable[str]],
    most: int,
) -> list[tuple[str, str]]:
    """(key, the name of it that fits best) of those whose names have rare pairs in common with the text, the
    best first. A pair that nearly all names have says nothing."""
    wanted = pairs(text)
    written = {key: [*listed] for key, listed in names.items()}
    among: dict[str, int] = {}
    for listed in written.values():
        for pair in wanted & pairs("".join(listed)):
            among[pair] = among.get(pair, 0) + 1
    telling = {
        pair
        for pair, count in among.items()
        if count * 2 <= len(written) or len(written) < 3
    }
    scored = []
    for key, listed in written.items():
        best = max(
            listed,
            key=lambda name: _score(name, telling, among),
            default="",
        )
        score = sum(_score(name, telling, among) for name in listed)
        if score > 0:
            scored.append((-score, key, best))
    return [(key, best) for _score_of, key, best in sorted(scored)[:most]]


def _score(name: str, telling: set[str], among: Mapping[str, int]) -> float:
    return sum(1 / among[pair] for pair in telling & pairs(name))
