"""case.*: a case's row in the register follows its process; urging leaves a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.domain.territory import LEVELS
from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.store.registers import GridCase, ItemListEntry, ItemListVersion


def register(context: HandlerContext) -> Mapping[str, Any]:
    """Opens the case under the item list in force at its grid. Refused for an item that is on none of the lists there."""
    codes = context.instance.territory_path.strip("/").split("/")
    item_id = str(context.variables.get("item_id"))
    version_id = context.session.scalar(
        sa.select(ItemListVersion.id)
        .join(
            ItemListEntry,
            (ItemListEntry.tenant_id == ItemListVersion.tenant_id)
            & (ItemListEntry.territory_code == ItemListVersion.territory_code),
        )
        .where(
            ItemListEntry.item_id == item_id,
            ItemListEntry.left_in.is_(None),
            ItemListVersion.tenant_id == context.instance.tenant_id,
            ItemListVersion.territory_code.in_(codes),
        )
        .order_by(ItemListVersion.number.desc())
        .limit(1)
    )
    if version_id is None:
        raise HandlerRefused("所选事项不在现行清单上，不能立案。清单外的事项请由部门按准入程序申请")
    context.session.add(
        GridCase(
            instance_id=context.instance.id,
            tenant_id=context.instance.tenant_id,
            case_no=context.instance.business_key,
            title=str(context.variables.get("case_title", "")),
            item_id=item_id,
            item_list_version_id=version_id,
            grid_code=context.instance.territory_code,
            area_id=context.variables.get("area_id"),
            territory_path=context.instance.territory_path,
            priority=str(context.variables.get("priority", "normal")),
            state="open",
            handling_level="grid",
            rework_count=0,
            found_at=context.now,
            archived_at=None,
            result="",
        )
    )
    return {"handling_level": "township", "rework_count": 0, "assisting_departments": []}


def escalate(context: HandlerContext) -> Mapping[str, Any]:
    """The case goes to the grid office of the level the diagram names (Art. 33 of Zhenjiang's rules: within 24 h, urgent at once)."""
    level = str(context.variables.get("level"))
    if level not in LEVELS:
        raise HandlerRefused(f"流程图写的上报层级「{level}」不存在，应为 {'、'.join(LEVELS)} 之一")
    _case(context).handling_level = level
    context.remember("escalated", to=level, by=context.actor_name)
    return {"handling_level": level}


def urge(context: HandlerContext) -> Mapping[str, Any]:
    """催办: the reminder goes on the record; the overdue task shows it."""
    reason = str(context.variables.get("reason", ""))
    context.remember("urged", reason=reason)
    return {"urged_count": int(context.variables.get("urged_count") or 0) + 1}


def rework(context: HandlerContext) -> Mapping[str, Any]:
    """Counts a failed verification."""
    case = _case(context)
    case.rework_count += 1
    return {"rework_count": case.rework_count}


def archive(context: HandlerContext) -> Mapping[str, Any]:
    """Closes the case's row; the dossier is its history."""
    case = _case(context)
    case.state, case.archived_at = "archived", context.now
    case.result = str(context.variables.get("summary") or context.variables.get("result") or "")
    return {}


def _case(context: HandlerContext) -> GridCase:
    found = context.session.get(GridCase, context.instance.id)
    if found is None:
        raise HandlerRefused("案件尚未立案，请先处理立案步骤的异常")
    return found
