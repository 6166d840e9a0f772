"""An amended article beside the old one, paragraph by paragraph: what was struck out and what was put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from orchestrator.domain.jurisdiction.article_texts import paragraphs

LONGEST = 1_500
"""Characters of a paragraph that is compared character by character; a longer one is shown as a whole."""

_UNIT = re.compile(r"[零〇一二三四五六七八九十百千万]+|\d+|.", re.DOTALL)
"""A number is compared as a whole, the rest by character."""

Pieces = Sequence[tuple[bool, str]]
"""(whether it is only on this side, text) in their order."""


@dataclass(frozen=True, slots=True)
class TextRow:
    before: Pieces
    """Empty: the paragraph is new."""
    after: Pieces
    """Empty: the paragraph is gone."""

    @property
    def same(self) -> bool:
        return self.before == self.after


def side_by_side(before: str, after: str) -> list[TextRow]:
    """The paragraphs of both texts, those that belong together in one row."""
    old = paragraphs(before)
    new = paragraphs(after)
    rows: list[TextRow] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            rows += [
                TextRow([(False, value)], [(False, value)])
                for value in old[a:b]
            ]
        else:
            rows += _changed(old[a:b], new[c:d])
    return rows


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[TextRow]:
    for then, now in zip_longest(old, new):
        if then is None:
            yield TextRow([], [(True, now)])
        elif now is None:
            yield TextRow([(True, then)], [])
        else:
            yield _compared(then, now)


def _compared(then: str, now: str) -> TextRow:
    if max(len(then), len(now)) > LONGEST:
        return TextRow([(True, then)], [(True, now)])
    before: list[tuple[bool, str]] = []
    after: list[tuple[bool, str]] = []
    old = _UNIT.findall(then)
    new = _UNIT.findall(now)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        apart = kind != "equal"
        if a < b:
            before.append((apart, "".join(old[a:b])))
        if c < d:
            after.append((apart, "".join(new[c:d])))
    return TextRow(before, after)
