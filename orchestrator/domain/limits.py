"""How long a deadline is: usually, from a day on, for a class of cases, and as set for one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class LimitLength:
    amount: int
    unit: str
    citation: str
    """Article number, or `default` where the regulation is silent."""
    until: str = ""
    """Time of day at which it ends on its last day; empty: as the unit says."""


@dataclass(frozen=True, slots=True)
class DatedLimit:
    """A limit that holds for deadlines that begin on a day or after it."""

    from_on: date
    limit: LimitLength


@dataclass(frozen=True, slots=True)
class ClassLimit:
    """A limit for some of the instances."""

    when: Mapping[str, tuple[str, ...]]
    """Variable → values; each must have one of them."""
    limit: LimitLength

    def holds(self, variables: Mapping[str, Any]) -> bool:
        return all(
            str(variables.get(name)) in values
            for name, values in self.when.items()
        )


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    name: str
    label: str
    amount: int
    unit: str
    citation: str
    """Article number, or `default` where the regulation is silent."""
    from_on: date | None = None
    """Since when it holds; a running instance keeps the deadline it was given."""
    changes: tuple[DatedLimit, ...] = ()
    """Later limits, the earliest first."""
    classes: tuple[ClassLimit, ...] = field(default=())
    """Limits for classes of instances; the first that holds counts."""
    chosen_in: str = ""
    """Form field in which an office sets the limit of one instance, in `unit`; empty: nobody may."""
    at_least: int = 1
    """Bounds of what may be set there, in `unit`."""
    at_most: int = 1
    until: str = ""
    """Time of day at which the usual limit ends on its last day; empty: as the unit says."""

    @property
    def usual(self) -> LimitLength:
        """The limit without later ones and those of classes."""
        return LimitLength(self.amount, self.unit, self.citation, self.until)

    def limit_on(
        self, day: date, variables: Mapping[str, Any] | None = None
    ) -> LimitLength:
        """The limit of a deadline that begins on that day in an instance with these variables: what an office
        set for it, else that of its class, else the one in force that day."""
        known = variables or {}
        chosen = _whole(known.get(self.chosen_in)) if self.chosen_in else None
        if chosen is not None and self.at_least <= chosen <= self.at_most:
            return replace(self.usual, amount=chosen)
        for class_limit in self.classes:
            if class_limit.holds(known):
                return class_limit.limit
        limit_length = self.usual
        for change in self.changes:
            if change.from_on <= day:
                limit_length = change.limit
        return limit_length


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
