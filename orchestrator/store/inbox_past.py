"""The lists of what was done, begun and copied to somebody, by any of their columns, paged both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.inbox_open import Filters, filtered, with_words
from orchestrator.store.inbox_order import (
    Order,
    Page,
    Place,
    ordered,
    page_of,
)
from orchestrator.store.instances import Copy, ProcessInstance
from orchestrator.store.user_tasks import UserTask

_OF_INSTANCES = {
    "title": ProcessInstance.title,
    "process": ProcessInstance.process_key,
    "number": ProcessInstance.business_key,
    "state": ProcessInstance.state,
}
COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "done": {
        "closed": UserTask.closed_at,
        "title": UserTask.title,
        "step": UserTask.name,
        "number": UserTask.business_key,
        "state": ProcessInstance.state,
    },
    "started": {"started": ProcessInstance.started_at, **_OF_INSTANCES},
    "copies": {
        "sent": sa.func.max(Copy.sent_at),
        **_OF_INSTANCES,
        "reason": sa.func.max(Copy.reason),
    },
}
"""List → what it is sorted by, in its first order first → the column."""


@dataclass(frozen=True, slots=True)
class PastOrder(Order):
    """In which order one of these lists stands."""

    of: str = "done"
    """A key of COLUMNS."""

    @property
    def column(self) -> Any:
        return COLUMNS[self.of][self.by]

    def type(self) -> Any:
        return self.column.type


def past_order_of(of: str, text: str = "") -> PastOrder:
    """`title` or `-title`, with a minus for the reverse order; the latest first for any other text."""
    by = text.removeprefix("-")
    if by in COLUMNS[of]:
        return PastOrder(by, text.startswith("-"), of)
    return PastOrder(next(iter(COLUMNS[of])), True, of)


def page_done(
    session: Session,
    person_id: int,
    filters: Filters,
    order: PastOrder | None = None,
    place: Place | None = None,
    size: int = 20,
) -> Page:
    """Tasks that the person completed."""
    order = order or past_order_of("done")
    query = sa.select(
        UserTask, UserTask.id.label("task_id"), order.column.label("sort")
    ).where(UserTask.closed_by == person_id, UserTask.state == "completed")
    if order.by == "state":
        query = query.join(
            ProcessInstance, ProcessInstance.id == UserTask.instance_id
        )
    query = filtered(query, filters)
    return _page(session, query, UserTask.id, order, place, size)


def page_started(
    session: Session,
    person_id: int,
    filters: Filters,
    order: PastOrder | None = None,
    place: Place | None = None,
    size: int = 20,
) -> Page:
    """Process instances that the person started."""
    order = order or past_order_of("started")
    number = ProcessInstance.id
    query = sa.select(
        ProcessInstance, number.label("task_id"), order.column.label("sort")
    ).where(ProcessInstance.started_by == person_id)
    query = _of_procedure(query, filters)
    query = with_words(query, number, filters)
    return _page(session, query, number, order, place, size)


def page_copies(
    session: Session,
    bodies: Sequence[str],
    filters: Filters,
    order: PastOrder | None = None,
    place: Place | None = None,
    size: int = 20,
) -> Page:
    """(instance, why, when, when read) rows of what the bodies were told of (抄送)."""
    order = order or past_order_of("copies")
    query = (
        sa.select(
            ProcessInstance.id,
            ProcessInstance.id.label("task_id"),
            order.column.label("sort"),
            ProcessInstance.title,
            ProcessInstance.business_key,
            ProcessInstance.process_key,
            sa.func.max(Copy.reason).label("reason"),
            sa.func.max(Copy.sent_at).label("sent_at"),
            sa.func.max(Copy.read_at).label("read_at"),
        )
        .join(Copy, Copy.instance_id == ProcessInstance.id)
        .where(Copy.body_id.in_(bodies))
        .group_by(ProcessInstance.id)
    )
    query = _of_procedure(query, filters)
    query = with_words(query, ProcessInstance.id, filters)
    # What is sorted by may be known of a whole group alone.
    rows = query.subquery()
    statement = ordered(
        sa.select(rows), rows.c.sort, rows.c.task_id, order, place, size
    )
    found = session.execute(statement).all()
    return page_of(order, place, found, size)


def _of_procedure(query: Any, filters: Filters) -> Any:
    if filters.process_key:
        return query.where(ProcessInstance.process_key == filters.process_key)
    return query


def _page(
    session: Session,
    query: Any,
    row_id: Any,
    order: PastOrder,
    place: Place | None,
    size: int,
) -> Page:
    statement = ordered(query, order.column, row_id, order, place, size)
    page = page_of(order, place, session.execute(statement).all(), size)
    return Page([row[0] for row in page.rows], page.after, page.before)
