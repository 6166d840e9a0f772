"""The inbox: what is to do, what was done, what was started. Keyset paging; one limited select a body, so
that size does not matter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from orchestrator.store import held_tasks, search
from orchestrator.store.instances import Copy, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import GridCase
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import IS_OFFERED, IS_OPEN, UserTask, UserTaskCandidate

COUNT_CAP = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Any]
    after: str | None
    """Key of the next page; None on the last."""


@dataclass(frozen=True, slots=True)
class Filters:
    tenant_id: str
    text: str = ""
    """Words of the matter's title or number; all of them must occur."""
    process_key: str = ""
    due_from: datetime | None = None
    """Only what falls due at this instant or later."""
    due_before: datetime | None = None
    """Only what falls due before this instant; what has no due time does not."""
    claimed: bool = False
    """Only what the person holds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open tasks wait for somebody, each counted to COUNT_CAP + 1 at most."""

    all: int
    overdue: int
    today: int
    """Due from now to the end of the day."""
    week: int
    """Due from now to the end of the seventh day after this one; those of today are among them."""
    claimed: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a matter comes from."""

    person: str | None
    """None: a timer or a message began it."""
    body: str | None
    priority: str
    """A case's: normal, urgent or major; normal for what is no case."""


def page_to_do(
    session: Session,
    person_id: int,
    candidates: Sequence[str],
    filters: Filters,
    after: str = "",
    size: int = 20,
) -> Page:
    """Open tasks assigned to the person or offered to one of `candidates` (bodies and `user:NAME`), by due
    date."""
    union = _open(session, person_id, candidates, filters, read_key(after), size)
    ids = (
        sa.select(union.c.task_id, union.c.due_sort)
        .distinct()
        .order_by(union.c.due_sort, union.c.task_id)
        .limit(size + 1)
        .subquery()
    )
    rows = session.scalars(
        sa.select(UserTask).join(ids, ids.c.task_id == UserTask.id).order_by(UserTask.due_sort, UserTask.id)
    ).all()
    return _page(rows, size, lambda task: (task.due_sort, task.id))


def page_of_colleagues(
    session: Session, person_id: int, bodies: Sequence[str], filters: Filters, after: str = "", size: int = 20
) -> Page:
    """Open tasks of the bodies that a colleague holds, by due date."""
    query = _filtered(held_tasks.of_colleagues(session, person_id, bodies), filters)
    if key := read_key(after):
        query = query.where(sa.tuple_(UserTask.due_sort, UserTask.id) > sa.tuple_(*_bound(key)))
    ids = query.order_by(UserTask.due_sort, UserTask.id).limit(size + 1).subquery()
    rows = session.scalars(
        sa.select(UserTask).join(ids, ids.c.task_id == UserTask.id).order_by(UserTask.due_sort, UserTask.id)
    ).all()
    return _page(rows, size, lambda task: (task.due_sort, task.id))


def count_by_due(
    session: Session,
    person_id: int,
    candidates: Sequence[str],
    tenant_id: str,
    ends: tuple[datetime, datetime, datetime],
) -> Counts:
    """The counts of Counts; `ends` are now, the end of the day and the end of the week."""
    union = _open(session, person_id, candidates, Filters(tenant_id), None, COUNT_CAP)
    # The earliest COUNT_CAP + 1 of each body are in the union: so are the earliest of all.
    earliest = (
        sa.select(union.c.task_id, union.c.due_sort)
        .distinct()
        .order_by(union.c.due_sort)
        .limit(COUNT_CAP + 1)
        .subquery()
    )
    now, tonight, week = (sa.literal(end, UserTask.due_sort.type) for end in ends)
    held = sa.select(UserTask.id).where(UserTask.assignee_id == person_id, IS_OPEN).limit(COUNT_CAP + 1)
    count, due = sa.func.count(), earliest.c.due_sort
    row = session.execute(
        sa.select(
            count.label("all"),
            count.filter(due < now).label("overdue"),
            count.filter(due >= now, due < tonight).label("today"),
            count.filter(due >= now, due < week).label("week"),
            sa.select(sa.func.count()).select_from(held.subquery()).scalar_subquery().label("claimed"),
        ).select_from(earliest)
    ).one()
    return Counts(row.all, row.overdue, row.today, row.week, row.claimed)


def origins(session: Session, instance_ids: Collection[str]) -> dict[str, Origin]:
    """By instance: who began it, in whose name, and how urgent it is."""
    rows = session.execute(
        sa.select(ProcessInstance.id, Person.display_name, Body.name, GridCase.priority)
        .outerjoin(Person, Person.id == ProcessInstance.started_by)
        .outerjoin(Body, Body.id == ProcessInstance.started_by_body)
        .outerjoin(GridCase, GridCase.instance_id == ProcessInstance.id)
        .where(ProcessInstance.id.in_(instance_ids))
    )
    return {row.id: Origin(row.display_name, row.name, row.priority or "normal") for row in rows}


def page_done(session: Session, person_id: int, filters: Filters, after: str = "", size: int = 20) -> Page:
    """Tasks the person completed, the latest first."""
    query = sa.select(UserTask).where(UserTask.closed_by == person_id, UserTask.state == "completed")
    query = _filtered(query, filters)
    if key := read_key(after):
        query = query.where(sa.tuple_(UserTask.closed_at, UserTask.id) < sa.tuple_(*_bound(key)))
    rows = session.scalars(
        query.order_by(UserTask.closed_at.desc(), UserTask.id.desc()).limit(size + 1)
    ).all()
    return _page(rows, size, lambda task: (task.closed_at, task.id))


def page_started(session: Session, person_id: int, filters: Filters, after: str = "", size: int = 20) -> Page:
    """Process instances the person started, the latest first."""
    query = sa.select(ProcessInstance).where(ProcessInstance.started_by == person_id)
    if filters.process_key:
        query = query.where(ProcessInstance.process_key == filters.process_key)
    found = search.matching(filters.tenant_id, filters.text)
    if found is not None:
        query = query.where(ProcessInstance.id.in_(found))
    if key := read_key(after):
        query = query.where(
            sa.tuple_(ProcessInstance.started_at, ProcessInstance.id) < sa.tuple_(*_bound(key))
        )
    rows = session.scalars(
        query.order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc()).limit(size + 1)
    ).all()
    return _page(rows, size, lambda instance: (instance.started_at, instance.id))


def page_copies(
    session: Session, bodies: Sequence[str], filters: Filters, after: str = "", size: int = 20
) -> Page:
    """(matter, why, when, when read) rows of what the bodies were told of (抄送), the latest first."""
    query = (
        sa.select(
            ProcessInstance.id,
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
    if filters.process_key:
        query = query.where(ProcessInstance.process_key == filters.process_key)
    found = search.matching(filters.tenant_id, filters.text)
    if found is not None:
        query = query.where(ProcessInstance.id.in_(found))
    sent = sa.func.max(Copy.sent_at)
    if key := read_key(after):
        query = query.having(sa.tuple_(sent, ProcessInstance.id) < sa.tuple_(*_bound(key)))
    rows = session.execute(query.order_by(sent.desc(), ProcessInstance.id.desc()).limit(size + 1)).all()
    return _page(rows, size, lambda row: (row.sent_at, row.id))


def count_unread(session: Session, bodies: Sequence[str]) -> int:
    """Copies that nobody of the bodies has read, counted to COUNT_CAP at most."""
    unread = (
        sa.select(Copy.instance_id)
        .where(Copy.body_id.in_(bodies), Copy.read_at.is_(None))
        .limit(COUNT_CAP)
        .subquery()
    )
    return session.scalar(sa.select(sa.func.count()).select_from(unread)) or 0


def unread_copy(session: Session, bodies: Sequence[str], instance_id: str) -> bool:
    """Whether the bodies were told of the matter and have not read it."""
    row = sa.select(Copy.body_id).where(
        Copy.instance_id == instance_id, Copy.body_id.in_(bodies), Copy.read_at.is_(None)
    )
    return bool(session.scalar(sa.select(row.exists())))


def _mine(person_id: int, filters: Filters, key: tuple[datetime, str] | None, size: int) -> Any:
    query = sa.select(UserTask.id.label("task_id"), UserTask.due_sort).where(
        UserTask.assignee_id == person_id, IS_OPEN
    )
    query = _due_within(_filtered(query, filters), UserTask.due_sort, filters)
    if key:
        query = query.where(sa.tuple_(UserTask.due_sort, UserTask.id) > sa.tuple_(*_bound(key)))
    return _limited(query.order_by(UserTask.due_sort, UserTask.id).limit(size + 1))


def _open(
    session: Session,
    person_id: int,
    candidates: Sequence[str],
    filters: Filters,
    key: tuple[datetime, str] | None,
    size: int,
) -> Any:
    """At most size + 1 of the person's own and of each candidate's: one short range of an index each,
    whatever the tables' size."""
    mine = _mine(person_id, filters, key, size)
    if not candidates or filters.claimed:
        return mine.subquery()
    if session.get_bind().dialect.name == "postgresql":
        # One statement for any number of bodies, planned once.
        each = (
            sa.func.unnest(sa.literal(list(candidates), ARRAY(sa.Text())))
            .table_valued("candidate", name="each")
            .render_derived()
        )
        offered = _offered(each.c.candidate, filters, key, size).lateral()
        return sa.union_all(
            mine, sa.select(offered.c.task_id, offered.c.due_sort).select_from(each).join(offered, sa.true())
        ).subquery()
    return sa.union_all(
        mine, *(_limited(_offered(name, filters, key, size)) for name in candidates)
    ).subquery()


def _offered(candidate: Any, filters: Filters, key: tuple[datetime, str] | None, size: int) -> Any:
    query = sa.select(UserTaskCandidate.task_id, UserTaskCandidate.due_sort).where(
        UserTaskCandidate.candidate == candidate, IS_OFFERED
    )
    if filters.text or filters.process_key:
        query = _filtered(query.join(UserTask, UserTask.id == UserTaskCandidate.task_id), filters)
    query = _due_within(query, UserTaskCandidate.due_sort, filters)
    if key:
        query = query.where(
            sa.tuple_(UserTaskCandidate.due_sort, UserTaskCandidate.task_id) > sa.tuple_(*_bound(key))
        )
    return query.order_by(UserTaskCandidate.due_sort, UserTaskCandidate.task_id).limit(size + 1)


def _limited(query: Any) -> Any:
    """The query as a subquery of a union: only so does SQLite allow a LIMIT in it."""
    inner = query.subquery()
    return sa.select(inner.c.task_id, inner.c.due_sort)


def _filtered(query: Any, filters: Filters) -> Any:
    if filters.process_key:
        query = query.where(UserTask.process_key == filters.process_key)
    found = search.matching(filters.tenant_id, filters.text)
    return query.where(UserTask.instance_id.in_(found)) if found is not None else query


def _due_within(query: Any, due: Any, filters: Filters) -> Any:
    if filters.due_from:
        query = query.where(due >= filters.due_from)
    return query.where(due < filters.due_before) if filters.due_before else query


def _bound(key: tuple[datetime, str]) -> tuple[Any, Any]:
    return sa.literal(key[0], UserTask.due_sort.type), sa.literal(key[1])


def _page(rows: Sequence[Any], size: int, key: Any) -> Page:
    shown = rows[:size]
    if len(rows) <= size:
        return Page(shown, None)
    at, row_id = key(shown[-1])
    return Page(shown, f"{at.isoformat()}_{row_id}")


def read_key(text: str) -> tuple[datetime, str] | None:
    """The instant and id of a page's key; None when the text is no key."""
    at, _underscore, row_id = text.partition("_")
    if not row_id:
        return None
    try:
        instant = datetime.fromisoformat(at)
        # At the ends of the calendar another zone's instant has no UTC.
        return (instant.astimezone(UTC), row_id) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None
