"""What the register pages list: places with an item list, grids, cases; each bounded by what a person's
territories allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store import search
from orchestrator.store.inbox import read_key
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.paging import page_of
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import (
    Grid,
    GridArea,
    GridCase,
    GridEvent,
    ItemListVersion,
    ServiceItem,
    of_state,
)
from orchestrator.store.suspensions import Suspension
from orchestrator.store.territories import Body, Territory
from orchestrator.store.user_tasks import IS_OPEN, UserTask

CASES_AT_ONCE = 20
"""Cases of one page."""


def lists_of(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
) -> list[Territory]:
    """Territories with an item list that bear on these places: above them and below them."""
    codes = {code for path in paths for code in path.strip("/").split("/")}
    below = [
        Territory.path.startswith(path, autoescape=True) for path in paths
    ]
    has_list = (
        sa.select(ItemListVersion.territory_code)
        .where(ItemListVersion.tenant_id == tenant_id)
        .distinct()
    )
    query = sa.select(Territory).where(
        Territory.tenant_id == tenant_id,
        Territory.code.in_(has_list),
        sa.or_(Territory.code.in_(codes), *below),
    )
    return list(session.scalars(query.order_by(Territory.path)))


def nearest_list(
    territories: Sequence[Territory],
    paths: Sequence[str],
) -> str:
    """Code of the list that a person sees first: his own place's or the nearest above it, else the first
    below. Empty without one."""
    listed = {territory.code for territory in territories}
    for path in paths:
        for code in reversed(path.strip("/").split("/")):
            if code in listed:
                return code
    if territories:
        return territories[0].code
    return ""


@dataclass(frozen=True, slots=True)
class GridFilters:
    text: str = ""
    """Part of the name, or the beginning of the code."""
    kind: str = ""
    township: str = ""
    """Code of a township."""


def grid_choices(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
) -> tuple[list[Territory], list[str]]:
    """Townships that have grids inside the places, and the kinds of grids there are."""
    community = aliased(Territory)
    inside = sa.and_(
        Grid.tenant_id == tenant_id,
        _inside(Grid.territory_path, paths),
    )
    codes = (
        sa.select(community.parent_code)
        .join(
            Grid,
            (Grid.tenant_id == community.tenant_id)
            & (Grid.community_code == community.code),
        )
        .where(inside)
    )
    townships = session.scalars(
        sa.select(Territory)
        .where(Territory.tenant_id == tenant_id, Territory.code.in_(codes))
        .order_by(Territory.code),
    )
    return list(townships), list(
        session.scalars(
            sa.select(Grid.kind)
            .where(inside)
            .distinct()
            .order_by(Grid.kind.desc()),
        ),
    )


def page_grids(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    filters: GridFilters,
    after: str,
    size: int = 50,
) -> tuple[list[Any], str | None]:
    """(grid, community name, township name, members, open cases) rows by code; and the key of the next
    page."""
    community = aliased(Territory)
    township = aliased(Territory)
    members = (
        sa.select(sa.func.count(sa.distinct(Membership.person_id)))
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == tenant_id,
            Body.territory_code == Grid.code,
            Membership.until_on.is_(None),
        )
        .scalar_subquery()
    )
    cases = (
        sa.select(sa.func.count())
        .select_from(GridCase)
        .where(
            GridCase.tenant_id == tenant_id,
            GridCase.grid_code == Grid.code,
            GridCase.state == "open",
        )
        .scalar_subquery()
    )
    query = (
        sa.select(Grid, community.name, township.name, members, cases)
        .join(
            community,
            (community.tenant_id == Grid.tenant_id)
            & (community.code == Grid.community_code),
        )
        .join(
            township,
            (township.tenant_id == Grid.tenant_id)
            & (township.code == community.parent_code),
            isouter=True,
        )
        .where(
            Grid.tenant_id == tenant_id,
            _inside(Grid.territory_path, paths),
        )
    )
    if text := filters.text:
        query = query.where(
            sa.or_(
                Grid.name.contains(text, autoescape=True),
                Grid.code.startswith(text, autoescape=True),
            ),
        )
    if filters.kind:
        query = query.where(Grid.kind == filters.kind)
    if filters.township:
        query = query.where(township.code == filters.township)
    if after:
        query = query.where(Grid.code > after)
    rows = session.execute(query.order_by(Grid.code).limit(size + 1)).all()
    return page_of(rows, size, lambda row: row[0].code)


@dataclass(frozen=True)
class GridDetail:
    grid: Grid
    areas: Sequence[GridArea]
    members: Sequence[Any]
    """(name, title, role, phone, employment)."""
    events: Sequence[GridEvent]
    cases: Sequence[Any]
    """(instance id, number, title)."""
    manager: str = ""
    """Name of the department that manages it together with the place; empty where none is named."""


def grid_detail(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    code: str,
    visible: sa.ColumnElement[bool],
) -> GridDetail | None:
    """A grid inside one of the places, with areas, people, code history and those open cases that are
    `visible`."""
    grid = session.scalar(
        sa.select(Grid).where(
            Grid.tenant_id == tenant_id,
            Grid.code == code,
            _inside(Grid.territory_path, paths),
        ),
    )
    if grid is None:
        return None
    return GridDetail(
        grid,
        session.scalars(
            sa.select(GridArea)
            .where(GridArea.tenant_id == tenant_id, GridArea.grid_code == code)
            .order_by(GridArea.id),
        ).all(),
        session.execute(
            sa.select(
                Person.display_name,
                Membership.title,
                Body.role,
                Person.phone,
                Membership.employment,
            )
            .join(Membership, Membership.person_id == Person.id)
            .join(Body, Body.id == Membership.body_id)
            .where(
                Body.tenant_id == tenant_id,
                Body.territory_code == code,
                Membership.until_on.is_(None),
            )
            .order_by(Body.role, Person.display_name),
        ).all(),
        session.scalars(
            sa.select(GridEvent)
            .where(
                GridEvent.tenant_id == tenant_id,
                GridEvent.grid_code == code,
            )
            .order_by(GridEvent.id),
        ).all(),
        session.execute(
            sa.select(GridCase.instance_id, GridCase.case_no, GridCase.title)
            .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
            .where(
                GridCase.tenant_id == tenant_id,
                GridCase.grid_code == code,
                GridCase.state == "open",
                visible,
            )
            .order_by(GridCase.found_at)
            .limit(100),
        ).all(),
        _name_of(session, grid.managing_body),
    )


def _name_of(session: Session, body_id: str | None) -> str:
    """Name of the body; empty for none."""
    if body_id is None:
        return ""
    name = session.scalar(sa.select(Body.name).where(Body.id == body_id))
    return name or ""


@dataclass(frozen=True, slots=True)
class CaseFilters:
    text: str = ""
    state: str = ""
    priority: str = ""
    overdue: bool = False
    level: str = ""
    """Level at which it is being handled."""


def page_cases(
    session: Session,
    tenant_id: str,
    visible: sa.ColumnElement[bool],
    filters: CaseFilters,
    now: datetime,
    after: str,
) -> tuple[list[Any], str | None]:
    """(case, item name, grid name, earliest due of its open tasks, whether one of them stands still) rows,
    the latest found first."""
    query = _of_filters(session, tenant_id, visible, filters)
    order: tuple[Any, Any] = (GridCase.found_at, GridCase.instance_id)
    if filters.overdue:
        late = _late(tenant_id, now)
        query = query.join(late, late.c.instance_id == GridCase.instance_id)
        order = (late.c.found_at, late.c.instance_id)
    key = read_key(after)
    if key is not None:
        bound = sa.tuple_(
            sa.literal(key[0], GridCase.found_at.type),
            sa.literal(key[1]),
        )
        place = sa.tuple_(GridCase.found_at, GridCase.instance_id)
        query = query.where(place < bound)
    latest_first = query.order_by(*(value.desc() for value in order))
    rows = session.execute(latest_first.limit(CASES_AT_ONCE + 1)).all()
    return page_of(rows, CASES_AT_ONCE, lambda row: _case_key(row[0]))


def _case_key(case: GridCase) -> str:
    """As `read_key` reads it."""
    return f"{case.found_at.isoformat()}_{case.instance_id}"


def _of_filters(
    session: Session,
    tenant_id: str,
    visible: sa.ColumnElement[bool],
    filters: CaseFilters,
) -> Any:
    """The cases of all filters but `overdue`, in no order."""
    due = (
        sa.select(sa.func.min(UserTask.due_at))
        .where(
            UserTask.instance_id == GridCase.instance_id,
            UserTask.state == "open",
        )
        .scalar_subquery()
    )
    suspended = (
        sa.exists()
        .where(
            Suspension.instance_id == GridCase.instance_id,
            Suspension.deadline_id == UserTask.id,
            UserTask.state == "open",
        )
        .label("suspended")
    )
    query = (
        sa.select(GridCase, ServiceItem.name, Grid.name, due, suspended)
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        .join(ServiceItem, ServiceItem.id == GridCase.item_id)
        .join(
            Grid,
            (Grid.tenant_id == GridCase.tenant_id)
            & (Grid.code == GridCase.grid_code),
        )
        .where(GridCase.tenant_id == tenant_id, visible)
    )
    if filters.state in ("open", "archived", "merged", "void"):
        query = query.where(of_state(session, filters.state))
    if filters.priority in ("normal", "urgent", "major"):
        query = query.where(
            GridCase.priority == sa.literal_column(f"'{filters.priority}'"),
        )
    if filters.priority in ("urgent", "major"):
        # As the partial index says it.
        query = query.where(GridCase.priority != sa.literal_column("'normal'"))
    if filters.level:
        query = query.where(GridCase.handling_level == filters.level)
    result = search.matching(tenant_id, filters.text)
    if result is not None:
        query = query.where(GridCase.instance_id.in_(result))
    return query


def _late(tenant_id: str, now: datetime) -> sa.CTE:
    """Cases with an open task that is overdue. Found first and by themselves: they are few, and among the
    latest cases there are fewest."""
    return (
        sa.select(GridCase.instance_id, GridCase.found_at)
        .join(UserTask, UserTask.instance_id == GridCase.instance_id)
        .where(
            UserTask.tenant_id == tenant_id,
            IS_OPEN,
            UserTask.due_at < now,
        )
        .distinct()
        .cte("late")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def open_steps(
    session: Session,
    instance_ids: Sequence[str],
) -> dict[str, list[str]]:
    """Names of the open tasks of each instance."""
    steps: dict[str, list[str]] = {}
    for instance_id, name in session.execute(
        sa.select(UserTask.instance_id, UserTask.name).where(
            UserTask.instance_id.in_(instance_ids),
            UserTask.state == "open",
        ),
    ):
        steps.setdefault(instance_id, []).append(name)
    return steps


def _inside(column: Any, paths: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.false(),
        *(column.startswith(path, autoescape=True) for path in paths),
    )
