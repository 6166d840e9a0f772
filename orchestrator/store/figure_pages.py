"""What the pages of figures read: sums by place and period, medians and what is late now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.figures import (
    BODY,
    CLASS,
    ITEM,
    MEASURES,
    MEMBER,
    PLACE,
    PRESENT,
    STEP,
    CaseCounts,
)
from orchestrator.domain.periods import years_and_months
from orchestrator.store.figures import (
    CountedCase,
    Figure,
    FigureHours,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import GridCase, ServiceItem
from orchestrator.store.territories import Body, Territory, inside
from orchestrator.store.user_tasks import IS_OPEN, UserTask, UserTaskCandidate

OVERDUE = "overdue"
TODAY = "today"
LATE = "late"
UNTOLD = "untold"
DISSATISFIED = "dissatisfied"
LISTED = (*MEASURES, "first_time", OVERDUE, TODAY, LATE, UNTOLD, DISSATISFIED)
"""Figures whose cases can be listed."""
NOW = ("open", OVERDUE, TODAY)
"""Of these, what is so now, whatever the period."""
MOST_ROWS = 1_000
"""Rows of one table of figures."""


Keys = Collection[str] | None
"""Of a kind; None for all of it."""


def _rows_of(
    row: type[Figure] | type[FigureHours],
    tenant_id: str,
    path: str,
    keys: Mapping[str, Keys],
    months: Sequence[str],
) -> sa.ColumnElement[bool]:
    """The condition that a row is of the place, the months and a kind with one of its keys."""
    whole = [kind for kind, chosen in keys.items() if chosen is None]
    asked = [
        sa.and_(row.kind == kind, row.key.in_(chosen))
        for kind, chosen in keys.items()
        if chosen
    ]
    return sa.and_(
        row.tenant_id == tenant_id,
        row.path == path,
        row.period.in_(years_and_months(months)),
        sa.or_(row.kind.in_(whole), *asked),
    )


def counts_by(
    session: Session,
    tenant_id: str,
    path: str,
    kind: str,
    months: Sequence[str],
    keys: Keys = None,
) -> dict[str, CaseCounts]:
    """Key → counts of these months, with what is open now, of the cases at the place and below it."""
    asked = {kind: keys}
    return counts_of_kinds(session, tenant_id, path, asked, months)[kind]


def counts_of_kinds(
    session: Session,
    tenant_id: str,
    path: str,
    kinds: Mapping[str, Keys],
    months: Sequence[str],
) -> dict[str, dict[str, CaseCounts]]:
    """Kind → what `counts_by` says of these keys of it, all read at once."""
    sums = [sa.func.sum(getattr(Figure, name)) for name in MEASURES]
    rows = session.execute(
        sa.select(Figure.kind, Figure.key, *sums)
        .where(_rows_of(Figure, tenant_id, path, kinds, [PRESENT, *months]))
        .group_by(Figure.kind, Figure.key)
    )
    result: dict[str, dict[str, CaseCounts]] = {kind: {} for kind in kinds}
    for kind, key, *counted in rows:
        if any(counted):
            result[kind][key] = CaseCounts(*map(int, counted))
    return result


def foremost(
    session: Session,
    tenant_id: str,
    path: str,
    kind: str,
    months: Sequence[str],
    most: int,
) -> tuple[list[str], int]:
    """Keys of the kind: the `most` with the most cases registered, then open, and all that are level with the
    last; and how many keys have cases. A place has twenty thousand members: their ten sums are not read."""
    registered = sa.func.sum(Figure.registered)
    still_open = sa.func.sum(Figure.open)
    ended = sa.func.sum(Figure.closed + Figure.dropped)
    spans = [PRESENT, *months]
    sums = (
        sa.select(
            Figure.key,
            registered.label("registered"),
            still_open.label("open"),
        )
        .where(_rows_of(Figure, tenant_id, path, {kind: None}, spans))
        .group_by(Figure.key)
        .having(registered + still_open + ended > 0)
        .subquery()
    )
    busiest = (sums.c.registered.desc(), sums.c.open.desc())
    ranked = sa.select(
        sums.c.key,
        sa.func.rank().over(order_by=busiest).label("place"),
        sa.func.count().over().label("many"),
    ).subquery()
    first = sa.select(ranked.c.key, ranked.c.many)
    rows = session.execute(first.where(ranked.c.place <= most)).all()
    return [key for key, _many in rows], max(
        (row[1] for row in rows), default=0
    )


def counts_by_month(
    session: Session,
    tenant_id: str,
    path: str,
    kind: str,
    key: str,
    months: Sequence[str],
) -> dict[str, CaseCounts]:
    """Month → counts of one key."""
    rows = session.scalars(
        sa.select(Figure).where(
            Figure.tenant_id == tenant_id,
            Figure.path == path,
            Figure.kind == kind,
            Figure.key == key,
            Figure.period.in_(months),
        )
    )
    return {
        row.period: CaseCounts(
            **{name: getattr(row, name) for name in MEASURES}
        )
        for row in rows
    }


def medians(
    session: Session,
    tenant_id: str,
    path: str,
    kind: str,
    months: Sequence[str],
    keys: Keys = None,
) -> dict[str, tuple[int, int]]:
    """Key → (lower median of the office minutes, of how many)."""
    asked = {kind: keys}
    return medians_of_kinds(session, tenant_id, path, asked, months)[kind]


def medians_of_kinds(
    session: Session,
    tenant_id: str,
    path: str,
    kinds: Mapping[str, Keys],
    months: Sequence[str],
) -> dict[str, dict[str, tuple[int, int]]]:
    """Kind → what `medians` says of these keys of it, all read at once."""
    spent = (
        sa.select(
            FigureHours.kind,
            FigureHours.key,
            FigureHours.minutes,
            # As an integer: a sum of bigint is numeric, which is slower.
            sa.cast(sa.func.sum(FigureHours.many), sa.Integer).label("many"),
        )
        .where(_rows_of(FigureHours, tenant_id, path, kinds, months))
        .group_by(FigureHours.kind, FigureHours.key, FigureHours.minutes)
        .subquery()
    )
    of_one = [spent.c.kind, spent.c.key]
    many = sa.func.sum(spent.c.many)
    up_to = sa.select(
        *of_one,
        spent.c.minutes,
        many.over(partition_by=of_one, order_by=spent.c.minutes).label(
            "up_to"
        ),
        many.over(partition_by=of_one).label("whole"),
    ).subquery()
    rows = session.execute(
        sa.select(
            up_to.c.kind,
            up_to.c.key,
            sa.func.min(up_to.c.minutes),
            sa.func.max(up_to.c.whole),
        )
        .where(up_to.c.whole > 0, up_to.c.up_to * 2 >= up_to.c.whole)
        .group_by(up_to.c.kind, up_to.c.key)
    )
    result: dict[str, dict[str, tuple[int, int]]] = {
        kind: {} for kind in kinds
    }
    for kind, key, minutes, whole in rows:
        result[kind][key] = int(minutes), int(whole)
    return result


@dataclass(frozen=True, slots=True)
class Pressing:
    """Cases with an open task that is over its time, or due by tonight."""

    overdue: int
    today: int
    overdue_by_place: Mapping[str, int]
    """Code of the place right below → how many."""
    overdue_by_body: Mapping[str, int]


def pressing(
    session: Session,
    tenant_id: str,
    path: str,
    now: datetime,
    tonight: datetime,
) -> Pressing:
    """Counted from the open tasks that are due: an index leads to them alone."""
    many = sa.func.count(sa.distinct(UserTask.instance_id))
    places = session.execute(
        sa.select(
            UserTask.territory_path,
            many.filter(UserTask.due_at < now),
            many.filter(UserTask.due_at >= now),
        )
        .where(_due_before(tenant_id, path, tonight))
        .group_by(UserTask.territory_path)
    ).all()
    bodies = session.execute(
        sa.select(UserTaskCandidate.candidate, many)
        .join(UserTask, UserTask.id == UserTaskCandidate.task_id)
        .where(
            _due_before(tenant_id, path, now),
            UserTaskCandidate.candidate.not_like("user:%"),
        )
        .group_by(UserTaskCandidate.candidate)
    ).all()
    by_place: dict[str, int] = {}
    for place, overdue, _today in places:
        below = place[len(path) :].strip("/").split("/")[0]
        if overdue:
            by_place[below] = by_place.get(below, 0) + overdue
    return Pressing(
        sum(overdue for _place, overdue, _today in places),
        sum(today for _place, _overdue, today in places),
        by_place,
        dict(bodies),
    )


OF_CASES = {
    ITEM: CountedCase.item,
    CLASS: CountedCase.category,
    MEMBER: CountedCase.member,
}
"""What every case has one of."""


def overdue_of_cases(
    session: Session,
    tenant_id: str,
    path: str,
    now: datetime,
) -> dict[str, dict[str, int]]:
    """Kind of OF_CASES → key → how many cases there have an open task that is over its time."""
    rows = session.execute(
        sa.select(
            *OF_CASES.values(),
            sa.func.count(sa.distinct(UserTask.instance_id)),
        )
        .join(UserTask, UserTask.instance_id == CountedCase.instance_id)
        .where(_due_before(tenant_id, path, now))
        .group_by(*OF_CASES.values())
    )
    found: dict[str, Counter[str]] = {kind: Counter() for kind in OF_CASES}
    for *keys, many in rows:
        for kind, key in zip(OF_CASES, keys, strict=True):
            found[kind][key] += many
    return {kind: dict(counts) for kind, counts in found.items()}


def _due_before(
    tenant_id: str,
    path: str,
    until: datetime,
    since: datetime | None = None,
) -> sa.ColumnElement[bool]:
    """The condition that a task is an open one of a case that everybody above may see, due by then."""
    seen = (
        sa.exists()
        .where(GridCase.instance_id == UserTask.instance_id)
        .where(
            ProcessInstance.id == UserTask.instance_id,
            ~ProcessInstance.restricted,
        )
    )
    return sa.and_(*open_and_due(tenant_id, path, until, since), seen)


def open_and_due(
    tenant_id: str,
    path: str,
    until: datetime,
    since: datetime | None,
) -> list[sa.ColumnElement[bool]]:
    """The conditions that a task at the place or below it is open and due from `since` until then."""
    conditions = [
        UserTask.tenant_id == tenant_id,
        IS_OPEN,
        UserTask.due_at < until,
        inside(UserTask.territory_path, [path]),
    ]
    if since is not None:
        conditions.append(UserTask.due_at >= since)
    return conditions


def names_of(
    session: Session,
    tenant_id: str,
    kind: str,
    keys: Sequence[str],
) -> dict[str, str]:
    """Key → what it is called; a class and a step are called by their key."""
    queries: Mapping[str, Any] = {
        PLACE: lambda: sa.select(Territory.code, Territory.name).where(
            Territory.tenant_id == tenant_id, Territory.code.in_(keys)
        ),
        ITEM: lambda: sa.select(ServiceItem.id, ServiceItem.name).where(
            ServiceItem.tenant_id == tenant_id, ServiceItem.id.in_(keys)
        ),
        MEMBER: lambda: sa.select(Person.id, Person.display_name).where(
            Person.tenant_id == tenant_id,
            Person.id.in_(
                [
                    int(key)
                    for key in keys
                    if key.isascii() and key.isdecimal() and len(key) < 10
                ]
            ),
        ),
        BODY: lambda: sa.select(Body.id, Body.name).where(
            Body.tenant_id == tenant_id, Body.id.in_(keys)
        ),
    }
    if not keys or kind in (CLASS, STEP) or kind not in queries:
        return {key: key for key in keys}
    return {str(key): name for key, name in session.execute(queries[kind]())}


def bodies_of(session: Session, ids: Sequence[str]) -> dict[str, Any]:
    """Body id → its name and role."""
    rows = session.execute(
        sa.select(Body.id, Body.name, Body.role).where(Body.id.in_(ids))
    )
    return {row.id: row for row in rows}


def bodies_with_roles(
    session: Session, tenant_id: str, roles: Collection[str]
) -> dict[str, Any]:
    """Id → name and role of each body of the jurisdiction that has one of the roles."""
    rows = session.execute(
        sa.select(Body.id, Body.name, Body.role).where(
            Body.tenant_id == tenant_id, Body.role.in_(roles)
        )
    )
    return {row.id: row for row in rows}


def counted_until(session: Session, tenant_id: str) -> bool:
    """Whether every instance of the jurisdiction is in the figures."""
    waiting = sa.select(ProcessInstance.id).where(
        ProcessInstance.tenant_id == tenant_id,
        sa.text("history_seq > counted_seq"),
    )
    # In the order of the index of those that wait: without it the planner takes a third of all for waiting.
    first = waiting.order_by(ProcessInstance.id).limit(1)
    return session.scalar(first) is None


def territories_at(
    session: Session, tenant_id: str, paths: Collection[str]
) -> dict[str, Territory]:
    """Path → the place with it."""
    rows = session.scalars(
        sa.select(Territory).where(
            Territory.tenant_id == tenant_id, Territory.path.in_(paths)
        )
    )
    return {territory.path: territory for territory in rows}


def territory_at(
    session: Session, tenant_id: str, path: str
) -> Territory | None:
    """The place with that path."""
    return session.scalar(
        sa.select(Territory).where(
            Territory.tenant_id == tenant_id, Territory.path == path
        )
    )
