"""The inbox: what is to do, what was done, what was started. Keyset paging; one limited select a body, so that size does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store import search
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

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
    process_key: str = ""


def page_to_do(
    session: Session, person_id: int, candidates: Sequence[str], filters: Filters, after: str = "", size: int = 20
) -> Page:
    """Open tasks assigned to the person or offered to one of `candidates` (bodies and `user:NAME`), by due date."""
    key = _read_key(after)
    parts = [_mine(person_id, filters, key, size), *(_offered(each, filters, key, size) for each in candidates)]
    union = sa.union_all(*parts).subquery()
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


def count_to_do(session: Session, person_id: int, candidates: Sequence[str], filters: Filters) -> int:
    """How many, counted to COUNT_CAP + 1 at most."""
    parts = [_mine(person_id, filters, None, COUNT_CAP), *(_offered(each, filters, None, COUNT_CAP) for each in candidates)]
    union = sa.union_all(*parts).subquery()
    capped = sa.select(union.c.task_id).distinct().limit(COUNT_CAP + 1).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(capped)) or 0


def page_done(session: Session, person_id: int, filters: Filters, after: str = "", size: int = 20) -> Page:
    """Tasks the person completed, the latest first."""
    query = sa.select(UserTask).where(UserTask.closed_by == person_id, UserTask.state == "completed")
    query = _filtered(query, filters)
    if key := _read_key(after):
        query = query.where(sa.tuple_(UserTask.closed_at, UserTask.id) < sa.tuple_(*_bound(key)))
    rows = session.scalars(query.order_by(UserTask.closed_at.desc(), UserTask.id.desc()).limit(size + 1)).all()
    return _page(rows, size, lambda task: (task.closed_at, task.id))


def page_started(session: Session, person_id: int, filters: Filters, after: str = "", size: int = 20) -> Page:
    """Process instances the person started, the latest first."""
    query = sa.select(ProcessInstance).where(ProcessInstance.started_by == person_id)
    if filters.process_key:
        query = query.where(ProcessInstance.process_key == filters.process_key)
    found = search.matching(filters.tenant_id, filters.text)
    if found is not None:
        query = query.where(ProcessInstance.id.in_(found))
    if key := _read_key(after):
        query = query.where(sa.tuple_(ProcessInstance.started_at, ProcessInstance.id) < sa.tuple_(*_bound(key)))
    rows = session.scalars(query.order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc()).limit(size + 1)).all()
    return _page(rows, size, lambda instance: (instance.started_at, instance.id))


def _mine(person_id: int, filters: Filters, key: tuple[datetime, str] | None, size: int) -> Any:
    query = sa.select(UserTask.id.label("task_id"), UserTask.due_sort).where(
        UserTask.assignee_id == person_id, UserTask.state == "open"
    )
    query = _filtered(query, filters)
    if key:
        query = query.where(sa.tuple_(UserTask.due_sort, UserTask.id) > sa.tuple_(*_bound(key)))
    return _limited(query.order_by(UserTask.due_sort, UserTask.id), size)


def _offered(candidate: str, filters: Filters, key: tuple[datetime, str] | None, size: int) -> Any:
    query = sa.select(UserTaskCandidate.task_id, UserTaskCandidate.due_sort).where(
        UserTaskCandidate.candidate == candidate, UserTaskCandidate.offered
    )
    if filters.text or filters.process_key:
        query = _filtered(query.join(UserTask, UserTask.id == UserTaskCandidate.task_id), filters)
    if key:
        query = query.where(sa.tuple_(UserTaskCandidate.due_sort, UserTaskCandidate.task_id) > sa.tuple_(*_bound(key)))
    return _limited(query.order_by(UserTaskCandidate.due_sort, UserTaskCandidate.task_id), size)


def _limited(query: Any, size: int) -> Any:
    inner = query.limit(size + 1).subquery()
    return sa.select(inner.c.task_id, inner.c.due_sort)


def _filtered(query: Any, filters: Filters) -> Any:
    if filters.process_key:
        query = query.where(UserTask.process_key == filters.process_key)
    found = search.matching(filters.tenant_id, filters.text)
    return query.where(UserTask.instance_id.in_(found)) if found is not None else query


def _bound(key: tuple[datetime, str]) -> tuple[Any, Any]:
    return sa.literal(key[0], UserTask.due_sort.type), sa.literal(key[1])


def _page(rows: Sequence[Any], size: int, key: Any) -> Page:
    shown = rows[:size]
    if len(rows) <= size:
        return Page(shown, None)
    at, row_id = key(shown[-1])
    return Page(shown, f"{at.isoformat()}_{row_id}")


def _read_key(text: str) -> tuple[datetime, str] | None:
    at, _underscore, row_id = text.partition("_")
    if not row_id:
        return None
    try:
        return datetime.fromisoformat(at), row_id
    except ValueError:
        return None
