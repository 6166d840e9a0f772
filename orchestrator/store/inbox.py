"""The lists of open tasks: what is to do, what others have. Keyset paging. What was done and begun stands in
inbox_past.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store import held_tasks
from orchestrator.store.inbox_open import (
    BY_DUE,
    Filters,
    Official,
    filtered,
    open_tasks,
    sorted_by,
)
from orchestrator.store.inbox_order import Order, Page, Place, ordered, page_of
from orchestrator.store.inbox_shapes import ListShape, shape_of
from orchestrator.store.inbox_waiting import with_others
from orchestrator.store.instances import Copy, ProcessInstance
from orchestrator.store.user_tasks import UserTask

MOST_URGENT_FIRST = Order("urgency", descending=True)
MOST_PRESSING = 20


def page_to_do(
    session: Session,
    of: Official,
    filters: Filters,
    order: Order = BY_DUE,
    place: Place | None = None,
    size: int = 20,
) -> Page:
    """Open tasks assigned to the person or offered to one of his candidates, in that order."""
    shape, values = shape_of(session, of, filters, place)
    statement = shape.build(_to_do, order, size)
    rows = session.execute(statement, values).all()
    return _page_of_tasks(rows, order, place, size)


def _to_do(shape: ListShape, order: Order, size: int) -> Any:
    place = shape.place
    union = open_tasks(
        shape.postgresql,
        shape.of,
        shape.filters,
        order,
        place,
        size,
    )
    distinct = sa.select(union.c.task_id, union.c.sort).distinct()
    return _of_tasks(_window(distinct, order, place, size), order, place)


def page_urgent_first(
    session: Session,
    of: Official,
    filters: Filters,
    order: Order = BY_DUE,
    place: Place | None = None,
    size: int = 20,
) -> Page:
    """The page of `page_to_do`, whatever its order, below the urgent tasks that nobody has claimed: the most
    urgent first, at most MOST_PRESSING, on every page."""
    top = _pressing(session, of, filters)
    rest = replace(filters, without=[row.id for row in top])
    page = page_to_do(
        session,
        of,
        rest,
        order,
        place,
        size,
    )
    return replace(page, rows=[*top, *page.rows])


def beside_urgent_first(
    session: Session,
    of: Official,
    filters: Filters,
    order: Order,
    task_id: str,
) -> tuple[str | None, str | None]:
    """Ids of the tasks before and after that one in the list of `page_urgent_first`; None at its ends."""
    top = [row.id for row in _pressing(session, of, filters)]
    rest = replace(filters, without=top)

    def next_to(place: Place | None) -> str | None:
        page = page_to_do(
            session,
            of,
            rest,
            order,
            place,
            1,
        )
        if not page.rows:
            return None
        return str(page.rows[0].id)

    if task_id not in top:
        value = sort_value(session, order, task_id)
        before = next_to(Place(value, task_id, before=True))
        after = next_to(Place(value, task_id))
        if before is None and top:
            before = top[-1]
        return before, after
    at = top.index(task_id)
    before = None
    if at > 0:
        before = top[at - 1]
    if at + 1 == len(top):
        return before, next_to(None)
    return before, top[at + 1]


def _pressing(
    session: Session, of: Official, filters: Filters
) -> Sequence[Any]:
    pressing = replace(filters, pressing=True)
    return page_to_do(
        session,
        of,
        pressing,
        MOST_URGENT_FIRST,
        None,
        MOST_PRESSING,
    ).rows


def page_of_colleagues(
    session: Session,
    of: Official,
    filters: Filters,
    order: Order = BY_DUE,
    place: Place | None = None,
    size: int = 20,
) -> Page:
    """Open tasks of the person's bodies that a colleague holds."""
    bodies = [name for name in of.candidates if not name.startswith("user:")]
    held = held_tasks.of_colleagues(session, of.person_id, bodies)
    return _others(
        session,
        held,
        filters,
        order,
        place,
        size,
    )


def page_waiting(
    session: Session,
    of: Official,
    filters: Filters,
    order: Order = BY_DUE,
    place: Place | None = None,
    size: int = 20,
) -> Page:
    """Open tasks that others have, of instances that the person applied for or acted on."""
    return _others(
        session,
        with_others(of),
        filters,
        order,
        place,
        size,
    )


def find_instances(
    session: Session,
    instance_ids: Collection[str],
) -> Sequence[ProcessInstance]:
    """The process instances of these ids."""
    if not instance_ids:
        return []
    return session.scalars(
        sa.select(ProcessInstance).where(ProcessInstance.id.in_(instance_ids)),
    ).all()


def sort_value(session: Session, order: Order, task_id: str) -> Any:
    """What that task is sorted by."""
    return session.scalar(
        sa.select(sorted_by(order)).where(UserTask.id == task_id),
    )


def place_from(session: Session, order: Order, task_id: str) -> Place | None:
    """The place from which on a page begins with that task; None where there is none of that id."""
    value = None
    if "\0" not in task_id:
        value = sort_value(session, order, task_id)
    if value is None:
        return None
    # No task stands between an id and the text next to it.
    beside = f"{task_id}\t" if order.descending else task_id[:-1]
    return Place(value, beside)


def _others(
    session: Session,
    ids: Any,
    filters: Filters,
    order: Order,
    place: Place | None,
    size: int,
) -> Page:
    result = ids.subquery()
    value = sorted_by(order)
    query = sa.select(UserTask.id.label("task_id"), value.label("sort")).where(
        UserTask.id.in_(sa.select(result.c.task_id)),
    )
    query = ordered(
        filtered(query, filters),
        value,
        UserTask.id,
        order,
        place,
        size,
    )
    statement = _of_tasks(query.subquery(), order, place)
    rows = session.execute(statement).all()
    return _page_of_tasks(rows, order, place, size)


def _window(query: Any, order: Order, place: Place | None, size: int) -> Any:
    """The first size + 1 of the rows (the place is behind them already)."""
    result = query.subquery()
    backwards = order.descending != (place is not None and place.before)
    if backwards:
        ends = (result.c.sort.desc(), result.c.task_id.desc())
    else:
        ends = (result.c.sort, result.c.task_id)
    return (
        sa.select(result.c.task_id, result.c.sort)
        .order_by(*ends)
        .limit(size + 1)
        .subquery()
    )


def _of_tasks(ids: Any, order: Order, place: Place | None) -> Any:
    """The tasks of these (task_id, sort), in that order."""
    backwards = order.descending != (place is not None and place.before)
    if backwards:
        ends = (ids.c.sort.desc(), ids.c.task_id.desc())
    else:
        ends = (ids.c.sort, ids.c.task_id)
    return (
        sa.select(UserTask, ids.c.task_id, ids.c.sort)
        .join(ids, ids.c.task_id == UserTask.id)
        .order_by(*ends)
    )


def _page_of_tasks(
    rows: Sequence[Any],
    order: Order,
    place: Place | None,
    size: int,
) -> Page:
    page = page_of(order, place, rows, size)
    return Page([row.UserTask for row in page.rows], page.after, page.before)


def unread_copy(
    session: Session,
    bodies: Sequence[str],
    instance_id: str,
) -> bool:
    """Whether the bodies were told of the instance and have not read it."""
    row = sa.select(Copy.body_id).where(
        Copy.instance_id == instance_id,
        Copy.body_id.in_(bodies),
        Copy.read_at.is_(None),
    )
    return bool(session.scalar(sa.select(row.exists())))


def read_key(text: str) -> tuple[datetime, str] | None:
    """The instant and id of a page's key; None when the text is no key."""
    at, _underscore, row_id = text.partition("_")
    if not row_id:
        return None
    try:
        instant = datetime.fromisoformat(at)
        # At the ends of the calendar another zone's instant has no UTC.
        if instant.tzinfo:
            return (instant.astimezone(UTC), row_id)
        return None
    except (ValueError, OverflowError):
        return None
