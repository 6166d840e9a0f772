"""Temporary items (阶段性事项) leave their list by themselves: the day after the one named at their admission, as the next version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.items import ListVersion, next_version
from orchestrator.handlers.notices import item_list_notice
from orchestrator.services import deployments
from orchestrator.services.ids import new_id
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.registers import ItemListEntry, ItemListVersion, ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory


def expire(now: datetime) -> int:
    """Takes off every item whose last day is over at `now`, one version for each list; returns how many left. May run twice."""
    # A zone is at most a day ahead of UTC: nothing older than that can be missed, and each list is looked at in its own zone.
    latest = (now + timedelta(days=1)).date()
    with transaction(writing=False) as session:
        due = session.execute(
            sa.select(ItemListEntry.tenant_id, ItemListEntry.territory_code)
            .where(ItemListEntry.left_in.is_(None), ItemListEntry.leaves_on < latest)
            .distinct()
        ).all()
    return sum(_expire(tenant_id, territory, now) for tenant_id, territory in due)


def _expire(tenant_id: str, territory: str, now: datetime) -> int:
    with transaction() as session:
        # The territory's row is the lock, as for an admission: two clocks would otherwise both make version N+1.
        session.execute(
            sa.select(Territory.code).where(Territory.tenant_id == tenant_id, Territory.code == territory).with_for_update()
        )
        today = now.astimezone(_zone(session, tenant_id)).date()
        rows = session.execute(
            sa.select(ItemListEntry, ServiceItem.name)
            .join(ServiceItem, ServiceItem.id == ItemListEntry.item_id)
            .where(
                ItemListEntry.tenant_id == tenant_id,
                ItemListEntry.territory_code == territory,
                ItemListEntry.left_in.is_(None),
                ItemListEntry.leaves_on < today,
            )
        ).all()
        if rows:
            _leave(session, tenant_id, territory, rows, today, now)
        return len(rows)


def _leave(session: Session, tenant_id: str, territory: str, rows: Sequence[Any], today: date, now: datetime) -> None:
    last = session.execute(
        sa.select(ItemListVersion.number, ItemListVersion.effective_on)
        .where(ItemListVersion.tenant_id == tenant_id, ItemListVersion.territory_code == territory)
        .order_by(ItemListVersion.number.desc())
        .limit(1)
    ).one()
    version = next_version(ListVersion(*last), None, today)
    told = "；".join(f"{name}（{entry.leaves_on:%Y-%m-%d} 到期）" for entry, name in rows)
    session.add(
        ItemListVersion(
            id=new_id(now),
            tenant_id=tenant_id,
            territory_code=territory,
            number=version.number,
            effective_on=version.effective_on,
            change="expiry",
            instance_id=None,
            approved_by="期满自动退出",
            ground=f"准入时确定的截止日期已过：{told}",
            created_at=now,
        )
    )
    for entry, _name in rows:
        entry.left_in = version.number
    session.flush()
    item_list_notice(session, tenant_id, territory, now, None)


def _zone(session: Session, tenant_id: str) -> ZoneInfo:
    definition_id = session.scalars(
        sa.select(ProcessDefinition.id).where(ProcessDefinition.tenant_id == tenant_id).limit(1)
    ).one()
    return ZoneInfo(deployments.bundle(session, definition_id).jurisdiction.timezone)
