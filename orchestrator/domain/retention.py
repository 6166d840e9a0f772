"""保管期限: how long the dossiers of a city are kept, by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

LATEST_YEARS = 100
KEEP = "keep"
"""An appraiser's answer that all listed dossiers are kept on."""


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """A class of dossiers."""

    key: str
    name: str
    years: int | None
    """None: kept for ever."""
    processes: tuple[str, ...] = ()
    """Procedures whose dossiers are of the class."""
    priorities: tuple[str, ...] = ()
    """Priorities of cases whose dossiers are of the class, whatever their procedure."""

    def until(self, ended_on: date) -> date | None:
        """The last day of the term, which is counted from the first of January after the year in which the
        instance ended; None for ever."""
        if self.years is None:
            return None
        return date(ended_on.year + self.years, 12, 31)


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """The classes of a city; without classes nothing has a term, and nothing may be destroyed."""

    classes: tuple[RetentionClass, ...] = ()
    other: str = ""
    """The class of a procedure that none of them names."""
    source: str = ""
    """The rule from which the classes are taken, in words."""

    def class_of(
        self, process: str, priority: str = ""
    ) -> RetentionClass | None:
        """The longest class that names the procedure or the case's priority, else `other`; None without
        classes."""
        named = [
            known
            for known in self.classes
            if process in known.processes or priority in known.priorities
        ]
        if not any(process in known.processes for known in named):
            named += [
                known for known in self.classes if known.key == self.other
            ]
        return longest(named)


def longest(classes: Iterable[RetentionClass]) -> RetentionClass | None:
    """The class that keeps longest; None of none."""
    return max(
        classes,
        key=lambda known: (known.years is None, known.years or 0),
        default=None,
    )


def is_over(until: date | None, today: date) -> bool:
    """Whether a term that ends on that day is over."""
    return until is not None and until < today


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What the appraisers of listed dossiers came to."""

    kept: frozenset[str]
    """Ids of those that are kept on."""
    years: int
    """For how many they are kept on."""
    variables: Mapping[str, Any]


def appraised(
    variables: Mapping[str, Any],
    listed: Sequence[str],
) -> Appraisal:
    """What the answers of both appraisers come to: what one of them keeps is kept, for the longer term of
    those who keep something. Where the procedure has no list of its own, the variable `listed_count` says how
    many there are."""
    views = (variables.get("archive_view"), variables.get("joint_view"))
    chosen = (variables.get("kept_by_archive"), variables.get("kept_by_joint"))
    terms = (variables.get("keep_years"), variables.get("joint_keep_years"))
    sides = [{str(value) for value in values or ()} for values in chosen]
    many = len(listed)
    if listed:
        sides = [side & set(listed) for side in sides]
    else:
        many = int(variables.get("listed_count") or 0)
    kept = sides[0] | sides[1]
    kept_count = len(kept)
    if KEEP in views:
        kept = set(listed)
        kept_count = many
    keeping = [
        term
        for term, side, view in zip(terms, sides, views, strict=True)
        if side or view == KEEP
    ]
    years = [
        min(max(int(term), 1), LATEST_YEARS)
        for term in keeping
        if isinstance(term, int | float) and not isinstance(term, bool)
    ]
    return Appraisal(
        frozenset(kept),
        max(years, default=1),
        {
            "kept_count": kept_count,
            "to_destroy_count": max(0, many - kept_count),
        },
    )
