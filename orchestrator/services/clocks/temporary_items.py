"""Temporary items (阶段性事项) leave their list by themselves: the day after the one named at their
admission, as a decision of that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.items import next_version
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.handlers.notices import item_list_notice
from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.records.ids import new_id
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.item_lists import lock_list
from orchestrator.store.registers import (
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.session import transaction


def expire(now: datetime) -> int:
    """Takes off every item whose last day is over at `now`, one decision for each list and last day; returns
    how many left. May run twice."""
    # A zone is at most a day ahead of UTC: nothing older than that can be missed, and each list is looked at
    # in its own zone.
    latest = (now + timedelta(days=1)).date()
    with transaction(writing=False) as session:
        due = session.execute(
            sa.select(ItemListEntry.tenant_id, ItemListEntry.territory_code)
            .where(
                ItemListEntry.left_in.is_(None),
                ItemListEntry.leaves_on < latest,
            )
            .distinct(),
        ).all()
    return sum(
        _expire(tenant_id, territory, now) for tenant_id, territory in due
    )


def _expire(tenant_id: str, territory: str, now: datetime) -> int:
    with transaction() as session:
        lock_list(session, tenant_id, territory)
        jurisdiction = _jurisdiction(session, tenant_id)
        today = now.astimezone(ZoneInfo(jurisdiction.timezone)).date()
        rows: Sequence[Any] = session.execute(
            sa.select(ItemListEntry, ServiceItem.name)
            .join(ServiceItem, ServiceItem.id == ItemListEntry.item_id)
            .where(
                ItemListEntry.tenant_id == tenant_id,
                ItemListEntry.territory_code == territory,
                ItemListEntry.left_in.is_(None),
                ItemListEntry.leaves_on < today,
            ),
        ).all()
        for last_day in sorted({entry.leaves_on for entry, _name in rows}):
            _leave(
                session,
                [row for row in rows if row[0].leaves_on == last_day],
                last_day,
                now,
            )
        if rows:
            session.flush()
            item_list_notice(session, jurisdiction, territory, now, None)
        return len(rows)


def _leave(
    session: Session,
    rows: Sequence[Any],
    last_day: date,
    now: datetime,
) -> None:
    """One decision, effective on the day after the last, however late the clock is."""
    of_list = rows[0][0]
    numbers = session.scalars(
        sa.select(ItemListVersion.number).where(
            ItemListVersion.tenant_id == of_list.tenant_id,
            ItemListVersion.territory_code == of_list.territory_code,
        ),
    )
    after = last_day + timedelta(days=1)
    version = next_version(numbers, after, after)
    sentence = joined(
        "；",
        (
            say(
                "{name}（{last_day:%Y-%m-%d} 到期）",
                name=name,
                last_day=last_day,
            )
            for _entry, name in rows
        ),
    )
    session.add(
        ItemListVersion(
            id=new_id(now),
            tenant_id=of_list.tenant_id,
            territory_code=of_list.territory_code,
            number=version.number,
            effective_on=version.effective_on,
            change="expiry",
            instance_id=None,
            approved_by=say("期满自动退出"),
            ground=say("准入时确定的截止日期已过：{told}", told=sentence),
            created_at=now,
        ),
    )
    for entry, _name in rows:
        entry.left_in = version.number
    session.flush()


def _jurisdiction(session: Session, tenant_id: str) -> Jurisdiction:
    definition_id = session.scalars(
        sa.select(ProcessDefinition.id)
        .where(ProcessDefinition.tenant_id == tenant_id)
        .limit(1),
    ).one()
    return bundles.bundle_of(session, definition_id).jurisdiction
