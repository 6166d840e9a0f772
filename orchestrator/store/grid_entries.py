"""A grid's register: its households, persons, places, things and organisations (人、地、物、组织)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.domain.grid_work import KINDS, VisitRule
from orchestrator.store.base import Base, PathText, one_of
from orchestrator.store.paging import page_of
from orchestrator.store.registers import Grid
from orchestrator.store.territories import inside

AT_ONCE = 50


class GridEntry(Base):
    """Somebody or something in a grid that its members visit; personal."""

    __tablename__ = "grid_entry"
    __table_args__ = (
        one_of("kind", *KINDS),
        sa.UniqueConstraint(
            "tenant_id",
            "grid_code",
            "kind",
            "name",
            "address",
        ),
        sa.Index(None, "tenant_id", "grid_code", "kind", "last_met_on"),
        sa.Index(None, "tenant_id", "territory_path", "id"),
        sa.Index(None, "household_id"),
        sa.Index(None, "cluster_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    kind: Mapped[str] = mapped_column(sa.String(12))
    """One of the domain's KINDS."""
    name: Mapped[str] = mapped_column(sa.String(80))
    address: Mapped[str] = mapped_column(sa.String(160), default="")
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    """Personal: shown masked."""
    identity: Mapped[str] = mapped_column(sa.String(40), default="")
    """Number of an identity card or of an organisation's registration; personal: shown masked."""
    attention: Mapped[str] = mapped_column(sa.String(20), default="")
    """A key of the profile's attentions; empty: none."""
    remark: Mapped[str] = mapped_column(sa.String(300), default="")
    household_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("grid_entry.id"),
    )
    """The household of a person."""
    cluster_id: Mapped[str | None] = mapped_column(sa.String(24))
    """The cluster (联户单位) of a household: the id of a `GridGroup`, which is never deleted."""
    verified_on: Mapped[date]
    """When somebody last saw that it is so."""
    last_met_on: Mapped[date | None]
    """The last visit at which somebody was met; None: never."""
    gone_on: Mapped[date | None]
    """Since when it is not in the grid any more."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by each change, so that of two who change it at once the second is told."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))


class EntryDisclosure(Base):
    """That a person opened the masked data of an entry; never changed."""

    __tablename__ = "entry_disclosure"
    __table_args__ = (sa.Index(None, "entry_id", "person_id", "at"),)

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    entry_id: Mapped[str] = mapped_column(sa.ForeignKey("grid_entry.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(45), default="")


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries a page is to show."""

    tenant_id: str
    paths: Sequence[str]
    grid: str = ""
    kind: str = ""
    attention: str = ""
    cluster: str = ""
    """Only the households of this one."""
    text: str = ""
    """Part of a name or an address."""
    gone: bool = False
    """Those that are not in the grid any more, instead of those that are."""
    rule: VisitRule | None = None
    """Only those that this rule asks to visit …"""
    unmet_since: date | None = None
    """… and where nobody was met since that day."""


def page_of_entries(
    session: Session,
    wanted: EntryFilter,
    after: str,
    size: int = AT_ONCE,
) -> tuple[list[GridEntry], str | None]:
    """Entries by id, and the last one's id when there are more."""
    query = sa.select(GridEntry).where(
        GridEntry.tenant_id == wanted.tenant_id,
        inside(GridEntry.territory_path, wanted.paths),
        GridEntry.id > after,
        *_asked(wanted),
    )
    rows = session.scalars(query.order_by(GridEntry.id).limit(size + 1)).all()
    return page_of(rows, size, lambda entry: entry.id)


def _asked(wanted: EntryFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.gone:
        conditions.append(GridEntry.gone_on.is_not(None))
    else:
        conditions.append(GridEntry.gone_on.is_(None))
    if wanted.grid:
        conditions.append(GridEntry.grid_code == wanted.grid)
    if wanted.kind:
        conditions.append(GridEntry.kind == wanted.kind)
    if wanted.attention:
        conditions.append(GridEntry.attention == wanted.attention)
    if wanted.cluster:
        conditions.append(GridEntry.cluster_id == wanted.cluster)
    if wanted.text:
        named = GridEntry.name.contains(wanted.text, autoescape=True)
        placed = GridEntry.address.contains(wanted.text, autoescape=True)
        conditions.append(sa.or_(named, placed))
    if wanted.rule:
        conditions.extend(_due(wanted.rule))
    if wanted.unmet_since:
        conditions.append(_unmet(wanted.unmet_since))
    return conditions


def _due(rule: VisitRule) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [GridEntry.kind.in_(rule.kinds)]
    if rule.attentions:
        conditions.append(GridEntry.attention.in_(rule.attentions))
    return conditions


def _unmet(since: date) -> sa.ColumnElement[bool]:
    return sa.or_(
        GridEntry.last_met_on.is_(None),
        GridEntry.last_met_on < since,
    )


def progress(
    session: Session,
    tenant_id: str,
    codes: Sequence[str],
    rule: VisitRule,
    since: date,
) -> dict[str, tuple[int, int]]:
    """Code of a grid → (entries that the rule asks to visit, those where somebody was met since)."""
    met = sa.case((GridEntry.last_met_on >= since, 1), else_=0)
    rows = session.execute(
        sa.select(GridEntry.grid_code, sa.func.count(), sa.func.sum(met))
        .where(
            GridEntry.tenant_id == tenant_id,
            GridEntry.grid_code.in_(codes),
            GridEntry.gone_on.is_(None),
            *_due(rule),
        )
        .group_by(GridEntry.grid_code),
    )
    return {code: (total, int(done)) for code, total, done in rows}


def page_of_grids(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    after: str,
    size: int = AT_ONCE,
) -> tuple[list[Grid], str | None]:
    """Active grids inside the paths by code, and the last one's code when there are more."""
    query = sa.select(Grid).where(
        Grid.tenant_id == tenant_id,
        Grid.state == "active",
        inside(Grid.territory_path, paths),
        Grid.code > after,
    )
    rows = session.scalars(query.order_by(Grid.code).limit(size + 1)).all()
    return page_of(rows, size, lambda grid: grid.code)


def by_names(
    session: Session,
    tenant_id: str,
    code: str,
) -> dict[tuple[str, str, str], GridEntry]:
    """(kind, name, address) → entry of a grid, those that are gone as well."""
    rows = session.scalars(
        sa.select(GridEntry).where(
            GridEntry.tenant_id == tenant_id,
            GridEntry.grid_code == code,
        ),
    )
    return {(row.kind, row.name, row.address): row for row in rows}


def people_of(session: Session, household_id: str) -> list[GridEntry]:
    """The persons of a household."""
    query = sa.select(GridEntry).where(
        GridEntry.household_id == household_id,
        GridEntry.gone_on.is_(None),
    )
    return list(session.scalars(query.order_by(GridEntry.id).limit(AT_ONCE)))


def last_opened(
    session: Session,
    entry_id: str,
    person_id: int,
) -> datetime | None:
    """When the person last opened the masked data of the entry."""
    return session.scalar(
        sa.select(EntryDisclosure.at)
        .where(
            EntryDisclosure.entry_id == entry_id,
            EntryDisclosure.person_id == person_id,
        )
        .order_by(EntryDisclosure.at.desc())
        .limit(1),
    )
