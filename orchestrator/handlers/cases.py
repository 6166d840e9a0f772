"""case.*: a case's row in the register follows its process; urging leaves a record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain import shapes
from orchestrator.domain.cases import (
    PRIORITIES,
    escalation_objection,
    given_back,
    in_bulletin,
    moved,
    opened,
    reworked,
    urged,
)
from orchestrator.domain.points import GroundPoint, read_point
from orchestrator.domain.reminders import priority_name
from orchestrator.handlers.context import (
    HandlerContext,
    HandlerRefused,
    only_remembers,
)
from orchestrator.handlers.copies import copy_to, copy_to_body
from orchestrator.sentences import joined, say
from orchestrator.store.base import table
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.item_lists import stays_of, version_in_force
from orchestrator.store.registers import Grid, GridArea, GridCase
from orchestrator.store.user_tasks import UserTask


def register(context: HandlerContext) -> Mapping[str, Any]:
    """Opens the case under the item list in force at its grid. Refused for an item that is on none of the
    lists there."""
    item_id = str(context.variables.get("item_id") or "")
    today = context.now.astimezone(
        ZoneInfo(context.jurisdiction.timezone)
    ).date()
    version_id = _version_in_force(context, item_id, today)
    if version_id is None:
        raise HandlerRefused(
            say(
                "所选事项不在现行清单上，不能登记。清单外的事项请由部门按准入程序申请"
            )
        )
    priority = str(context.variables.get("priority") or "normal")
    if priority not in PRIORITIES:
        raise HandlerRefused(
            say(
                "紧急程度“{priority}”不存在，应为{names}之一",
                priority=priority,
                names=joined("、", PRIORITIES.values()),
            )
        )
    point = read_point(str(context.variables.get("coordinates") or ""))
    context.session.add(
        GridCase(
            instance_id=context.instance.id,
            tenant_id=context.instance.tenant_id,
            case_no=context.instance.business_key,
            title=str(
                context.variables.get("case_title") or context.instance.title
            ),
            item_id=item_id,
            item_list_version_id=version_id,
            grid_code=context.instance.territory_code,
            area_id=_area(context, point),
            location=str(context.variables.get("location") or "")[:200],
            latitude=point.latitude if point else None,
            longitude=point.longitude if point else None,
            territory_path=context.instance.territory_path,
            priority=priority,
            state="open",
            handling_level=context.jurisdiction.levels.grid,
            rework_count=0,
            found_at=context.now,
            archived_at=None,
            result="",
        )
    )
    if not _guard(context):
        _tell_manager(context)
    if priority == "major":
        _tell_above(context)
        _tell_of_priority(context, priority)
    return opened(context.variables, context.jurisdiction.handling_levels)


def _area(context: HandlerContext, point: GroundPoint | None) -> str | None:
    """The area that was chosen, else the one of the grid in which the point lies."""
    chosen = context.variables.get("area_id")
    if chosen or point is None:
        return chosen or None
    rows = context.session.execute(
        sa.select(GridArea.id, GridArea.boundary).where(
            GridArea.tenant_id == context.instance.tenant_id,
            GridArea.grid_code == context.instance.territory_code,
        )
    )
    drawn = {row.id: row.boundary for row in rows if row.boundary}
    results = shapes.nearest(drawn, point, most=1)
    if results and results[0][1] == 0:
        return results[0][0]
    return None


def _tell_manager(context: HandlerContext) -> None:
    """The department that manages the grid together with the place gets a copy of each of its cases that is
    not restricted."""
    rules = context.jurisdiction.grid
    if not rules.managed:
        return
    manager = context.session.scalar(
        sa.select(Grid.managing_body).where(
            Grid.tenant_id == context.instance.tenant_id,
            Grid.code == context.instance.territory_code,
            Grid.kind.in_(rules.managed),
        )
    )
    if manager:
        ground = context.jurisdiction.cite(rules.managed_citation)
        reason = say("职能部门和属地双重管理的网格：{ground}", ground=ground)
        copy_to_body(context, manager, reason)


def _guard(context: HandlerContext) -> bool:
    """Whether the case is restricted (限知悉): seen by those who are asked, told or acted, not by all who
    oversee the place."""
    secrecy = context.jurisdiction.secrecy
    level = str(context.variables.get("secrecy") or next(iter(secrecy.levels)))
    if level not in secrecy.levels:
        raise HandlerRefused(
            say(
                "知悉范围“{level}”不存在，应为{names}之一",
                level=level,
                names=joined("、", secrecy.levels.values()),
            )
        )
    case = _case(context)
    case.secrecy = level
    restricted = level in secrecy.restricted
    if restricted:
        context.session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == context.instance.id)
            .values(restricted=True)
        )
    return restricted


def _tell_above(context: HandlerContext) -> None:
    """A major case is told at once to the bodies that the diagram names in the input `copy_when_major`, while
    it goes on."""
    bodies = str(context.variables.get("copy_when_major") or "")
    copy_to(
        context,
        bodies,
        context.instance.territory_path,
        say("重大事件，立即抄送上级"),
    )


def _tell_of_priority(context: HandlerContext, priority: str) -> None:
    """The bodies that [priorities] of the profile names are told in the same step; a body that depends on an
    answer of the instance is told by the clock."""
    rule = context.jurisdiction.priorities.get(priority)
    if rule is None:
        return
    bodies = [body for body in rule.tell if "$" not in body]
    copy_to(
        context,
        ",".join(bodies),
        context.instance.territory_path,
        say(
            "{word}事件，立即告知",
            word=priority_name(context.jurisdiction.priorities, priority),
        ),
    )


def _version_in_force(
    context: HandlerContext, item_id: str, today: date
) -> str | None:
    """Id of the version in force today that the item stands on, on a list of the grid's own places."""
    codes = context.instance.territory_path.strip("/").split("/")
    listed = stays_of(
        context.session, context.instance.tenant_id, codes, item_id
    )
    of_list = next(
        (
            entry.entry.territory_code
            for entry in listed
            if entry.stay.holds(today)
        ),
        None,
    )
    if of_list is None:
        return None
    version = version_in_force(
        context.session, context.instance.tenant_id, of_list, today
    )
    if version:
        return version.id
    return None


def give_back(context: HandlerContext) -> Mapping[str, Any]:
    """A department's return (退回) of a case: counted; from the second one on the next higher office triages
    it anew."""
    case = _case(context)
    levels = context.jurisdiction.handling_levels
    answer = given_back(context.variables, levels)
    # The row of a case that nobody has escalated says the grid's level: the narrowest office triages it.
    at_present = context.variables.get("handling_level") or levels[-1]
    if answer["handling_level"] != at_present:
        context.remember(
            "escalated", to=answer["handling_level"], by=context.actor_name
        )
    case.handling_level = str(answer["handling_level"])
    return answer


def escalate(context: HandlerContext) -> Mapping[str, Any]:
    """The case goes to the grid office of the wider level that the diagram names in the input `level`."""
    case = _case(context)
    level = str(context.variables.get("level") or "")
    objection = escalation_objection(
        level, context.jurisdiction.handling_levels
    )
    if objection:
        raise HandlerRefused(objection)
    case.handling_level = level
    context.remember("escalated", to=level, by=context.actor_name)
    return moved(context.variables, context.jurisdiction.handling_levels)


_TASK = table(UserTask)
_OTHER = sa.alias(_TASK)


def _late(task: sa.FromClause) -> sa.ColumnElement[bool]:
    now = sa.bindparam("urged_now", type_=_TASK.c.due_at.type)
    return sa.and_(
        task.c.instance_id == sa.bindparam("urged_instance"),
        task.c.state == "open",
        task.c.due_at <= now,
    )


_URGE_LATE = (
    sa.update(_TASK)
    .where(
        _TASK.c.instance_id == sa.bindparam("urged_instance"),
        _TASK.c.state == "open",
        # A timer may ring before anybody's time is over: then it means all who have the case.
        sa.or_(_late(_TASK), ~sa.exists().where(_late(_OTHER))),
    )
    .values(urged_at=sa.bindparam("urged_now", type_=_TASK.c.urged_at.type))
)


@only_remembers
def urge(context: HandlerContext) -> Mapping[str, Any]:
    """催办: the reminder goes on the record; the tasks whose time is over show it, or all where none is."""
    reason = str(context.variables.get("reason") or "")
    late = {"urged_instance": context.instance.id, "urged_now": context.now}
    context.remember_with((_URGE_LATE, late), "urged", reason=reason)
    return urged(context.variables)


@only_remembers
def bulletin(context: HandlerContext) -> Mapping[str, Any]:
    """通报: that the case goes into the next bulletin on how assigned cases are done, with the reason, on the
    record."""
    reason = str(context.variables.get("reason") or "")
    context.remember("bulletin", reason=reason)
    return in_bulletin(context.variables)


def assign_down(context: HandlerContext) -> Mapping[str, Any]:
    """交办: the case goes to the grid office of the narrower level that the diagram names in the input
    `level`."""
    case = _case(context)
    level = str(context.variables.get("level") or "")
    objection = escalation_objection(
        level, context.jurisdiction.handling_levels
    )
    if objection:
        raise HandlerRefused(objection)
    case.handling_level = level
    context.remember("assigned-down", to=level, by=context.actor_name)
    return moved(context.variables, context.jurisdiction.handling_levels)


def rework(context: HandlerContext) -> Mapping[str, Any]:
    """Counts a failed verification."""
    case = _case(context)
    case.rework_count += 1
    answer = reworked(context.variables)
    context.remember(
        "reworked", times=case.rework_count, reason=answer["rework_note"]
    )
    return answer


def archive(context: HandlerContext) -> Mapping[str, Any]:
    """Closes the case's row; the dossier is its history."""
    case = _case(context)
    case.state = "archived"
    case.archived_at = context.now
    case.result = str(
        context.variables.get("summary")
        or context.variables.get("result")
        or ""
    )
    return {}


def _case(context: HandlerContext) -> GridCase:
    grid_case = context.session.get(GridCase, context.instance.id)
    if grid_case is None:
        raise HandlerRefused(say("事件尚未登记，请先处理登记步骤的异常"))
    priority = str(context.variables.get("priority"))
    if priority in PRIORITIES:
        # Triage may have raised or lowered it since.
        grid_case.priority = priority
    return grid_case
