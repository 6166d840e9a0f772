"""The registers as rows: service items and list versions, grids and their areas, cases, filings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from orchestrator.store.base import Base, PathText, one_of


class ServiceItem(Base):
    """A kind of work that grid members may be asked to do."""

    __tablename__ = "service_item"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "code"),
        sa.Index(None, "tenant_id", "territory_code"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    territory_code: Mapped[str] = mapped_column(sa.String(32))
    """Whose list it stands on: the city's or a county's."""
    code: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(120))
    category: Mapped[str] = mapped_column(sa.String(60))
    legal_basis: Mapped[str] = mapped_column(sa.Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Why grids, who is served, the department's guarantees: the application's own words."""
    department: Mapped[str | None] = mapped_column(sa.String(120))
    """Body id of the responsible department."""


class ItemListVersion(Base):
    """A decision about a territory's item list: numbered in the order of approval, effective on its own day.

    The list of a day is made of the entries whose own decisions are effective by then; no decision moves
    another's day.
    """

    __tablename__ = "item_list_version"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "territory_code", "number"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    territory_code: Mapped[str] = mapped_column(sa.String(32))
    number: Mapped[int]
    effective_on: Mapped[date]
    change: Mapped[str] = mapped_column(sa.String(12))
    """`seed`, `admission`, `exit`, `compilation` or `expiry`."""
    instance_id: Mapped[str | None] = mapped_column(sa.String(24))
    approved_by: Mapped[str] = mapped_column(sa.String(200), default="")
    """Body and person, in words."""
    ground: Mapped[str] = mapped_column(sa.Text, default="")
    """On what article and opinion."""
    created_at: Mapped[datetime]


class ItemListEntry(Base):
    """An item's stay on a list: from the day of the decision that admitted it to the day before that of its
    exit."""

    __tablename__ = "item_list_entry"
    __table_args__ = (
        sa.Index(None, "tenant_id", "territory_code", "left_in"),
        sa.Index(None, "leaves_on"),
    )

    item_id: Mapped[str] = mapped_column(
        sa.ForeignKey("service_item.id"),
        primary_key=True,
    )
    entered_in: Mapped[int] = mapped_column(primary_key=True)
    """Number of the decision that admitted it."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    territory_code: Mapped[str] = mapped_column(sa.String(32))
    left_in: Mapped[int | None]
    """Number of the decision that takes it off."""
    leaves_on: Mapped[date | None]
    """A temporary item is worked on up to this day and leaves the list after it by itself."""


Cells = TypeVarTuple("Cells")

ADMITTED = aliased(ItemListVersion)
"""The decision that admitted an item, see `with_days`."""
LEFT = aliased(ItemListVersion)
"""The decision that takes it off, see `with_days`."""


def with_days(query: sa.Select[*Cells]) -> sa.Select[*Cells]:
    """The query over ServiceItem with each stay on a list and the two decisions that bound it."""
    return (
        query.join(ItemListEntry, ItemListEntry.item_id == ServiceItem.id)
        .join(
            ADMITTED,
            _of_entry(ADMITTED, ADMITTED.number == ItemListEntry.entered_in),
        )
        .outerjoin(LEFT, _of_entry(LEFT, LEFT.number == ItemListEntry.left_in))
    )


def _of_entry(
    version: type[ItemListVersion],
    numbered: sa.ColumnElement[bool],
) -> sa.ColumnElement[bool]:
    return sa.and_(
        version.tenant_id == ItemListEntry.tenant_id,
        version.territory_code == ItemListEntry.territory_code,
        numbered,
    )


def items_in_force(
    session: Session,
    tenant_id: str,
    territory_codes: Sequence[str],
    on: date,
) -> list[ServiceItem]:
    """The items that stand on these territories' lists on a day."""
    query = (
        with_days(sa.select(ServiceItem))
        .where(
            ItemListEntry.tenant_id == tenant_id,
            ItemListEntry.territory_code.in_(territory_codes),
            ADMITTED.effective_on <= on,
            sa.or_(LEFT.effective_on.is_(None), LEFT.effective_on > on),
            sa.or_(
                ItemListEntry.leaves_on.is_(None),
                ItemListEntry.leaves_on >= on,
            ),
        )
        .order_by(ServiceItem.category, ServiceItem.code)
    )
    return list(session.scalars(query))


class Grid(Base):
    __tablename__ = "grid"
    __table_args__ = (
        one_of("state", "active", "retired"),
        sa.Index(None, "tenant_id", "territory_path"),
    )

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    """Never issued again, even after the grid is retired."""
    name: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(12))
    """A key of the profile's `grid.kinds`."""
    setting: Mapped[str] = mapped_column(sa.String(12), default="urban")
    """`urban` or `rural`, which decides the staffing rule."""
    community_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    """Of the grid itself: ends with its own code."""
    households: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(sa.String(12))
    valid_from: Mapped[date]
    retired_on: Mapped[date | None]
    created_by_instance: Mapped[str | None] = mapped_column(sa.String(24))
    managing_body: Mapped[str | None] = mapped_column(sa.String(120))
    """Body id of the department that manages it together with the place; None where none is named."""


class GridArea(Base):
    """A residential compound, building group or villagers' group: the smallest unit that a grid is made
    of."""

    __tablename__ = "grid_area"
    __table_args__ = (
        sa.Index(None, "tenant_id", "community_code"),
        sa.Index(None, "tenant_id", "grid_code"),
        sa.Index(
            None,
            "tenant_id",
            "south",
            "north",
            "west",
            "east",
        ),
    )

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    """Within the jurisdiction."""
    community_code: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(80))
    households: Mapped[int] = mapped_column(default=0)
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    boundary: Mapped[dict[str, Any] | None]
    """GeoJSON Polygon or MultiPolygon, WGS 84; None where the office has only the list."""
    west: Mapped[float | None] = mapped_column(sa.Float)
    """Edges of the boundary in degrees, by which what lies near is found; None without a boundary."""
    south: Mapped[float | None] = mapped_column(sa.Float)
    east: Mapped[float | None] = mapped_column(sa.Float)
    north: Mapped[float | None] = mapped_column(sa.Float)


AREA_OF_GRID = (Grid.tenant_id == GridArea.tenant_id) & (
    Grid.code == GridArea.grid_code
)
"""Joins areas with the grid that each belongs to."""


class GridEvent(Base):
    """The history of a grid code: created, split, merged, renamed, retired…"""

    __tablename__ = "grid_event"
    __table_args__ = (sa.Index(None, "tenant_id", "grid_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    kind: Mapped[str] = mapped_column(sa.String(20))
    on: Mapped[date]
    instance_id: Mapped[str | None] = mapped_column(sa.String(24))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class GridCase(Base):
    """One concrete instance found in a grid."""

    __tablename__ = "grid_case"
    __table_args__ = (
        one_of("state", "open", "archived", "merged", "void"),
        sa.UniqueConstraint("tenant_id", "case_no"),
        sa.Index(None, "tenant_id", "grid_code", "state"),
        sa.Index(None, "territory_path", "found_at"),
        sa.Index(None, "tenant_id", "found_at", "instance_id"),
        sa.Index(
            "ix_grid_case_pressing",
            "tenant_id",
            "priority",
            "found_at",
            "instance_id",
            postgresql_where=sa.text("priority <> 'normal'"),
            sqlite_where=sa.text("priority <> 'normal'"),
        ),
        sa.Index(None, "merged_into"),
        sa.Index(
            "ix_grid_case_unarchived",
            "tenant_id",
            "state",
            "found_at",
            "instance_id",
            postgresql_where=sa.text("state <> 'archived'"),
            sqlite_where=sa.text("state <> 'archived'"),
        ),
        sa.Index(
            "ix_grid_case_by_level",
            "tenant_id",
            "handling_level",
            "found_at",
            "instance_id",
        ),
        sa.Index(None, "tenant_id", "item_id", "territory_path"),
    )

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
        primary_key=True,
    )
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    case_no: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    item_id: Mapped[str] = mapped_column(sa.ForeignKey("service_item.id"))
    item_list_version_id: Mapped[str] = mapped_column(
        sa.ForeignKey("item_list_version.id"),
    )
    """The version in force when the case was opened; later exits do not touch it."""
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    area_id: Mapped[str | None] = mapped_column(sa.String(40))
    location: Mapped[str] = mapped_column(
        sa.String(200),
        default="",
        server_default="",
    )
    """Where, in words."""
    latitude: Mapped[float | None] = mapped_column(sa.Float)
    """Degrees, WGS 84; None where nobody told."""
    longitude: Mapped[float | None] = mapped_column(sa.Float)
    territory_path: Mapped[str] = mapped_column(PathText)
    priority: Mapped[str] = mapped_column(sa.String(12), default="normal")
    """`normal`, `urgent` or `major`."""
    state: Mapped[str] = mapped_column(sa.String(12))
    merged_into: Mapped[str | None] = mapped_column(
        sa.ForeignKey("grid_case.instance_id"),
    )
    """The case that a duplicate was merged into; its own record stays."""
    secrecy: Mapped[str] = mapped_column(
        sa.String(12),
        default="normal",
        server_default="normal",
    )
    """A key of the profile's `secrecy_levels`."""
    handling_level: Mapped[str] = mapped_column(sa.String(12), default="grid")
    rework_count: Mapped[int] = mapped_column(default=0)
    found_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(sa.Text, default="")


def of_state(session: Session, state: str) -> sa.ColumnElement[bool]:
    """The condition that a case is in the state, so that the index of those that are not archived serves it.

    SQLite only uses that index where its condition is repeated. PostgreSQL infers it, and would multiply the
    shares of both conditions: a twentieth of the rows that there are, for which it does not walk the index in
    order.
    """
    return is_of_state(session.get_bind().dialect.name, state)


def is_of_state(dialect: str, state: str) -> sa.ColumnElement[bool]:
    """The condition of `of_state` for the database of that name."""
    if state not in ("open", "merged", "void"):
        return GridCase.state == state
    named = GridCase.state == sa.literal_column(f"'{state}'")
    if dialect == "sqlite":
        return sa.and_(
            named,
            GridCase.state != sa.literal_column("'archived'"),
        )
    return named


class Filing(Base):
    """备案: notice to the higher level for the record; not an approval."""

    __tablename__ = "filing"
    __table_args__ = (sa.Index(None, "tenant_id", "to_body_id", "filed_at"),)

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    subject: Mapped[str] = mapped_column(sa.String(200))
    from_body_id: Mapped[str | None] = mapped_column(sa.String(120))
    to_body_id: Mapped[str] = mapped_column(sa.String(120))
    filed_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
