"""The calendar of an item list: what changes on which day, and how an item stands on a day. Each item has its
own days; no decision moves another's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from orchestrator.domain.items import Stay

ENTERS = "enters"
LEAVES = "leaves"
EXPIRES = "expires"
IN_FORCE = "in-force"
TEMPORARY = "temporary"
LEAVING = "leaving"
PLANNED = "planned"
LEFT = "left"
NEVER = "never-came"
"""How an item stands: on the list without an end; up to a last day; up to an exit that is decided; not yet;
no longer; and taken back before its first day."""


@dataclass(frozen=True, slots=True)
class ListChange:
    """What happens to an item on a day."""

    on: date
    """The first day on the list, or the first day no longer on it."""
    kind: str
    """ENTERS; LEAVES by an exit; EXPIRES after a temporary item's last day."""
    stay: Stay


def changes(
    stays: Iterable[Stay],
    since: date,
    until: date,
) -> Sequence[ListChange]:
    """What changes from `since` to `until`, both included, the earliest first; of one day, those that leave
    first."""
    list_changes = [
        change
        for stay in stays
        for change in _of(stay)
        if since <= change.on <= until
    ]
    return sorted(
        list_changes,
        key=lambda list_change: (
            list_change.on,
            list_change.kind == ENTERS,
            list_change.stay.name,
            list_change.stay.item_id,
        ),
    )


def _of(stay: Stay) -> list[ListChange]:
    ends = stay.off_from
    if ends is not None and ends <= stay.since:
        return []
    entered = ListChange(stay.since, ENTERS, stay)
    if ends is None:
        return [entered]
    return [
        entered,
        ListChange(ends, LEAVES if ends == stay.until else EXPIRES, stay),
    ]


def state_of(stay: Stay, on: date) -> str:
    """How the item stands on that day: one of the six names above."""
    ends = stay.off_from
    if ends is not None and ends <= stay.since:
        return NEVER
    if on < stay.since:
        return PLANNED
    if ends is None:
        return IN_FORCE
    if on >= ends:
        return LEFT
    if ends == stay.until:
        return LEAVING
    return TEMPORARY
