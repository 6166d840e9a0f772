"""What a grid has beside its members: its party organisation, work team (网格工作团队) and household clusters
(联户单位)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, PathText
from orchestrator.store.grid_entries import GridEntry

MOST = 500
"""Rows that a page or a file has."""


class GridGroup(Base):
    """A party organisation, somebody of the work team or a household cluster of a grid."""

    __tablename__ = "grid_group"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "grid_code", "kind", "name"),
        sa.Index(None, "tenant_id", "territory_path", "kind"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    """Of the grid."""
    kind: Mapped[str] = mapped_column(sa.String(20))
    """A key of the profile's `grid_work.groups`."""
    name: Mapped[str] = mapped_column(sa.String(80))
    form: Mapped[str] = mapped_column(sa.String(20), default="")
    """A key of the kind's forms; empty where the kind has none."""
    head: Mapped[str] = mapped_column(sa.String(40), default="")
    """Its secretary or contact; empty where the kind has none."""
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    """May be graded."""
    households: Mapped[int | None]
    """How many households a cluster has; None for other kinds."""
    remark: Mapped[str] = mapped_column(sa.String(300), default="")
    ended_on: Mapped[date | None]
    """Since when the grid has it no more."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by each change, so that of two who change it at once the second is told."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))


def of_grid(session: Session, tenant_id: str, code: str) -> list[GridGroup]:
    """What the grid has now, kind by kind."""
    query = sa.select(GridGroup).where(
        GridGroup.tenant_id == tenant_id,
        GridGroup.grid_code == code,
        GridGroup.ended_on.is_(None),
    )
    ordered = query.order_by(GridGroup.kind, GridGroup.name)
    return list(session.scalars(ordered.limit(MOST)))


def clusters_of(
    session: Session,
    tenant_id: str,
    code: str,
    kinds: Collection[str],
) -> list[GridGroup]:
    """What the grid has now of the kinds that its households belong to."""
    if not kinds:
        return []
    rows = of_grid(session, tenant_id, code)
    return [row for row in rows if row.kind in kinds]


def households(session: Session, groups: Collection[str]) -> dict[str, int]:
    """Cluster → how many households of the register belong to it."""
    if not groups:
        return {}
    rows = session.execute(
        sa.select(GridEntry.cluster_id, sa.func.count())
        .where(
            GridEntry.cluster_id.in_(groups),
            GridEntry.gone_on.is_(None),
        )
        .group_by(GridEntry.cluster_id)
    )
    return {str(group): count for group, count in rows}


def by_names(
    session: Session, tenant_id: str, code: str
) -> dict[tuple[str, str], GridGroup]:
    """(kind, name) → row of a grid, those that have ended as well."""
    rows = session.scalars(
        sa.select(GridGroup).where(
            GridGroup.tenant_id == tenant_id, GridGroup.grid_code == code
        )
    )
    return {(row.kind, row.name): row for row in rows}
