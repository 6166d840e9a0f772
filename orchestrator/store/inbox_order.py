"""In which order the inbox stands, and where in it a page begins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.store.kept_statements import literal
from orchestrator.store.user_tasks import UserTaskCandidate

SORTS: Mapping[str, str] = {
    "due": "due_sort",
    "arrived": "opened_at",
    "urgency": "priority",
    "title": "title",
    "applicant": "applicant",
    "step": "name",
    "number": "business_key",
}
"""What a list is sorted by → the column of an offer that holds it; each has an index of its own."""
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Order:
    by: str = "due"
    """A key of SORTS."""
    descending: bool = False

    @property
    def column(self) -> str:
        return SORTS[self.by]

    def type(self) -> Any:
        """The database's type of what is sorted by."""
        return getattr(UserTaskCandidate, self.column).type


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two rows of a list; the page stands after it, or before it."""

    value: Any
    task_id: str
    before: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Any]
    after: str | None
    """Key of the next page; None on the last."""
    before: str | None = None
    """Key of the page before; None on the first."""


def order_of(text: str) -> Order:
    """`title` or `-title`, with a minus for the reverse order; by due date for any other text."""
    by = text.removeprefix("-")
    if by in SORTS:
        return Order(by, text.startswith("-"))
    return Order()


def place_of(order: Order, after: str, before: str = "") -> Place | None:
    """The place that a page's key names; None, the beginning of the list, for a text that is no key."""
    task_id, _mark, text = (after or before).partition("~")
    value = _value(order, text)
    if value is None or not task_id or "\0" in task_id:
        return None
    return Place(value, task_id[:60], before=not after)


def key_of(order: Order, row: Any) -> str:
    """The key of the place at a row: `task_id` and `sort`, the value that it is sorted by."""
    value = row.sort
    return f"{row.task_id}~{value.isoformat() if isinstance(value, datetime) else value}"


def ordered(
    query: Any,
    value: Any,
    task_id: Any,
    order: Order,
    place: Place | None,
    size: int,
) -> Any:
    """The query's first size + 1 rows from the place on, read backwards for a page before it."""
    backwards = order.descending != (place is not None and place.before)
    if place is not None:
        row = sa.tuple_(value, task_id)
        bound = sa.tuple_(
            literal(place.value, order.type()),
            literal(place.task_id, sa.String()),
        )
        query = query.where(row < bound if backwards else row > bound)
    if backwards:
        return query.order_by(value.desc(), task_id.desc()).limit(size + 1)
    return query.order_by(value, task_id).limit(size + 1)


def page_of(
    order: Order,
    place: Place | None,
    results: Sequence[Any],
    size: int,
) -> Page:
    """The page of what `ordered` found; each row has `task_id` and `sort`."""
    more = len(results) > size
    shown = list(results[:size])
    backwards = place is not None and place.before
    if backwards:
        shown.reverse()
    if not shown:
        return Page(shown, None)
    if backwards:
        there_is_before = more
    else:
        there_is_before = place is not None
    return Page(
        shown,
        key_of(order, shown[-1]) if backwards or more else None,
        key_of(order, shown[0]) if there_is_before else None,
    )


def _value(order: Order, text: str) -> Any:
    if isinstance(order.type(), sa.Integer):
        if text.lstrip("-").isdecimal() and len(text) < 12:
            number = float(text)
        else:
            number = math.inf
        if abs(number) <= _LARGEST:
            return int(number)
        return None
    if isinstance(order.type(), sa.String):
        if "\0" not in text:
            return text[:200]
        return None
    try:
        instant = datetime.fromisoformat(text)
        # At the ends of the calendar another zone's instant has no UTC.
        if instant.tzinfo:
            return instant.astimezone(UTC)
        return None
    except (ValueError, OverflowError):
        return None
