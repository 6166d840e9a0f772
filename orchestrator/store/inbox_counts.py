"""What is counted above the inbox, each counted to COUNT_CAP + 1 at most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store.accounts import SignInSession
from orchestrator.store.inbox_open import (
    BY_DUE,
    Filters,
    Official,
    open_tasks,
)
from orchestrator.store.inbox_order import Order
from orchestrator.store.inbox_ranges import offers_by_range
from orchestrator.store.inbox_shapes import ListShape, shape_of
from orchestrator.store.inbox_waiting import with_others
from orchestrator.store.instances import Copy
from orchestrator.store.kept_statements import (
    Parameter,
    literal,
    rows_of,
)
from orchestrator.store.once import once
from orchestrator.store.set_aside import SetAside
from orchestrator.store.user_tasks import (
    IS_OFFERED,
    IS_OPEN,
    UserTask,
    UserTaskCandidate,
)

COUNT_CAP = 1_000
MOST_OFFERS = COUNT_CAP + 101
"""Offers that are read for one count: a task that several of somebody's bodies are offered is among them more
than once."""
MOST_ARRIVED = 100
LATEST_FIRST = Order("arrived", True)
NOW, TONIGHT, WEEK, SINCE = map(Parameter, ("now", "tonight", "week", "since"))
"""What the counts are asked with beside the shape's values."""
_ENDS = (NOW, TONIGHT, WEEK)
LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tasks wait for somebody."""

    all: int
    overdue: int
    today: int
    """Due from now to the end of the day."""
    week: int
    """Due from now to the end of the week; those of today are among them."""
    new: int
    """Arrived since the visit before this one, and not looked at."""
    claimed: int
    aside: int
    """Set aside by himself until a later day; not among `all`."""
    others: int
    """Of instances that he applied for or acted on, with others."""
    returned: int
    """Set aside once, and in the list again."""


def count_by_due(
    session: Session,
    of: Official,
    tenant_id: str,
    ends: tuple[datetime, datetime, datetime],
    since: datetime,
) -> Counts:
    """The counts of Counts; `ends` are now, the end of the day and the end of the week; `since` is the last
    visit."""
    shape, values = shape_of(session, of, Filters(tenant_id))
    for parameter, instant in zip(
        (NOW, TONIGHT, WEEK, SINCE), (*ends, since), strict=True
    ):
        values[parameter.name] = instant
    row = rows_of(session, shape.build(_counts, True), values).one()
    if None in row:
        row = rows_of(session, shape.build(_counts, False), values).one()
    overdue, today, this_week, later, new, *others = row
    waiting = overdue + today + this_week + later
    return Counts(
        min(waiting, COUNT_CAP + 1),
        overdue,
        today,
        min(today + this_week, COUNT_CAP + 1),
        new,
        *others,
    )


def _counts(shape: ListShape, bounded: bool) -> Any:
    """One row: what is overdue, due until tonight, then until the end of the week, then later or never, each
    apart; then the rest of Counts from `new` on.

    `bounded`: each is read to MOST_OFFERS only, whatever the number of bodies and of tasks, and NULL where
    that does not tell it.
    """
    of: Any = shape.of
    most = MOST_OFFERS if bounded else None
    if bounded and shape.postgresql and shape.keeps and of.candidates:
        by_due = list(_by_range(shape).c)
    else:
        by_due = [
            _waiting(shape, most, now=NOW, due_before=NOW),
            _waiting(shape, most, now=NOW, due_from=NOW, due_before=TONIGHT),
            _waiting(shape, most, now=NOW, due_from=TONIGHT, due_before=WEEK),
            _waiting(shape, most, now=NOW, due_from=WEEK),
        ]
    held = (
        sa.select(UserTask.id)
        .where(UserTask.assignee_id == of.person_id, IS_OPEN)
        .limit(COUNT_CAP + 1)
    )
    once_aside = (
        sa.select(SetAside.task_id)
        .join(UserTask, UserTask.id == SetAside.task_id)
        .where(SetAside.person_id == of.person_id, IS_OPEN, _waits_for(of))
        .limit(COUNT_CAP + 1)
    )
    is_out = sa.and_(
        SetAside.returns_at > NOW,
        SetAside.returns_at <= UserTask.due_sort,
    )
    aside = once_aside.where(is_out)
    returned = once_aside.where(~is_out)
    elsewhere = with_others(of).limit(COUNT_CAP + 1)
    return sa.select(
        *by_due,
        _waiting(shape, most, LATEST_FIRST, new_since=SINCE),
        _size(held),
        _size(aside),
        _size(elsewhere),
        _size(returned),
    )


def _by_range(shape: ListShape) -> Any:
    """The counts by due date, what he holds added to what is offered: no task is both."""
    ends = [literal(end, UserTask.due_sort.type) for end in _ENDS]
    offers = offers_by_range(shape, ends, MOST_OFFERS, NOW)
    held = _mine_by_range(shape)
    counts: list[Any] = []
    for number in range(len(ends) + 1):
        tasks = offers.c[f"tasks_{number}"]
        known = _known(offers.c[f"read_{number}"], tasks, MOST_OFFERS)
        whole = known + held.c[f"held_{number}"]
        most = sa.case((whole > COUNT_CAP, COUNT_CAP + 1), else_=whole)
        counts.append(most.label(f"due_{number}"))
    both = offers.join(held, sa.true())
    return sa.select(*counts).select_from(both).subquery("by_due")


def _mine_by_range(shape: ListShape) -> Any:
    """One row with `held_0` and so on: how many he holds of each range, read to COUNT_CAP + 1 each."""
    counts: list[Any] = []
    ranges = zip([None, *_ENDS], [*_ENDS, None], strict=True)
    for number, (begin, end) in enumerate(ranges):
        window: dict[str, Any] = {"due_from": begin, "due_before": end}
        filters = Filters("", now=NOW, claimed=True, **window)  # type: ignore[arg-type]
        own = open_tasks(shape.postgresql, shape.of, filters, size=COUNT_CAP)
        counts.append(_size(sa.select(own)).label(f"held_{number}"))
    return sa.select(*counts).subquery("held")


def _known(read: Any, tasks: Any, most: int) -> Any:
    """How many tasks there are, to COUNT_CAP + 1, where so many offers of them were read. NULL where that is
    not known: `most` were read, and so many are of one task that there are fewer tasks."""
    return sa.case(
        (tasks > COUNT_CAP, COUNT_CAP + 1),
        (read < most, tasks),
        else_=None,
    )


def _waiting(
    shape: ListShape,
    most: int | None,
    order: Order = BY_DUE,
    **window: Any,
) -> Any:
    """How many tasks wait that the filters let through, to COUNT_CAP + 1; of `most` offers,
    as `_known` says."""
    filters = Filters("", **window)
    union = open_tasks(
        shape.postgresql,
        shape.of,
        filters,
        order,
        size=COUNT_CAP,
    )
    offers = sa.select(union.c.task_id).limit(most).subquery()
    tasks = (
        sa.select(sa.func.count().label("offers"))
        .select_from(offers)
        .group_by(offers.c.task_id)
        .subquery()
    )
    count = sa.func.count()
    if most is None:
        known = sa.case((count > COUNT_CAP, COUNT_CAP + 1), else_=count)
    else:
        read = sa.func.coalesce(sa.func.sum(tasks.c.offers), 0)
        known = _known(read, count, most)
    return sa.select(known).select_from(tasks).scalar_subquery()


def last_visit(session: Session, person_id: int) -> datetime:
    """When the person's visit before this one ended, or began where nobody ended it; long ago for the first
    one."""

    def ask() -> datetime:
        return session.scalar(sa.select(last_visit_of(person_id))) or LONG_AGO

    return once(session, ("last-visit", person_id), ask)


def last_visit_of(person_id: Any) -> Any:
    """The same as `last_visit`, for a statement that asks for other things too; NULL for the first visit."""
    visit = aliased(SignInSession)
    return (
        sa.select(sa.func.coalesce(visit.ended_at, visit.began_at))
        .where(visit.person_id == person_id)
        .order_by(visit.began_at.desc())
        .offset(1)
        .limit(1)
        .scalar_subquery()
    )


def count_arrived(
    session: Session,
    of: Official,
    filters: Filters,
    since: datetime,
) -> int:
    """Tasks that the filters let through, that arrived after that instant, wait for the person and were not
    looked at; to 100 at most."""
    shape, values = shape_of(session, of, replace(filters, new_since=since))
    return session.scalar(shape.build(_arrived), values) or 0


def _arrived(shape: ListShape) -> Any:
    arrived = open_tasks(
        shape.postgresql,
        shape.of,
        shape.filters,
        LATEST_FIRST,
        size=MOST_ARRIVED,
    )
    ids = sa.select(arrived.c.task_id).distinct().limit(MOST_ARRIVED)
    return sa.select(_size(ids))


def unread_copies() -> Any:
    """How many copies nobody of the parameter's `addresses` has read, counted to COUNT_CAP at most."""
    unread = sa.select(Copy.instance_id).where(
        Copy.body_id.in_(sa.bindparam("addresses", expanding=True)),
        Copy.read_at.is_(None),
    )
    return _size(unread.limit(COUNT_CAP))


def _waits_for(of: Official) -> Any:
    """Whether the task is the person's own or offered to one of his candidates."""
    offered = sa.exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        UserTaskCandidate.candidate.in_(of.candidates),
        IS_OFFERED,
    )
    return sa.or_(UserTask.assignee_id == of.person_id, offered)


def _size(query: Any) -> Any:
    return (
        sa.select(sa.func.count())
        .select_from(query.subquery())
        .scalar_subquery()
    )
