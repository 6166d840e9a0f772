"""item-list.publish and item-list.remove: an approved admission or exit makes the next version of a territory's item list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.store.registers import ItemListEntry, ItemListVersion, ServiceItem

_APPROVERS = {"party_committee": "approve_by_party_committee", "government": "approve_by_government"}


def publish(context: HandlerContext) -> Mapping[str, Any]:
    """Puts the applied-for item on the list of the instance's territory as version N+1; effective on the applicant's date, or today."""
    name = str(context.variables.get("item_name", "")).strip()
    territory = context.instance.territory_code
    there = context.session.scalar(
        sa.select(ServiceItem.id)
        .join(ItemListEntry, ItemListEntry.item_id == ServiceItem.id)
        .where(
            ServiceItem.tenant_id == context.instance.tenant_id,
            ServiceItem.territory_code == territory,
            ServiceItem.name == name,
            ItemListEntry.left_in.is_(None),
        )
    )
    if there is not None:
        raise HandlerRefused(f"「{name}」已在现行清单上，不能重复纳入。请核对后由管理员处理")
    number = _last_number(context) + 1
    _add_version(context, number, "admission")
    item = ServiceItem(
        id=f"i{context.instance.id}",
        tenant_id=context.instance.tenant_id,
        territory_code=territory,
        code=f"{territory}-{number:04d}",
        name=name,
        category=str(context.variables.get("category", "其他事项")),
        legal_basis=str(context.variables.get("legal_basis", "")),
        details={
            key: context.variables.get(key)
            for key in ("why_grids", "served", "commitment_people", "commitment_funds", "advice_and_training")
        },
        department=context.variables.get("initiator_body"),
    )
    context.session.add(item)
    context.session.flush()
    context.session.add(
        ItemListEntry(item_id=item.id, entered_in=number, tenant_id=item.tenant_id, territory_code=territory, left_in=None)
    )
    return {"item_list_number": number, "item_id": item.id}


def remove(context: HandlerContext) -> Mapping[str, Any]:
    """Takes the item off the list as version N+1; cases opened under an earlier version are not touched."""
    number = _last_number(context) + 1
    entry = context.session.scalar(
        sa.select(ItemListEntry).where(
            ItemListEntry.item_id == context.variables.get("item_id"),
            ItemListEntry.territory_code == context.instance.territory_code,
            ItemListEntry.left_in.is_(None),
        )
    )
    if entry is None:
        raise HandlerRefused("该事项已不在现行清单上，不需要再退出。请标记为已解决")
    _add_version(context, number, "exit")
    entry.left_in = number
    return {"item_list_number": number}


def _last_number(context: HandlerContext) -> int:
    found = context.session.scalar(
        sa.select(sa.func.max(ItemListVersion.number)).where(
            ItemListVersion.tenant_id == context.instance.tenant_id,
            ItemListVersion.territory_code == context.instance.territory_code,
        )
    )
    return found or 0


def _add_version(context: HandlerContext, number: int, change: str) -> None:
    today = context.now.astimezone(ZoneInfo(context.jurisdiction.timezone)).date()
    wanted = context.variables.get("effective_on")
    effective = max(date.fromisoformat(wanted), today) if wanted else today
    element = _APPROVERS.get(str(context.variables.get("approver")), "approve_by_government")
    paragraph = "13.1" if change == "admission" else "13.2"
    context.session.add(
        ItemListVersion(
            id=f"v{context.instance.id}",
            tenant_id=context.instance.tenant_id,
            territory_code=context.instance.territory_code,
            number=number,
            effective_on=effective,
            change=change,
            instance_id=context.instance.id,
            approved_by=f"{_body_name(context)} {context.variables.get(f'{element}_by', '')}".strip(),
            ground=f"{context.jurisdiction.cite(paragraph)}；{context.variables.get('opinion', '')}",
            created_at=context.now,
        )
    )
    context.session.flush()


def _body_name(context: HandlerContext) -> str:
    role = "party-committee" if context.variables.get("approver") == "party_committee" else "government"
    template = context.jurisdiction.roles[role].name_template
    return template.format(territory=context.variables.get("territory_name", ""))
