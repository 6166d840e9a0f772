"""case.*: a case's row in the register follows its process; urging leaves a record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain.cases import PRIORITIES, escalation_objection
from orchestrator.domain.items import ListVersion, in_force, stands_on
from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.store.registers import GridCase, ItemListEntry, ItemListVersion


def register(context: HandlerContext) -> Mapping[str, Any]:
    """Opens the case under the item list in force at its grid. Refused for an item that is on none of the lists there."""
    item_id = str(context.variables.get("item_id") or "")
    today = context.now.astimezone(ZoneInfo(context.jurisdiction.timezone)).date()
    version_id = _version_in_force(context, item_id, today)
    if version_id is None:
        raise HandlerRefused("所选事项不在现行清单上，不能立案。清单外的事项请由部门按准入程序申请")
    priority = str(context.variables.get("priority") or "normal")
    if priority not in PRIORITIES:
        raise HandlerRefused(f"紧急程度「{priority}」不存在，应为{'、'.join(PRIORITIES.values())}之一")
    context.session.add(
        GridCase(
            instance_id=context.instance.id,
            tenant_id=context.instance.tenant_id,
            case_no=context.instance.business_key,
            title=str(context.variables.get("case_title") or context.instance.title),
            item_id=item_id,
            item_list_version_id=version_id,
            grid_code=context.instance.territory_code,
            area_id=context.variables.get("area_id"),
            territory_path=context.instance.territory_path,
            priority=priority,
            state="open",
            handling_level="grid",
            rework_count=0,
            found_at=context.now,
            archived_at=None,
            result="",
        )
    )
    return {"handling_level": "township", "rework_count": 0, "assisting_departments": []}


def _version_in_force(context: HandlerContext, item_id: str, today: date) -> str | None:
    """Id of the version in force today that the item stands on, on a list of the grid's own places."""
    codes = context.instance.territory_path.strip("/").split("/")
    stays = context.session.execute(
        sa.select(ItemListEntry.territory_code, ItemListEntry.entered_in, ItemListEntry.left_in).where(
            ItemListEntry.item_id == item_id,
            ItemListEntry.tenant_id == context.instance.tenant_id,
            ItemListEntry.territory_code.in_(codes),
        )
    ).all()
    versions = context.session.execute(
        sa.select(
            ItemListVersion.id, ItemListVersion.territory_code, ItemListVersion.number, ItemListVersion.effective_on
        ).where(
            ItemListVersion.tenant_id == context.instance.tenant_id,
            ItemListVersion.territory_code.in_({stay.territory_code for stay in stays}),
        )
    ).all()
    for stay in stays:
        of_list = [each for each in versions if each.territory_code == stay.territory_code]
        current = in_force((ListVersion(each.number, each.effective_on) for each in of_list), today)
        if current and stands_on(current, stay.entered_in, stay.left_in):
            return next(str(each.id) for each in of_list if each.number == current.number)
    return None


def escalate(context: HandlerContext) -> Mapping[str, Any]:
    """The case goes to the grid office of the wider level that the diagram names in the input `level`."""
    case = _case(context)
    level = str(context.variables.get("level") or "")
    objection = escalation_objection(level)
    if objection:
        raise HandlerRefused(objection)
    case.handling_level = level
    context.remember("escalated", to=level, by=context.actor_name)
    return {"handling_level": level}


def urge(context: HandlerContext) -> Mapping[str, Any]:
    """催办: the reminder goes on the record; the overdue task shows it."""
    reason = str(context.variables.get("reason") or "")
    context.remember("urged", reason=reason)
    return {"urged_count": int(context.variables.get("urged_count") or 0) + 1}


def bulletin(context: HandlerContext) -> Mapping[str, Any]:
    """通报: that the case goes into the next bulletin on how assigned cases are done, with the reason, on the record."""
    reason = str(context.variables.get("reason") or "")
    context.remember("bulletin", reason=reason)
    return {"bulletin_count": int(context.variables.get("bulletin_count") or 0) + 1}


def assign_down(context: HandlerContext) -> Mapping[str, Any]:
    """交办: the case goes to the grid office of the narrower level that the diagram names in the input `level`."""
    case = _case(context)
    level = str(context.variables.get("level") or "")
    objection = escalation_objection(level)
    if objection:
        raise HandlerRefused(objection)
    case.handling_level = level
    context.remember("assigned-down", to=level, by=context.actor_name)
    return {"handling_level": level}


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
