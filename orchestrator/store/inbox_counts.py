"""What is counted above the inbox, each counted to COUNT_CAP + 1 at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store.accounts import SignInSession
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.inbox_open import Filters, Official, open_tasks
from orchestrator.store.inbox_order import Order
from orchestrator.store.inbox_shapes import ListShape, shape_of
from orchestrator.store.inbox_waiting import with_others
from orchestrator.store.instances import Copy
from orchestrator.store.kept_statements import Parameter, kept, literal
from orchestrator.store.once import once
from orchestrator.store.set_aside import SetAside
from orchestrator.store.user_tasks import (
    IS_OFFERED,
    IS_OPEN,
    UserTask,
    UserTaskCandidate,
)

COUNT_CAP = 1_000
MOST_ARRIVED = 100
NOW, TONIGHT, WEEK, SINCE = map(Parameter, ("now", "tonight", "week", "since"))
"""What the counts are asked with beside the shape's values."""
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
    now, tonight, week = ends
    row = session.execute(
        shape.build(_counts),
        {
            **values,
            NOW.name: now,
            TONIGHT.name: tonight,
            WEEK.name: week,
            SINCE.name: since,
        },
    ).one()
    return Counts(*row)


def _counts(shape: ListShape) -> Any:
    """One row with what Counts holds, in its order."""
    of: Any = shape.of
    waiting = Filters("", now=NOW)  # type: ignore[arg-type]
    union = open_tasks(shape.postgresql, of, waiting, size=COUNT_CAP)
    # The earliest COUNT_CAP + 1 of each body are in the union: so are the earliest of all.
    earliest = (
        sa.select(union.c.task_id, union.c.sort)
        .distinct()
        .order_by(union.c.sort)
        .limit(COUNT_CAP + 1)
        .subquery()
    )
    now, tonight, week = (
        literal(end, UserTask.due_sort.type) for end in (NOW, TONIGHT, WEEK)
    )
    held = (
        sa.select(UserTask.id)
        .where(UserTask.assignee_id == of.person_id, IS_OPEN)
        .limit(COUNT_CAP + 1)
    )
    arrived = open_tasks(
        shape.postgresql,
        of,
        Filters("", new_since=SINCE),  # type: ignore[arg-type]
        Order("arrived", True),
        size=COUNT_CAP,
    )
    new = sa.select(arrived.c.task_id).distinct().limit(COUNT_CAP + 1)
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
    count = sa.func.count()
    due = earliest.c.sort
    return sa.select(
        count,
        count.filter(due < now),
        count.filter(due >= now, due < tonight),
        count.filter(due >= now, due < week),
        _size(new),
        _size(held),
        _size(aside),
        _size(elsewhere),
        _size(returned),
    ).select_from(earliest)


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


def count_by_procedure(
    session: Session,
    of: Official,
    tenant_id: str,
    waiting: int,
    now: datetime | None = None,
) -> dict[str, int | None]:
    """By key of a procedure of which something waits for the person, how much; None where so much is
    `waiting` that it isn't counted. `now`: without what he has aside at this instant."""
    if waiting > COUNT_CAP:
        result = dict.fromkeys(
            _procedures_of(session, of.person_id, of.candidates, tenant_id)
        )
        for absent in of.standing_in:
            keys = _procedures_of(
                session, absent.person_id, absent.candidates, tenant_id
            )
            result |= dict.fromkeys(key for key in keys if absent.covers(key))
        return dict.fromkeys(sorted(result))
    shape, values = shape_of(session, of, Filters(tenant_id, now=now))
    rows = session.execute(shape.build(_by_procedure), values)
    return {row.process_key: row.waiting for row in rows}


def _by_procedure(shape: ListShape) -> Any:
    union = open_tasks(
        shape.postgresql, shape.of, shape.filters, size=COUNT_CAP
    )
    ids = sa.select(union.c.task_id).distinct().subquery()
    return (
        sa.select(UserTask.process_key, sa.func.count().label("waiting"))
        .join(ids, ids.c.task_id == UserTask.id)
        .group_by(UserTask.process_key)
        .order_by(UserTask.process_key)
    )


def count_arrived(
    session: Session, of: Official, tenant_id: str, since: datetime
) -> int:
    """Tasks that arrived after that instant, wait for the person and were not looked at; to 100 at most."""
    shape, values = shape_of(session, of, Filters(tenant_id, new_since=since))
    return session.scalar(shape.build(_arrived), values) or 0


def _arrived(shape: ListShape) -> Any:
    order = Order("arrived", True)
    arrived = open_tasks(
        shape.postgresql, shape.of, shape.filters, order, size=MOST_ARRIVED
    )
    ids = sa.select(arrived.c.task_id).distinct().limit(MOST_ARRIVED)
    return sa.select(_size(ids))


def _procedures_of(
    session: Session, person_id: int, candidates: Sequence[str], tenant_id: str
) -> list[str]:
    keys = (
        sa.select(ProcessDefinition.key)
        .where(ProcessDefinition.tenant_id == tenant_id)
        .distinct()
    )
    known = keys.subquery()
    offered = [_first_offer(name, known.c.key) for name in candidates]
    held = sa.exists().where(
        UserTask.assignee_id == person_id,
        IS_OPEN,
        UserTask.process_key == known.c.key,
    )
    return list(
        session.scalars(
            sa.select(known.c.key)
            .where(sa.or_(held, *(first.is_not(None) for first in offered)))
            .order_by(known.c.key)
        )
    )


def _first_offer(candidate: str, process_key: Any) -> Any:
    """The offer of the procedure that is due first. In the index's order: the planner takes a procedure of
    which nothing waits for a common one, and would read the whole table for it."""
    return (
        sa.select(UserTaskCandidate.task_id)
        .where(
            UserTaskCandidate.candidate == candidate,
            IS_OFFERED,
            UserTaskCandidate.process_key == process_key,
        )
        .order_by(UserTaskCandidate.due_sort)
        .limit(1)
        .scalar_subquery()
    )


def count_unread(session: Session, bodies: Sequence[str]) -> int:
    """Copies that nobody of the bodies has read, counted to COUNT_CAP at most."""
    return session.scalar(kept(_unread), {"bodies": list(bodies)}) or 0


def _unread() -> Any:
    unread = sa.select(Copy.instance_id).where(
        Copy.body_id.in_(sa.bindparam("bodies", expanding=True)),
        Copy.read_at.is_(None),
    )
    return sa.select(_size(unread.limit(COUNT_CAP)))


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
