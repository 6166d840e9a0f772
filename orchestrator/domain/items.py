"""The item list's versions: which number comes next, from when it holds, and which one is in force on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ListVersion:
    number: int
    effective_on: date


def next_version(last: ListVersion | None, wanted: date | None, today: date) -> ListVersion:
    """The version after `last`: never effective before today, nor before its predecessor, whose changes it contains."""
    earliest = max(today, last.effective_on) if last else today
    return ListVersion(last.number + 1 if last else 1, max(wanted or today, earliest))


def in_force(versions: Iterable[ListVersion], on: date) -> ListVersion | None:
    """The highest version that is effective on that day; None before the first."""
    return max((each for each in versions if each.effective_on <= on), key=lambda each: each.number, default=None)


def stands_on(version: ListVersion, entered_in: int, left_in: int | None) -> bool:
    """Whether an item that entered with one version and left with another is on this one."""
    return entered_in <= version.number and (left_in is None or version.number < left_in)


def item_code(territory_code: str, number: int) -> str:
    """Code of the item that enters with that version of the territory's list."""
    return f"{territory_code}-{number:04d}"
