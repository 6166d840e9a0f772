"""Cases for a map: what is filtered, and where each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import (
    Grid,
    GridArea,
    GridCase,
    ServiceItem,
    of_state,
)
from orchestrator.store.territories import inside
from orchestrator.store.user_tasks import UserTask

MOST = 500
"""Latest cases that a map shows at once."""
ITEMS_OF = 1_000
"""Latest cases whose items a map offers to choose from."""

# Hundreds of cases are told much faster as rows than as objects of the session.
_SHOWN = (
    GridCase.instance_id,
    GridCase.case_no,
    GridCase.title,
    GridCase.priority,
    GridCase.state,
    GridCase.location,
    GridCase.grid_code,
    GridCase.area_id,
    GridCase.latitude,
    GridCase.longitude,
)


@dataclass(frozen=True, slots=True)
class MapFilters:
    state: str = "open"
    priority: str = ""
    item: str = ""
    since: datetime | None = None
    due_from: datetime | None = None
    """Only cases with an open task that is due at this instant or later; `due_before` likewise."""
    due_before: datetime | None = None
    place: str = ""
    """Path of the territory to which they are narrowed."""


def cases(
    session: Session,
    tenant_id: str,
    visible: sa.ColumnElement[bool],
    filters: MapFilters,
) -> Sequence[Any]:
    """Of those that are visible, the latest first: what a map shows of each, with `item` and `grid_name`,
    their names."""
    query = (
        sa.select(
            *_SHOWN,
            ServiceItem.name.label("item"),
            Grid.name.label("grid_name"),
        )
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        .join(ServiceItem, ServiceItem.id == GridCase.item_id)
        .join(
            Grid,
            (Grid.tenant_id == GridCase.tenant_id)
            & (Grid.code == GridCase.grid_code),
        )
        .where(GridCase.tenant_id == tenant_id, visible)
    )
    if filters.state:
        query = query.where(of_state(session, filters.state))
    if filters.priority:
        query = query.where(GridCase.priority == filters.priority)
    if filters.item:
        query = query.where(GridCase.item_id == filters.item)
    if filters.since is not None:
        query = query.where(GridCase.found_at >= filters.since)
    if filters.place:
        query = query.where(inside(GridCase.territory_path, [filters.place]))
    if filters.due_before is not None:
        query = query.where(GridCase.instance_id.in_(_due(tenant_id, filters)))
    return session.execute(
        query.order_by(GridCase.found_at.desc()).limit(MOST)
    ).all()


def _due(tenant_id: str, filters: MapFilters) -> sa.Select[str]:
    """Instances with an open task that is due in time."""
    query = sa.select(UserTask.instance_id).where(
        UserTask.tenant_id == tenant_id,
        UserTask.state == "open",
        UserTask.due_at < filters.due_before,
    )
    if filters.due_from is not None:
        query = query.where(UserTask.due_at >= filters.due_from)
    return query


def items(
    session: Session, tenant_id: str, visible: sa.ColumnElement[bool]
) -> Sequence[Any]:
    """(id, name) of the items that the latest ITEMS_OF visible cases belong to."""
    latest = (
        sa.select(GridCase.item_id)
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        .where(GridCase.tenant_id == tenant_id, visible)
        .order_by(GridCase.found_at.desc())
        .limit(ITEMS_OF)
        .subquery()
    )
    return session.execute(
        sa.select(ServiceItem.id, ServiceItem.name)
        .where(ServiceItem.id.in_(sa.select(latest.c.item_id)))
        .order_by(ServiceItem.category, ServiceItem.code)
    ).all()


def areas(
    session: Session, tenant_id: str, codes: Sequence[str]
) -> Sequence[GridArea]:
    """The areas of these grids."""
    return session.scalars(
        sa.select(GridArea)
        .where(GridArea.tenant_id == tenant_id, GridArea.grid_code.in_(codes))
        .order_by(GridArea.id)
    ).all()
