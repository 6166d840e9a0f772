"""item-list.publish and item-list.remove: an approved admission or exit is a decision about a list, effective
on its own day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain.items import (
    ListVersion,
    Objection,
    admission_objection,
    exit_day,
    exit_objection,
    item_code,
    next_version,
)
from orchestrator.handlers.approvals import FORMER_ID
from orchestrator.handlers.context import (
    CannotCarryOut,
    HandlerContext,
    HandlerRefused,
)
from orchestrator.handlers.notices import item_list_notice
from orchestrator.sentences import joined, say
from orchestrator.store.item_lists import Listed, lock_list, stays_of
from orchestrator.store.registers import (
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.territories import Territory

_DETAILS = (
    "why_grids",
    "served",
    "commitment_people",
    "commitment_funds",
    "commitment_goods",
    "advice_and_training",
)


def publish(context: HandlerContext) -> Mapping[str, Any]:
    """Puts the applied-for item on the list of the instance's territory as decision N+1; effective on the
    applicant's date, or today."""
    name = str(context.variables.get("item_name") or "").strip()
    if not name:
        raise HandlerRefused(
            say("申请里没有事项名称，不能纳入清单。请核对申请后由管理员处理"),
        )
    today = _today(context)
    last_day = _day(context, "leaves_on", say("截止日期"))
    lock_list(context.session, context.instance.tenant_id, _place(context))
    _object(
        admission_objection(
            (stay.stay for stay in _stays(context)),
            name,
            last_day,
            today,
        ),
    )
    version = _add_version(context, "admission")
    item = ServiceItem(
        id=f"i{context.instance.id}",
        tenant_id=context.instance.tenant_id,
        territory_code=_place(context),
        code=item_code(_place(context), version.number),
        name=name,
        category=str(
            context.variables.get("category")
            or context.jurisdiction.item_categories[-1],
        ),
        legal_basis=str(context.variables.get("legal_basis") or ""),
        details={key: context.variables.get(key) for key in _DETAILS},
        department=context.variables.get("initiator_body"),
    )
    context.session.add(item)
    context.session.flush()
    context.session.add(
        ItemListEntry(
            item_id=item.id,
            entered_in=version.number,
            tenant_id=item.tenant_id,
            territory_code=item.territory_code,
            left_in=None,
            leaves_on=last_day,
        ),
    )
    return {**_told(context, version), "item_id": item.id}


def remove(context: HandlerContext) -> Mapping[str, Any]:
    """Takes the item off the list as decision N+1; cases opened while it was on the list are not touched."""
    today = _today(context)
    lock_list(context.session, context.instance.tenant_id, _place(context))
    stays = [
        stay
        for stay in _stays(context)
        if stay.item.id == str(context.variables.get("item_id") or "")
    ]
    entry = next((stay for stay in stays if stay.stay.open(today)), None)
    wanted = _day(context, "effective_on", say("拟退出日期"))
    _object(exit_objection(entry.stay if entry else None, wanted, today))
    assert entry is not None
    version = _add_version(
        context,
        "exit",
        exit_day(entry.stay, wanted, today),
    )
    entry.entry.left_in = version.number
    return _told(context, version)


def _told(context: HandlerContext, version: ListVersion) -> dict[str, Any]:
    """What the instance remembers of the decision. The public list knows it at once: it shows what is in
    force."""
    context.session.flush()
    item_list_notice(
        context.session,
        context.jurisdiction,
        _place(context),
        context.now,
        context.instance.id,
    )
    return {
        "item_list_number": version.number,
        "item_list_effective_on": version.effective_on.isoformat(),
        "item_list_territory": _place(context),
    }


def _stays(context: HandlerContext) -> list[Listed]:
    return stays_of(
        context.session,
        context.instance.tenant_id,
        [_place(context)],
    )


def _object(objection: Objection | None) -> None:
    if objection is not None:
        raise CannotCarryOut(objection.sentence)


def _today(context: HandlerContext) -> date:
    return context.now.astimezone(
        ZoneInfo(context.jurisdiction.timezone),
    ).date()


def _place(context: HandlerContext) -> str:
    """Whose list it is: the instance's territory, or the one around it at the level that the diagram names in
    the input `list_level`."""
    level = str(context.variables.get("list_level") or "")
    if not level:
        return context.instance.territory_code
    code = context.jurisdiction.levels.codes(
        context.instance.territory_path,
    ).get(level)
    if code is None:
        raise HandlerRefused(
            say(
                "本事项所在区划没有“{level}”这一层级的清单，请核对流程图",
                level=level,
            ),
        )
    return code


def _add_version(
    context: HandlerContext,
    change: str,
    on: date | None = None,
) -> ListVersion:
    """`on`: the day of effect where it is decided already; else the applicant's, or today."""
    numbers = context.session.scalars(
        sa.select(ItemListVersion.number).where(
            ItemListVersion.tenant_id == context.instance.tenant_id,
            ItemListVersion.territory_code == _place(context),
        ),
    )
    version = next_version(
        numbers,
        on or _day(context, "effective_on", say("拟生效日期")),
        _today(context),
    )
    rule = context.jurisdiction.list_rules.get(change)
    grounds = [
        context.jurisdiction.cite(rule.citation) if rule else "",
        str(context.variables.get("opinion") or ""),
    ]
    context.session.add(
        ItemListVersion(
            id=f"v{context.instance.id}",
            tenant_id=context.instance.tenant_id,
            territory_code=_place(context),
            number=version.number,
            effective_on=version.effective_on,
            change=change,
            instance_id=context.instance.id,
            approved_by=_approved_by(context, change),
            ground=joined("；", (ground for ground in grounds if ground)),
            created_at=context.now,
        ),
    )
    context.session.flush()
    return version


def _day(context: HandlerContext, variable: str, label: str) -> date | None:
    """A date of the application, with or without a time of day."""
    text = str(context.variables.get(variable) or "")
    try:
        if text:
            return date.fromisoformat(text[:10])
        return None
    except ValueError:
        raise HandlerRefused(
            say(
                "{label}“{text}”不是日期，请核对申请后由管理员处理",
                label=label,
                text=text,
            ),
        ) from None


def _approved_by(context: HandlerContext, change: str) -> str:
    """Bodies and people in words: the one that the variable `approver` names, or every approver of the rule
    where nobody chooses.

    Who completed the approval stands in `STEP_by`; which step that is, the diagram says.
    """
    rule = context.jurisdiction.list_rules.get(change)
    if rule is None:
        return ""
    choice = str(context.variables.get("approver") or "")
    place = context.session.scalar(
        sa.select(Territory.name).where(
            Territory.tenant_id == context.instance.tenant_id,
            Territory.code == _place(context),
        ),
    )
    results = []
    for value in [choice] if choice else rule.approvers:
        role = context.jurisdiction.roles.get(rule.approvers.get(value, ""))
        if role:
            body = role.body_name(place or "", context.jurisdiction.name)
        else:
            body = ""
        steps = context.approvals.get(value, (FORMER_ID.format(value),))
        people = [
            str(context.variables[f"{step}_by"])
            for step in steps
            if context.variables.get(f"{step}_by")
        ]
        results.append(
            " ".join(filter(None, (body, "、".join(dict.fromkeys(people))))),
        )
    return joined("、", results)
