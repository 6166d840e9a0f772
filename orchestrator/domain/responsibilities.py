"""Who answers for what (责任清单): item × level → department, class and priority, which triage proposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A row of the matrix."""

    level: str
    """The level whose office triages."""
    lead: str
    """Role of the department that leads."""
    items: tuple[str, ...] = ()
    """Names of items."""
    categories: tuple[str, ...] = ()
    """Categories of items; with neither, the row holds for every item."""
    assisting: tuple[str, ...] = ()
    """Roles of the departments that assist."""
    case_class: str = ""
    """A key of the profile's `[case_classes]`; empty: nothing is proposed."""
    priority: str = ""
    """A priority of cases; empty: nothing is proposed."""
    citation: str = "default"
    """Article number, or `default`."""


@dataclass(frozen=True, slots=True)
class DepartmentReach:
    """To which departments an office may hand a case."""

    levels: tuple[str, ...]
    """The levels at which they stand."""
    citation: str = "default"
    """Article number, or `default`."""


def responsible(
    rows: Sequence[Responsibility],
    item: str,
    category: str,
    level: str,
) -> Responsibility | None:
    """The row for that item at that level: the first that names the item, else its category, else every item;
    None where there is none."""
    here = [row for row in rows if row.level == level]
    for row in here:
        if item in row.items:
            return row
    for row in here:
        if category in row.categories:
            return row
    for row in here:
        if not row.items and not row.categories:
            return row
    return None
