"""What is like the item that an instance asks to admit, on its own list and on those of the neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.similar_names import MOST_NAMES, similar
from orchestrator.services.registers.list_changes import ADMITS, Change
from orchestrator.store.registers import ItemListEntry, ServiceItem
from orchestrator.store.territories import Territory


@dataclass(frozen=True, slots=True)
class AlikeItem:
    """An item that stands on a list, or is to come onto it."""

    item_id: str
    name: str
    category: str
    place: str
    """Name of the territory whose list it is on."""
    is_own: bool
    """Whether that is the list which the instance is about."""
    share: float
    """Of common letters, up to 1."""


def alike_items(session: Session, change: Change) -> list[AlikeItem]:
    """What is like the item applied for; nothing for an instance that admits none."""
    if change.topic != ADMITS:
        return []
    tenant_id = change.bundle.jurisdiction.key
    place = change.place
    return alike(session, tenant_id, place, str(change.values["item_name"]))


def alike(
    session: Session,
    tenant_id: str,
    place: str,
    name: str,
    without: str | None = None,
) -> list[AlikeItem]:
    """What is like the name on the list of the place, on that of the place around it, and on those of its
    neighbours there, without the item `without`."""
    around = (
        sa.select(Territory.parent_code)
        .where(Territory.tenant_id == tenant_id, Territory.code == place)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            ServiceItem.id,
            ServiceItem.name,
            ServiceItem.category,
            Territory.code,
            Territory.name,
        )
        .join(ItemListEntry, ItemListEntry.item_id == ServiceItem.id)
        .join(
            Territory,
            (Territory.tenant_id == ServiceItem.tenant_id)
            & (Territory.code == ServiceItem.territory_code),
        )
        .where(
            ServiceItem.tenant_id == tenant_id,
            ServiceItem.id != (without or ""),
            ItemListEntry.left_in.is_(None),
            sa.or_(
                Territory.code == place,
                Territory.code == around,
                Territory.parent_code == around,
            ),
        )
        .order_by(Territory.code != place, ServiceItem.code)
        .limit(MOST_NAMES),
    ).all()
    by_id = {row[0]: row for row in rows}
    likenesses = similar(name, [(row[0], row[1]) for row in rows])
    return [
        AlikeItem(
            likeness.key,
            likeness.name,
            row[2],
            row[4],
            row[3] == place,
            likeness.share,
        )
        for likeness in likenesses
        if (row := by_id[likeness.key])
    ]
