"""item-list.publish and item-list.remove: an approved admission or exit is a decision about a list, effective
on its own day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

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
from orchestrator.domain.jurisdiction import ListRule
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

MOST_NAMED = 200
"""Characters that the register has for who decided."""

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
    today = context.today
    last_day = _day(context, "leaves_on", say("截止日期"))
    lock_list(context.session, context.instance.tenant_id, place_of(context))
    refuse(
        admission_objection(
            (stay.stay for stay in listed_at(context)),
            name,
            last_day,
            today,
        ),
    )
    version = add_version(context, "admission")
    item = ServiceItem(
        id=f"i{context.instance.id}",
        tenant_id=context.instance.tenant_id,
        territory_code=place_of(context),
        code=item_code(place_of(context), version.number),
        name=name,
        category=str(
            context.variables.get("category")
            or context.jurisdiction.item_categories[-1],
        ),
        legal_basis=str(context.variables.get("legal_basis") or ""),
        details={key: context.variables.get(key) for key in _DETAILS},
        department=context.variables.get("initiator_body"),
    )
    enter(context, version, item, last_day)
    return {**decided(context, version), "item_id": item.id}


def enter(
    context: HandlerContext,
    version: ListVersion,
    item: ServiceItem,
    last_day: date | None = None,
) -> None:
    """Puts the new item on its place's list by that decision, until the last day where it has one."""
    context.session.add(item)
    context.session.flush()
    entry = ItemListEntry(
        item_id=item.id,
        entered_in=version.number,
        tenant_id=item.tenant_id,
        territory_code=item.territory_code,
        left_in=None,
        leaves_on=last_day,
    )
    context.session.add(entry)


def remove(context: HandlerContext) -> Mapping[str, Any]:
    """Takes the item off the list as decision N+1; cases opened while it was on the list are not touched."""
    today = context.today
    lock_list(context.session, context.instance.tenant_id, place_of(context))
    stays = [
        stay
        for stay in listed_at(context)
        if stay.item.id == str(context.variables.get("item_id") or "")
    ]
    entry = next((stay for stay in stays if stay.stay.open(today)), None)
    wanted = _day(context, "effective_on", say("拟退出日期"))
    refuse(exit_objection(entry.stay if entry else None, wanted, today))
    assert entry is not None
    version = add_version(
        context,
        "exit",
        exit_day(entry.stay, wanted, today),
    )
    entry.entry.left_in = version.number
    return decided(context, version)


def decided(context: HandlerContext, version: ListVersion) -> dict[str, Any]:
    """What the instance remembers of the decision. The public list knows it at once: it shows what is in
    force."""
    context.session.flush()
    item_list_notice(
        context.session,
        context.jurisdiction,
        place_of(context),
        context.now,
        context.instance.id,
    )
    return {
        "item_list_number": version.number,
        "item_list_effective_on": version.effective_on.isoformat(),
        "item_list_territory": place_of(context),
    }


def listed_at(context: HandlerContext) -> list[Listed]:
    """Every stay on the list that the instance changes."""
    return stays_of(
        context.session,
        context.instance.tenant_id,
        [place_of(context)],
    )


def refuse(objection: Objection | None) -> None:
    """Raises CannotCarryOut where something stands against the decision."""
    if objection is not None:
        raise CannotCarryOut(objection.sentence)


def place_of(context: HandlerContext) -> str:
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


def add_version(
    context: HandlerContext,
    change: str,
    on: date | None = None,
) -> ListVersion:
    """Writes the decision. `on`: the day of effect where it is decided already; else the applicant's, or
    today."""
    numbers = context.session.scalars(
        sa.select(ItemListVersion.number).where(
            ItemListVersion.tenant_id == context.instance.tenant_id,
            ItemListVersion.territory_code == place_of(context),
        ),
    )
    version = next_version(
        numbers,
        on or _day(context, "effective_on", say("拟生效日期")),
        context.today,
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
            territory_code=place_of(context),
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
    """Bodies and people in words. Who completed the approval stands in `STEP_by`; which step that is, the
    diagram says. Where several people answer a step, all who agreed are named, each with his body."""
    rule = context.jurisdiction.list_rules.get(change)
    if rule is None:
        return ""
    place = context.session.scalar(
        sa.select(Territory.name).where(
            Territory.tenant_id == context.instance.tenant_id,
            Territory.code == place_of(context),
        ),
    )
    signers: list[tuple[str, str]] = []
    for value in _approvers(context, rule, change):
        role = context.jurisdiction.roles.get(rule.approvers.get(value, ""))
        if role:
            body = role.body_name(place or "", context.jurisdiction.name)
        else:
            body = ""
        signed = [
            signer
            for element_id in _steps(context, value)
            for signer in _signers(context, element_id, body)
        ]
        signers += signed or [(body, "")]
    return within_register(by_body(signers))


def by_body(
    signers: Iterable[tuple[str, str]],
) -> list[tuple[str, tuple[str, ...]]]:
    """Each body once, with its people, however many steps it was asked at."""
    people: dict[str, list[str]] = {}
    for body, person in signers:
        people.setdefault(body, []).append(person)
    return [
        (body, tuple(dict.fromkeys(filter(None, names))))
        for body, names in people.items()
    ]


def within_register(named: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Bodies, each with its people, as the register has room for them: fewer people of each body, then fewer
    bodies, and how many there are."""
    most = max((len(people) for _body, people in named), default=0)
    shown = [_with_people(*each, most) for each in named]
    whole = joined("、", shown)
    while len(whole) > MOST_NAMED and most > 1:
        most -= 1
        shown = [_with_people(*each, most) for each in named]
        whole = joined("、", shown)
    while len(whole) > MOST_NAMED and len(shown) > 1:
        shown.pop()
        whole = say(
            "{named}等 {count} 个机构",
            named=joined("、", shown),
            count=len(named),
        )
    return whole[:MOST_NAMED]


def _with_people(
    body: str,
    people: Sequence[str],
    most: int,
) -> str:
    names = "、".join(people[:most])
    if len(people) > most:
        count = len(people)
        names = say("{named}等 {count} 人", named=names, count=count)
    return " ".join(filter(None, (body, names)))


def _signers(
    context: HandlerContext, element_id: str, body: str
) -> Sequence[tuple[str, str]]:
    """(body, person) of each who agreed at the step; the last who completed it where nobody voted."""
    last = str(context.variables.get(f"{element_id}_by") or "")
    if not last:
        return ()
    return context.agreed(element_id) or [(body, last)]


def _approvers(
    context: HandlerContext,
    rule: ListRule,
    change: str,
) -> Sequence[str]:
    """The one that the variable `approver` names, or every approver of the rule where nobody chooses. Of a
    drafted list, on which it depends who decides: whoever decided last, and all who did where they decide
    together."""
    choice = str(context.variables.get("approver") or "")
    if change != "compilation":
        return [choice] if choice else list(rule.approvers)
    last = [
        value
        for value in rule.approvers
        if context.completed in _steps(context, value)
    ]
    if last and not rule.together:
        return last
    return [
        value
        for value in rule.approvers
        if any(
            context.variables.get(f"{step}_by")
            for step in _steps(context, value)
        )
    ]


def _steps(context: HandlerContext, approver: str) -> Sequence[str]:
    return context.approvals.get(approver, (FORMER_ID.format(approver),))
