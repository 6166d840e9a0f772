"""Item lists as they are read: every stay with its own days, the list in force, and the list as one decision
left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.items import ListVersion, Stay, order
from orchestrator.domain.list_calendar import ListChange, changes
from orchestrator.store.registers import (
    ADMITTED,
    LEFT,
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
    with_days,
)
from orchestrator.store.territories import Body, Territory

AHEAD = timedelta(days=366)
"""How far ahead the changes of a list are told."""


def lock_list(session: Session, tenant_id: str, territory_code: str) -> None:
    """The territory's row is the lock of its list: two decisions at once would otherwise have the same
    number."""
    session.execute(
        sa.select(Territory.code)
        .where(
            Territory.tenant_id == tenant_id,
            Territory.code == territory_code,
        )
        .with_for_update(),
    )


def versions_of(
    session: Session,
    tenant_id: str,
    territory_code: str,
) -> list[ItemListVersion]:
    """The decisions about a list, the newest in effect first, planned ones before them."""
    rows = session.scalars(
        sa.select(ItemListVersion).where(
            ItemListVersion.tenant_id == tenant_id,
            ItemListVersion.territory_code == territory_code,
        ),
    )
    return sorted(
        rows,
        key=lambda row: (row.effective_on, row.number),
        reverse=True,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """An item with its stay on a list."""

    item: ServiceItem
    entry: ItemListEntry
    stay: Stay


def stays_of(
    session: Session,
    tenant_id: str,
    territory_codes: Sequence[str],
    item_id: str | None = None,
) -> list[Listed]:
    """Every stay on these territories' lists, past, present and planned, in the order in which a list is
    read; of one item only, when named."""
    query = (
        with_days(
            sa.select(
                ServiceItem,
                ItemListEntry,
                ADMITTED.effective_on,
                LEFT.effective_on,
            ),
        )
        .where(
            ItemListEntry.tenant_id == tenant_id,
            ItemListEntry.territory_code.in_(territory_codes),
        )
        .order_by(ServiceItem.category, ServiceItem.code)
    )
    if item_id is not None:
        query = query.where(ItemListEntry.item_id == item_id)
    return [
        Listed(
            item,
            entry,
            Stay(item.name, since, until, entry.leaves_on, item.id),
        )
        for item, entry, since, until in session.execute(query)
    ]


def version_in_force(
    session: Session,
    tenant_id: str,
    territory_code: str,
    on: date,
) -> ItemListVersion | None:
    """The decision about a list that took effect last by that day."""
    return session.scalars(
        sa.select(ItemListVersion)
        .where(
            ItemListVersion.tenant_id == tenant_id,
            ItemListVersion.territory_code == territory_code,
            ItemListVersion.effective_on <= on,
        )
        .order_by(
            ItemListVersion.effective_on.desc(),
            ItemListVersion.number.desc(),
        )
        .limit(1),
    ).first()


@dataclass(frozen=True)
class ItemList:
    """A list as a page shows it: as of a day, or as one decision left it."""

    territory: Territory
    versions: Sequence[ItemListVersion]
    """Every decision, planned ones first."""
    version: ItemListVersion | None
    """The decision by which the list stands as shown; None before the first took effect."""
    current: ItemListVersion | None
    """The decision by which the list in force stands."""
    today: date
    items: Sequence[Listed]
    entered: frozenset[str]
    """Items that came with the decision shown, by id."""
    left: Sequence[ServiceItem]
    """Items that left with the decision shown."""
    planned: Sequence[Listed]
    """Items that come after today."""
    ahead: Sequence[ListChange]
    """What changes after the day, within AHEAD."""

    @property
    def in_force(self) -> bool:
        """Whether the list shown is the one in force."""
        return self.version is self.current


def item_list(
    session: Session,
    tenant_id: str,
    territory_code: str,
    number: int | None,
    today: date,
) -> ItemList | None:
    """A territory's list in force, or as decision `number` leaves it, with what entered and left in that."""
    territory = session.get(Territory, (tenant_id, territory_code))
    versions = versions_of(session, tenant_id, territory_code)
    if territory is None or not versions:
        return None
    current = next(
        (version for version in versions if version.effective_on <= today),
        None,
    )
    shown = next(
        (version for version in versions if version.number == number), current
    )
    keys = {
        version.number: order(
            ListVersion(version.number, version.effective_on)
        )
        for version in versions
    }
    rows = stays_of(session, tenant_id, [territory_code])
    items = [row for row in rows if row.stay.holds(today)]
    if shown is not None and shown is not current:
        items = [
            row
            for row in rows
            if _stands_after(row.entry, keys, keys[shown.number])
        ]
    of_shown = None
    if shown is not None and shown.change != "seed":
        of_shown = shown.number
    return ItemList(
        territory,
        versions,
        shown,
        current,
        today,
        items,
        frozenset(
            row.item.id for row in rows if row.entry.entered_in == of_shown
        ),
        [
            row.item
            for row in rows
            if of_shown is not None and row.entry.left_in == of_shown
        ],
        sorted(
            (row for row in rows if row.stay.planned(today)),
            key=lambda row: row.stay.since,
        ),
        changes(
            [row.stay for row in rows],
            today + timedelta(days=1),
            today + AHEAD,
        ),
    )


@dataclass(frozen=True)
class ItemOnLists:
    """An item with its stays and the decisions that bound them."""

    item: ServiceItem
    territory: Territory
    department: str
    """Name of the body that answers for it; empty where the regulation itself lists it."""
    stays: Sequence[Listed]
    decisions: Sequence[ItemListVersion]
    """In the order of their days."""


def item_on_lists(
    session: Session,
    tenant_id: str,
    item_id: str,
) -> ItemOnLists | None:
    """The item; None where there is none of that id."""
    row = session.execute(
        sa.select(ServiceItem, Territory, Body.name)
        .join(
            Territory,
            (Territory.tenant_id == ServiceItem.tenant_id)
            & (Territory.code == ServiceItem.territory_code),
        )
        .outerjoin(Body, Body.id == ServiceItem.department)
        .where(ServiceItem.tenant_id == tenant_id, ServiceItem.id == item_id),
    ).first()
    if row is None:
        return None
    item, territory, department = row
    stays = stays_of(session, tenant_id, [territory.code], item_id)
    numbers = {stay.entry.entered_in for stay in stays} | {
        stay.entry.left_in for stay in stays
    }
    decisions = [
        version
        for version in versions_of(session, tenant_id, territory.code)
        if version.number in numbers
    ]
    return ItemOnLists(
        item,
        territory,
        department or "",
        stays,
        decisions[::-1],
    )


def _stands_after(
    entry: ItemListEntry,
    keys: dict[int, tuple[date, int]],
    key: tuple[date, int],
) -> bool:
    if keys[entry.entered_in] > key:
        return False
    return entry.left_in is None or keys.get(entry.left_in, key) > key
