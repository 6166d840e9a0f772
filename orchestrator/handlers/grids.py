"""grids.apply-adjustment: an approved plan takes effect in one transaction: grids, codes, members, open cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain.grids import GridPlan, PlannedGrid, Situation, check_plan, issue_code, plan_from_form
from orchestrator.domain.territory import body_id
from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid, GridArea, GridCase, GridEvent
from orchestrator.store.situation import grid_situation
from orchestrator.store.territories import Body, Territory
from orchestrator.store.user_tasks import UserTask

_GRID_ROLES = ("grid-member", "grid-leader")


def apply_adjustment(context: HandlerContext) -> Mapping[str, Any]:
    """Carries the plan out. Refused when the checks no longer hold, because the grids changed since the application."""
    plan = plan_from_form(context.variables)
    tenant = context.instance.tenant_id
    situation = grid_situation(context.session, tenant, context.instance.territory_path)
    reasons = check_plan(plan, situation, context.jurisdiction.grid)
    if reasons:
        raise HandlerRefused("调整方案与现状不符，不能生效：" + "；".join(reasons))
    today = context.now.astimezone(ZoneInfo(context.jurisdiction.timezone)).date()
    codes = [_make_grid(context, plan, planned, situation, today) for planned in plan.after]
    context.session.flush()
    moved = _move_cases(context, plan)
    for code in plan.sources:
        if code not in codes:
            _retire(context, code, plan.kind, codes, today)
    return {"new_grids": codes, "retired_grids": [code for code in plan.sources if code not in codes], "moved_cases": moved}


def _make_grid(context: HandlerContext, plan: GridPlan, planned: PlannedGrid, situation: Situation, today: date) -> str:
    session, tenant = context.session, context.instance.tenant_id
    if plan.kind in ("rename", "boundary"):
        code = _kept_code(plan, planned, situation)
        if code:
            return _change(context, code, plan, planned, today)
    community = situation.area_community[planned.areas[0]]
    issued = session.scalars(sa.select(Grid.code).where(Grid.tenant_id == tenant, Grid.community_code == community)).all()
    code = issue_code(context.jurisdiction.grid, community, planned.kind, issued)
    parent = session.get_one(Territory, (tenant, community))
    path = f"{parent.path}{code}/"
    session.add(Territory(tenant_id=tenant, code=code, name=planned.name, level="grid", parent_code=community, path=path))
    session.add(
        Grid(
            tenant_id=tenant,
            code=code,
            name=planned.name,
            kind=planned.kind,
            setting=situation.settings.get(community, "urban"),
            community_code=community,
            territory_path=path,
            households=_households(context, planned),
            state="active",
            valid_from=today,
            retired_on=None,
            created_by_instance=context.instance.id,
        )
    )
    for role in _GRID_ROLES:
        known = context.jurisdiction.roles[role]
        session.add(
            Body(
                id=body_id(tenant, role, code),
                tenant_id=tenant,
                role=role,
                family=known.family,
                level="grid",
                territory_code=code,
                territory_path=path,
                name=known.name_template.format(territory=planned.name),
            )
        )
    session.add(
        GridEvent(
            tenant_id=tenant,
            grid_code=code,
            kind="created",
            on=today,
            instance_id=context.instance.id,
            details={"from": list(plan.sources)},
        )
    )
    session.flush()
    _assign_areas(context, planned, code)
    _assign_members(context, planned, code, today)
    return code


def _kept_code(plan: GridPlan, planned: PlannedGrid, situation: Situation) -> str | None:
    """A renamed grid, or one that keeps most of its areas, keeps its code."""
    if plan.kind == "rename":
        return plan.sources[0]
    counts = {code: sum(1 for area in planned.areas if situation.area_grid.get(area) == code) for code in plan.sources}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else None


def _change(context: HandlerContext, code: str, plan: GridPlan, planned: PlannedGrid, today: date) -> str:
    session, tenant = context.session, context.instance.tenant_id
    grid = session.get_one(Grid, (tenant, code))
    details = {"name_before": grid.name, "name": planned.name, "areas": list(planned.areas)}
    grid.name, grid.households = planned.name, _households(context, planned)
    session.get_one(Territory, (tenant, code)).name = planned.name
    session.add(
        GridEvent(tenant_id=tenant, grid_code=code, kind=plan.kind, on=today, instance_id=context.instance.id, details=details)
    )
    _assign_areas(context, planned, code)
    _assign_members(context, planned, code, today)
    return code


def _households(context: HandlerContext, planned: PlannedGrid) -> int:
    return context.session.scalar(sa.select(sa.func.sum(GridArea.households)).where(GridArea.id.in_(planned.areas))) or 0


def _assign_areas(context: HandlerContext, planned: PlannedGrid, code: str) -> None:
    context.session.execute(
        sa.update(GridArea)
        .where(GridArea.tenant_id == context.instance.tenant_id, GridArea.id.in_(planned.areas))
        .values(grid_code=code)
    )


def _assign_members(context: HandlerContext, planned: PlannedGrid, code: str, today: date) -> None:
    """The named people join the grid's bodies in the role they had."""
    session, tenant = context.session, context.instance.tenant_id
    people = session.execute(
        sa.select(Person.id, Body.role, Membership.title)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Person.username.in_(planned.members),
            Body.tenant_id == tenant,
            Body.role.in_(_GRID_ROLES),
            Membership.until_on.is_(None),
        )
    ).all()
    for person_id, role, title in {(row.id, row.role): row for row in people}.values():
        new_body = body_id(tenant, role, code)
        there = session.scalar(sa.select(Membership).where(Membership.person_id == person_id, Membership.body_id == new_body))
        if there is None:
            session.add(Membership(person_id=person_id, body_id=new_body, title=title, from_on=today, until_on=None))
        else:
            there.until_on = None


def _move_cases(context: HandlerContext, plan: GridPlan) -> int:
    """Open cases follow their area; the running instance and its tasks go with them, and the dossier says so."""
    session, tenant = context.session, context.instance.tenant_id
    cases = session.scalars(
        sa.select(GridCase).where(GridCase.tenant_id == tenant, GridCase.grid_code.in_(plan.sources), GridCase.state == "open")
    ).all()
    moved = 0
    for case in cases:
        area = session.get(GridArea, case.area_id) if case.area_id else None
        if area is None or area.grid_code == case.grid_code:
            continue
        old, path = case.grid_code, session.get_one(Grid, (tenant, area.grid_code)).territory_path
        case.grid_code, case.territory_path = area.grid_code, path
        session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == case.instance_id)
            .values(territory_code=area.grid_code, territory_path=path, revision=ProcessInstance.revision + 1)
        )
        session.execute(
            sa.update(UserTask)
            .where(UserTask.instance_id == case.instance_id, UserTask.state == "open")
            .values(territory_path=path)
        )
        context.rehome(case.instance_id, f"{old}>{area.grid_code}")
        moved += 1
    return moved


def _retire(context: HandlerContext, code: str, kind: str, successors: list[str], today: date) -> None:
    session, tenant = context.session, context.instance.tenant_id
    grid = session.get_one(Grid, (tenant, code))
    grid.state, grid.retired_on = "retired", today
    session.get_one(Territory, (tenant, code)).active = False
    for role in _GRID_ROLES:
        session.execute(
            sa.update(Membership)
            .where(Membership.body_id == body_id(tenant, role, code), Membership.until_on.is_(None))
            .values(until_on=today)
        )
    session.execute(
        sa.delete(PublicNotice).where(
            PublicNotice.tenant_id == tenant, PublicNotice.kind == "grid", PublicNotice.subject_code == code
        )
    )
    details = {"reason": kind, "successors": successors}
    session.add(
        GridEvent(tenant_id=tenant, grid_code=code, kind="retired", on=today, instance_id=context.instance.id, details=details)
    )
