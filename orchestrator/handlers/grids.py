"""grids.apply-adjustment: an approved plan takes effect in one transaction: grids, codes, areas, members,
open cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain import shapes
from orchestrator.domain.grid_codes import issue_code
from orchestrator.domain.grids import (
    GridPlan,
    PlannedGrid,
    Situation,
    check_plan,
    donors,
    keep_codes,
    plan_from_form,
    successor,
)
from orchestrator.domain.territory import body_id
from orchestrator.handlers import grid_notices
from orchestrator.handlers.context import (
    BpmnError,
    HandlerContext,
    HandlerRefused,
)
from orchestrator.handlers.grid_people import Staffing, release_all, roles_of
from orchestrator.handlers.register_rehoming import move_registers
from orchestrator.handlers.rehoming import move_cases, move_reports
from orchestrator.sentences import joined, say
from orchestrator.store.grid_words import renew_grids
from orchestrator.store.notices import PublicNotice
from orchestrator.store.registers import Grid, GridArea, GridEvent
from orchestrator.store.situation import grid_situation
from orchestrator.store.territories import Body, Territory


@dataclass(frozen=True)
class _Adjustment:
    """One plan while it takes effect."""

    context: HandlerContext
    plan: GridPlan
    before: Situation
    today: date
    staffing: Staffing

    @property
    def tenant(self) -> str:
        return self.context.instance.tenant_id


def apply_adjustment(context: HandlerContext) -> Mapping[str, Any]:
    """Carries the plan out: `new_grids` (codes afterwards), `changed_grids` (gave areas away),
    `retired_grids`, `moved_cases`.

    Raises the business error `plan-outdated`, which the diagram catches, when the checks no longer hold: the
    grids changed since the application.
    """
    plan = plan_from_form(context.variables, context.jurisdiction.grid)
    before = _lock_and_read(context)
    reasons = check_plan(plan, before, context.jurisdiction.grid)
    if reasons:
        raise BpmnError(
            "plan-outdated",
            say(
                "调整方案与现状不符，不能生效：{reasons}",
                reasons=joined("；", reasons),
            ),
        )
    today = context.now.astimezone(
        ZoneInfo(context.jurisdiction.timezone),
    ).date()
    staffing = roles_of(
        context,
        {username for grid in plan.after for username in grid.members},
        today,
    )
    work = _Adjustment(context, plan, before, today, staffing)
    codes = [
        _change(work, kept, planned) if kept else _make(work, planned)
        for kept, planned in zip(
            keep_codes(plan, before),
            plan.after,
            strict=True,
        )
    ]
    _redraw(work)
    givers = donors(plan, before)
    for code in givers:
        _shrink(work, code)
    retired = [code for code in plan.sources if code not in codes]
    successors = {
        code: codes[number]
        for code in retired
        if (number := successor(code, plan, before)) is not None
    }
    moved = move_cases(context, [*plan.sources, *givers], successors)
    move_reports(context, successors)
    move_registers(context, successors, today)
    for code in retired:
        _retire(work, code, codes)
    context.session.flush()
    renew_grids(context.session, work.tenant, [*codes, *givers, *retired])
    return {
        "new_grids": codes,
        "changed_grids": givers,
        "retired_grids": retired,
        "moved_cases": moved,
    }


def _redraw(work: _Adjustment) -> None:
    """The areas that the plan draws anew get their boundaries."""
    session = work.context.session
    for area, boundary in work.plan.drawing.areas.items():
        session.execute(
            sa.update(GridArea)
            .where(GridArea.tenant_id == work.tenant, GridArea.id == area)
            .values(boundary=boundary, **shapes.edges(boundary)),
        )


def _lock_and_read(context: HandlerContext) -> Situation:
    """The situation of the place. Its territory row is the lock: two plans that take effect at once would
    issue one code twice."""
    session = context.session
    tenant = context.instance.tenant_id
    place = context.instance.territory_code
    session.execute(
        sa.select(Territory.code)
        .where(Territory.tenant_id == tenant, Territory.code == place)
        .with_for_update(),
    )
    situation = grid_situation(
        session,
        context.jurisdiction,
        context.instance.territory_path,
    )
    kinds = session.execute(
        sa.select(Grid.code, Grid.kind).where(
            Grid.tenant_id == tenant,
            Grid.code.in_(situation.grid_names),
        ),
    )
    return replace(situation, grid_kinds={row.code: row.kind for row in kinds})


def _make(work: _Adjustment, planned: PlannedGrid) -> str:
    """A new grid under a code never issued before: its place, its bodies, its areas, its people."""
    session = work.context.session
    rules = work.context.jurisdiction.grid
    community = work.before.area_community[planned.areas[0]]
    issued = session.scalars(
        sa.select(Grid.code).where(
            Grid.tenant_id == work.tenant,
            Grid.community_code == community,
        ),
    ).all()
    try:
        code = issue_code(rules, community, planned.kind, issued)
    except ValueError as exhausted:
        raise HandlerRefused(str(exhausted)) from exhausted
    path = (
        f"{session.get_one(Territory, (work.tenant, community)).path}{code}/"
    )
    session.add(
        Territory(
            tenant_id=work.tenant,
            code=code,
            name=planned.name,
            level=work.context.jurisdiction.levels.grid,
            parent_code=community,
            path=path,
        ),
    )
    session.add(
        Grid(
            tenant_id=work.tenant,
            code=code,
            name=planned.name,
            kind=planned.kind,
            setting=work.before.settings.get(community, "urban"),
            community_code=community,
            territory_path=path,
            households=_households(work, planned.areas),
            state="active",
            valid_from=work.today,
            retired_on=None,
            created_by_instance=work.context.instance.id,
            managing_body=_manager(work, planned.kind, planned),
        ),
    )
    for role in work.context.jurisdiction.grid_roles:
        known = work.context.jurisdiction.roles[role]
        session.add(
            Body(
                id=body_id(work.tenant, role, code),
                tenant_id=work.tenant,
                role=role,
                family=known.family,
                level=work.context.jurisdiction.levels.grid,
                territory_code=code,
                territory_path=path,
                name=known.body_name(
                    planned.name,
                    work.context.jurisdiction.name,
                ),
            ),
        )
    origins = sorted({work.before.area_grid[area] for area in planned.areas})
    _remember(
        work,
        code,
        "created",
        {"from": origins, "how": work.plan.kind, "areas": list(planned.areas)},
    )
    session.flush()
    _give_areas(work, planned.areas, code)
    work.staffing.settle(planned.members, code)
    return code


def _change(work: _Adjustment, code: str, planned: PlannedGrid) -> str:
    """A grid that keeps its code under another name or with other areas. No members named leaves its people
    as they are."""
    session = work.context.session
    grid = session.get_one(Grid, (work.tenant, code))
    details = {
        "name_before": grid.name,
        "name": planned.name,
        "areas": list(planned.areas),
    }
    grid.name = planned.name
    grid.households = _households(work, planned.areas)
    # A plan that names no department leaves the one that there is.
    manager = _manager(work, grid.kind, planned)
    if manager is not None:
        grid.managing_body = manager
    session.get_one(Territory, (work.tenant, code)).name = planned.name
    for role in work.context.jurisdiction.grid_roles:
        body = session.get(Body, body_id(work.tenant, role, code))
        if body is not None:
            body.name = work.context.jurisdiction.roles[role].body_name(
                planned.name,
                work.context.jurisdiction.name,
            )
    _remember(work, code, work.plan.kind, details)
    _give_areas(work, planned.areas, code)
    if planned.members:
        work.staffing.settle(planned.members, code)
    return code


def _manager(
    work: _Adjustment,
    kind: str,
    planned: PlannedGrid,
) -> str | None:
    """The department that the plan names, where the text has such grids managed by one."""
    if kind not in work.context.jurisdiction.grid.managed:
        return None
    return planned.managing_body or None


def _shrink(work: _Adjustment, code: str) -> None:
    """A grid that gave areas to a new one: its size follows, its code and people stay."""
    session = work.context.session
    left = session.scalars(
        sa.select(GridArea.id).where(
            GridArea.tenant_id == work.tenant,
            GridArea.grid_code == code,
        ),
    ).all()
    session.get_one(Grid, (work.tenant, code)).households = _households(
        work,
        left,
    )
    _remember(work, code, "boundary", {"areas": sorted(left)})


def _retire(work: _Adjustment, code: str, successors: Sequence[str]) -> None:
    """The grid ends today; its code stays in the register for good, its notice goes."""
    session = work.context.session
    grid = session.get_one(Grid, (work.tenant, code))
    grid.state = "retired"
    grid.retired_on = work.today
    session.get_one(Territory, (work.tenant, code)).active = False
    release_all(work.context, code, work.today)
    people = grid_notices.ever_served(session, work.tenant, [code])
    grid_notices.badge_notices(
        session,
        work.context.jurisdiction,
        work.tenant,
        people,
        work.context.now,
    )
    session.execute(
        sa.delete(PublicNotice).where(
            PublicNotice.tenant_id == work.tenant,
            PublicNotice.kind == "grid",
            PublicNotice.subject_code == code,
        ),
    )
    _remember(
        work,
        code,
        "retired",
        {"reason": work.plan.kind, "successors": list(successors)},
    )


def _remember(
    work: _Adjustment,
    code: str,
    kind: str,
    details: Mapping[str, Any],
) -> None:
    work.context.session.add(
        GridEvent(
            tenant_id=work.tenant,
            grid_code=code,
            kind=kind,
            on=work.today,
            instance_id=work.context.instance.id,
            details=dict(details),
        ),
    )


def _households(work: _Adjustment, areas: Sequence[str]) -> int:
    number = work.context.session.scalar(
        sa.select(sa.func.sum(GridArea.households)).where(
            GridArea.tenant_id == work.tenant,
            GridArea.id.in_(areas),
        ),
    )
    return number or 0


def _give_areas(work: _Adjustment, areas: Sequence[str], code: str) -> None:
    work.context.session.execute(
        sa.update(GridArea)
        .where(GridArea.tenant_id == work.tenant, GridArea.id.in_(areas))
        .values(grid_code=code),
    )
