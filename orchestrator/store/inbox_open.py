"""The open tasks that wait for a person: his own and those offered to his bodies, filtered and in order. One
limited select a body, so that size does not instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator.domain.cases import TASK_PRIORITIES
from orchestrator.store import search
from orchestrator.store.absences import StandIn
from orchestrator.store.inbox_order import Order, Place, ordered
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.kept_statements import array
from orchestrator.store.people import Person
from orchestrator.store.set_aside import aside_of, hidden
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import (
    IS_OFFERED,
    IS_OPEN,
    ReadTask,
    UserTask,
    UserTaskCandidate,
)

BY_DUE = Order()
URGENT = min(TASK_PRIORITIES.values())
"""Priority from which a task stands above every list until somebody claims it."""


@dataclass(frozen=True, slots=True)
class Filters:
    tenant_id: str
    text: str = ""
    """Words that the instance is found by; all of them must occur."""
    process_key: str = ""
    due_from: datetime | None = None
    """Only what falls due at this instant or later."""
    due_before: datetime | None = None
    """Only what falls due before this instant; what has no due time does not."""
    claimed: bool = False
    """Only what the person holds."""
    new_since: datetime | None = None
    """Only what arrived after this instant and the person has not looked at."""
    now: datetime | None = None
    """Without what the person has aside at this instant; None: with it."""
    aside: bool = False
    """Only what he has aside `now`."""
    pressing: bool = False
    """Only what is urgent and nobody has claimed."""
    without: Sequence[str] = ()
    """Without these tasks."""


@dataclass(frozen=True, slots=True)
class Official:
    """Somebody whose open tasks are asked for."""

    person_id: int
    candidates: Sequence[str]
    """His bodies, and `user:NAME`."""
    standing_in: Sequence[StandIn] = ()
    """Those whose tasks he does while they are away."""


def open_tasks(
    postgresql: bool,
    of: Official,
    filters: Filters,
    order: Order = BY_DUE,
    place: Place | None = None,
    size: int = 20,
) -> Any:
    """(task_id, sort) of at most size + 1 of the person's own and of each candidate's, and of those for whom
    he stands in: one short range of an index each.

    `postgresql`: which of the databases is asked.
    """
    wanted = _Wanted(filters, order, place, size)
    tasks = _selects(postgresql, of, wanted)
    if not filters.claimed:
        for absent in of.standing_in:
            instead = Official(absent.person_id, absent.candidates)
            for covered in _covered(absent, filters):
                tasks += _selects(
                    postgresql,
                    instead,
                    replace(wanted, filters=covered),
                    of.person_id,
                )
    if len(tasks) > 1:
        return sa.union_all(*tasks).subquery()
    return tasks[0].subquery()


def _covered(absent: StandIn, filters: Filters) -> list[Filters]:
    """The filters, one for each procedure that the deputy does."""
    if not absent.process_keys:
        return [filters]
    if filters.process_key:
        if absent.covers(filters.process_key):
            return [filters]
        return []
    return [replace(filters, process_key=key) for key in absent.process_keys]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which tasks of a list are asked for."""

    filters: Filters
    order: Order
    place: Place | None
    """After which place in the order; None for the first ones."""
    size: int


def _selects(
    postgresql: bool,
    of: Official,
    wanted: _Wanted,
    reader: int | None = None,
) -> list[Any]:
    """The parts of the union; `reader`: who looks, where that is not the person himself."""
    if reader is None:
        reader = of.person_id
    mine = _mine(of.person_id, reader, wanted)
    if not of.candidates or wanted.filters.claimed:
        return [mine]
    if postgresql:
        # One statement for any number of bodies, planned once.
        table_valued_alias = (
            sa.func.unnest(array(of.candidates))
            .table_valued("candidate", name="each")
            .render_derived()
        )
        offered = _offered(
            of.person_id,
            reader,
            table_valued_alias.c.candidate,
            wanted,
        ).lateral()
        return [
            mine,
            sa.select(offered.c.task_id, offered.c.sort)
            .select_from(table_valued_alias)
            .join(offered, sa.true()),
        ]
    offers = [
        _offered(of.person_id, reader, name, wanted) for name in of.candidates
    ]
    return [mine, *map(_limited, offers)]


def applicant() -> Any:
    """The body in whose name a task's instance was begun, else the person."""
    body = (
        sa.select(Body.name)
        .where(Body.id == ProcessInstance.started_by_body)
        .scalar_subquery()
    )
    person = (
        sa.select(Person.display_name)
        .where(Person.id == ProcessInstance.started_by)
        .scalar_subquery()
    )
    return (
        sa.select(sa.func.coalesce(body, person, ""))
        .where(ProcessInstance.id == UserTask.instance_id)
        .scalar_subquery()
    )


def sorted_by(order: Order) -> Any:
    """What a task is sorted by, where it is no offer."""
    if order.by == "applicant":
        return applicant()
    return getattr(UserTask, order.column)


def filtered(query: Any, filters: Filters) -> Any:
    """The query over tasks, of one procedure and with the words only."""
    if filters.process_key:
        query = query.where(UserTask.process_key == filters.process_key)
    return search.only_with_words(
        query,
        filters.tenant_id,
        filters.text,
        UserTask.instance_id,
        UserTask.name,
    )


def with_words(query: Any, instance_id: Any, filters: Filters) -> Any:
    """The query over instances, of those that hold every word only."""
    result = search.matching(filters.tenant_id, filters.text)
    if result is not None:
        return query.where(instance_id.in_(result))
    return query


def _mine(
    holder: int,
    reader: int,
    wanted: _Wanted,
) -> Any:
    filters = wanted.filters
    value = sorted_by(wanted.order)
    query = sa.select(UserTask.id.label("task_id"), value.label("sort")).where(
        UserTask.assignee_id == holder,
        IS_OPEN,
    )
    query = _within(filtered(query, filters), UserTask.due_sort, filters)
    query = _without(query, UserTask.id, filters)
    query = _by_another(query, holder, reader, UserTask.instance_id)
    if filters.pressing:
        # What he holds is claimed.
        query = query.where(sa.false())
    if filters.new_since is not None:
        query = query.where(
            UserTask.opened_at > filters.new_since,
            ~_read(reader, UserTask.id),
        )
    query = in_hand(query, reader, UserTask.id, UserTask.due_sort, filters)
    return _limited(
        ordered(
            query,
            value,
            UserTask.id,
            wanted.order,
            wanted.place,
            wanted.size,
        )
    )


def _offered(
    holder: int,
    reader: int,
    candidate: Any,
    wanted: _Wanted,
) -> Any:
    filters = wanted.filters
    offer = UserTaskCandidate
    value = getattr(offer, wanted.order.column)
    query = sa.select(offer.task_id, value.label("sort")).where(
        offer.candidate == candidate,
        IS_OFFERED,
    )
    if filters.process_key:
        query = query.where(offer.process_key == filters.process_key)
    query = search.only_with_words(
        query,
        filters.tenant_id,
        filters.text,
        offer.instance_id,
        offer.name,
    )
    query = _within(query, offer.due_sort, filters)
    query = _without(query, offer.task_id, filters)
    query = _by_another(query, holder, reader, offer.instance_id)
    if filters.pressing:
        query = query.where(offer.priority >= URGENT)
    if filters.new_since is not None:
        query = query.where(
            offer.opened_at > filters.new_since,
            ~_read(reader, offer.task_id),
        )
    query = in_hand(query, reader, offer.task_id, offer.due_sort, filters)
    return ordered(
        query,
        value,
        offer.task_id,
        wanted.order,
        wanted.place,
        wanted.size,
    )


def _by_another(query: Any, whose: Any, reader: int, instance_id: Any) -> Any:
    """The query without what the reader applied for himself, where he looks as somebody's deputy: he does not
    decide on it. `whose`: the person to whom the tasks belong."""
    if whose == reader:
        return query
    return query.where(
        ~sa.exists().where(
            ProcessInstance.id == instance_id,
            ProcessInstance.started_by == reader,
        )
    )


def _read(person_id: int, task_id: Any) -> Any:
    # Not correlated: what one person has read is read once, not looked up for each of a thousand offers.
    return task_id.in_(
        sa.select(ReadTask.task_id).where(ReadTask.person_id == person_id),
    )


def in_hand(
    query: Any,
    reader: int,
    task_id: Any,
    due: Any,
    filters: Filters,
) -> Any:
    """Without what the reader has aside, or only that."""
    if filters.now is None:
        return query
    aside = hidden(reader, task_id, due, filters.now)
    if filters.aside:
        # A person has few aside: they are looked up among the offers, not each offer among them.
        kept = aside_of(reader, filters.now)
        return query.where(task_id.in_(kept), aside)
    return query.where(~aside)


def _without(query: Any, task_id: Any, filters: Filters) -> Any:
    if filters.without:
        return query.where(task_id.not_in(filters.without))
    return query


def _limited(query: Any) -> Any:
    """The query as a subquery of a union: only so does SQLite allow a LIMIT in it."""
    inner = query.subquery()
    return sa.select(inner.c.task_id, inner.c.sort)


def _within(query: Any, due: Any, filters: Filters) -> Any:
    if filters.due_from:
        query = query.where(due >= filters.due_from)
    if filters.due_before:
        return query.where(due < filters.due_before)
    return query
