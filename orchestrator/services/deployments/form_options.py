"""Option lists that a form takes from the registers: SOURCES maps a form's valuesKey to its query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from forms import Option
from orchestrator.domain import list_compilation
from orchestrator.domain.jurisdiction.functions import CASE_DEPARTMENT
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import (
    body_options,
    department_reach,
    people_options,
    profile_options,
)
from orchestrator.services.deployments.options_request import OptionsRequest
from orchestrator.store.item_lists import Listed, stays_of
from orchestrator.store.people import Membership
from orchestrator.store.registers import (
    AREA_OF_GRID,
    Grid,
    GridArea,
    ItemListEntry,
    ServiceItem,
    items_in_force,
)
from orchestrator.store.territories import Body, Territory
from orchestrator.store.timers import FAR_YEAR, Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


@dataclass(frozen=True, slots=True)
class Setting:
    """From where, by whom and when a form is filled."""

    path: str
    """Of the instance's territory."""
    person_id: int
    now: datetime
    body_id: str | None = None
    """The body in whose name he acts, where that is known."""
    about: str | None = None
    """The instance that this one is about."""
    variables: Mapping[str, Any] | None = None
    """Of the instance whose form it is, where they are known."""


def zone(bundle: Bundle) -> ZoneInfo:
    """The jurisdiction's time zone."""
    return ZoneInfo(bundle.jurisdiction.timezone)


def for_form(
    session: Session,
    bundle: Bundle,
    form: forms.Form,
    setting: Setting,
) -> dict[str, list[Option]]:
    """Every option list the form asks for, as they stand in that setting."""
    return of_sources(session, bundle, form.sources, setting)


def of_sources(
    session: Session,
    bundle: Bundle,
    sources: Iterable[str],
    setting: Setting,
) -> dict[str, list[Option]]:
    """The option lists of these sources, as they stand in that setting."""
    today = setting.now.astimezone(zone(bundle)).date()
    place = OptionsRequest(
        session,
        bundle,
        setting.path,
        setting.person_id,
        today,
        setting.about,
        setting.body_id,
        setting.variables,
    )
    return {name: SOURCES[name](place) for name in sources if name in SOURCES}


def _items_in_force(place: OptionsRequest) -> list[Option]:
    """An item that stands on the county's list and on the city's too is offered once, as the nearer list has
    it."""
    rows = items_in_force(
        place.session, place.tenant_id, place.codes, place.today
    )
    nearest: dict[str, ServiceItem] = {}
    for row in sorted(
        rows, key=lambda row: place.codes.index(row.territory_code)
    ):
        nearest[f"{row.category}：{row.name}"] = row
    return [
        Option(row.id, label)
        for row in rows
        if nearest[label := f"{row.category}：{row.name}"] is row
    ]


def _items_assignable(place: OptionsRequest) -> list[Option]:
    """What is in force today on a list of the place, of one around it or of one inside it; each name once, as
    the nearest list around the place has it.

    Whether every grid's own lists have it is told when it is chosen.
    """
    listed = sa.select(ItemListEntry.territory_code).where(
        ItemListEntry.tenant_id == place.tenant_id
    )
    territories = place.session.execute(
        sa.select(Territory.code, Territory.path).where(
            Territory.tenant_id == place.tenant_id, Territory.code.in_(listed)
        )
    )
    paths = {row.code: row.path for row in territories}
    near = [
        code
        for code, path in paths.items()
        if path.startswith(place.path) or code in place.codes
    ]
    rows = items_in_force(place.session, place.tenant_id, near, place.today)
    named: dict[str, ServiceItem] = {}
    for row in sorted(
        rows,
        key=lambda row: (
            row.territory_code not in place.codes,
            -len(paths[row.territory_code]),
        ),
    ):
        named.setdefault(f"{row.category}：{row.name}", row)
    return [Option(row.id, label) for label, row in sorted(named.items())]


def _items_of_list(place: OptionsRequest) -> list[Option]:
    """What is on the list of the place, with the days of what is planned; what is decided already is told
    when it is chosen."""
    listed = stays_of(place.session, place.tenant_id, place.codes[-1:])
    return [
        Option(entry.item.id, _with_plan(entry, place.today))
        for entry in listed
        if entry.stay.open(place.today)
    ]


def _own_items_of_list(place: OptionsRequest) -> list[Option]:
    """What is on the list of the place because the body applied for it.

    Where it is not known in whose name he acts: because one of the bodies that he serves did.
    """
    serves = sa.select(Membership.body_id).where(
        Membership.person_id == place.person_id, Membership.until_on.is_(None)
    )
    if place.body_id:
        own = {place.body_id}
    else:
        own = set(place.session.scalars(serves))
    listed = stays_of(place.session, place.tenant_id, place.codes[-1:])
    return [
        Option(entry.item.id, _with_plan(entry, place.today))
        for entry in listed
        if entry.stay.open(place.today) and entry.item.department in own
    ]


def _drafted_items(place: OptionsRequest) -> list[Option]:
    """The items of the list that the instance drafts, by their names."""
    rows = list_compilation.drafted(place.variables or {})
    return [Option(name, name) for name in list_compilation.names(rows)]


def _with_plan(listed: Listed, today: date) -> str:
    label = f"{listed.item.category}：{listed.item.name}"
    stay = listed.stay
    if stay.planned(today):
        return say(
            "{label}（自 {since} 起纳入）", label=label, since=stay.since
        )
    if stay.until:
        return say(
            "{label}（自 {until} 起退出）", label=label, until=stay.until
        )
    return label


def _departments(place: OptionsRequest) -> list[Option]:
    """Departments of the place and of every wider one to which the office that has the case may hand it, the
    nearest first."""
    profile = place.bundle.jurisdiction
    query = sa.select(Body.id, Body.name).where(
        Body.tenant_id == place.tenant_id,
        Body.role.in_(profile.roles_of(CASE_DEPARTMENT)),
        Body.territory_code.in_(place.codes),
        Body.dissolved_at.is_(None),
    )
    if reach := department_reach.of(profile, place.variables):
        query = query.where(Body.level.in_(reach.levels))
    rows = place.session.execute(
        query.order_by(sa.func.length(Body.territory_path).desc(), Body.id)
    ).all()
    return [Option(row.id, row.name) for row in rows]


def _assisting(place: OptionsRequest) -> list[Option]:
    """The departments that assist in the instance; every department that might, where the instance is not
    known."""
    if place.variables is None:
        return _departments(place)
    return _bodies(place, _assigned_assisting(place.variables))


def _handling(place: OptionsRequest) -> list[Option]:
    """The departments that handle the instance, the lead first; every department that might, where the
    instance is not known."""
    if place.variables is None:
        return _departments(place)
    known = place.variables
    lead = known.get("lead_department")
    named = [str(lead or ""), *_assigned_assisting(known)]
    options = _bodies(place, named)
    return sorted(options, key=lambda option: named.index(option.value))


def _assigned_assisting(known: Mapping[str, Any]) -> list[str]:
    """Of the last assignment; a rework may ask fewer of them."""
    named = known.get("assigned_assisting")
    if named is None:
        named = known.get("assisting_departments")
    return list(named or ())


def _bodies(place: OptionsRequest, ids: Sequence[str]) -> list[Option]:
    rows = place.session.execute(
        sa.select(Body.id, Body.name)
        .where(Body.tenant_id == place.tenant_id, Body.id.in_(ids))
        .order_by(Body.id)
    )
    return [Option(row.id, row.name) for row in rows]


def _grids(place: OptionsRequest) -> list[Option]:
    rows = place.session.execute(
        sa.select(Grid.code, Grid.name)
        .where(
            Grid.tenant_id == place.tenant_id,
            Grid.territory_path.startswith(place.path),
            Grid.state == "active",
        )
        .order_by(Grid.code)
    ).all()
    return [Option(row.code, f"{row.name}（{row.code}）") for row in rows]


def _grid_areas(place: OptionsRequest) -> list[Option]:
    rows = place.session.execute(
        sa.select(
            GridArea.id,
            GridArea.name,
            GridArea.households,
            Grid.name.label("grid"),
        )
        .join(
            Grid,
            AREA_OF_GRID,
        )
        .where(
            GridArea.tenant_id == place.tenant_id,
            Grid.territory_path.startswith(place.path),
        )
        .order_by(GridArea.id)
    ).all()
    return [
        Option(
            row.id,
            say(
                "{grid}·{name}（{households} 户）",
                grid=row.grid,
                name=row.name,
                households=row.households,
            ),
        )
        for row in rows
    ]


def _own_areas(place: OptionsRequest) -> list[Option]:
    rows = place.session.execute(
        sa.select(GridArea.id, GridArea.name)
        .where(
            GridArea.tenant_id == place.tenant_id,
            GridArea.grid_code == place.codes[-1],
        )
        .order_by(GridArea.id)
    ).all()
    return [Option(row.id, row.name) for row in rows]


def _deadlines_of_about(place: OptionsRequest) -> list[Option]:
    """Open tasks of the instance it is about that the body is asked for and that have a statutory deadline,
    each with the instant at which it is due."""
    rows = place.session.execute(
        sa.select(UserTask.id, UserTask.name, Deadline.due_at)
        .join(UserTaskCandidate, UserTaskCandidate.task_id == UserTask.id)
        .join(Deadline, Deadline.task_id == UserTask.id)
        .where(
            UserTask.instance_id == place.about,
            UserTask.state == "open",
            UserTaskCandidate.candidate == place.body_id,
        )
        .distinct()
        .order_by(UserTask.id)
    ).all()
    return [
        Option(row.id, _with_due(row.name, row.due_at, zone(place.bundle)))
        for row in rows
    ]


def _with_due(name: str, due: datetime, local: ZoneInfo) -> str:
    if due.year >= FAR_YEAR:
        return say("{name}（已挂账）", name=name)
    return say(
        "{name}（现定 {due} 到期）",
        name=name,
        due=f"{due.astimezone(local):%Y-%m-%d %H:%M}",
    )


def _bodies_of_about(place: OptionsRequest) -> list[Option]:
    """Bodies that are now asked for something in the instance it is about."""
    rows = place.session.execute(
        sa.select(Body.id, Body.name)
        .join(UserTaskCandidate, UserTaskCandidate.candidate == Body.id)
        .join(UserTask, UserTask.id == UserTaskCandidate.task_id)
        .where(
            UserTask.instance_id == place.about,
            UserTask.state == "open",
            Body.id != (place.body_id or ""),
        )
        .distinct()
        .order_by(Body.id)
    ).all()
    return [Option(row.id, row.name) for row in rows]


SOURCES: Mapping[str, Callable[[OptionsRequest], list[Option]]] = {
    "items_in_force": _items_in_force,
    "items_assignable": _items_assignable,
    "items_of_list": _items_of_list,
    "own_items_of_list": _own_items_of_list,
    "drafted_items": _drafted_items,
    "departments": _departments,
    "assisting_departments": _assisting,
    "handling_departments": _handling,
    "grids": _grids,
    "grid_areas": _grid_areas,
    "own_areas": _own_areas,
    "grid_people": people_options.grid_people,
    "colleagues": people_options.colleagues,
    "item_categories": lambda place: profile_options.item_categories(
        place.bundle.jurisdiction
    ),
    "grid_kinds": lambda place: profile_options.grid_kinds(
        place.bundle.jurisdiction
    ),
    **body_options.SOURCES,
    "deadlines_of_about": _deadlines_of_about,
    "bodies_of_about": _bodies_of_about,
    "listed_dossiers": people_options.listed_dossiers,
    "secrecy_levels": lambda place: profile_options.secrecy_levels(
        place.bundle.jurisdiction
    ),
    "case_classes": lambda place: profile_options.case_classes(
        place.bundle.jurisdiction
    ),
    "member_posts": lambda place: profile_options.member_posts(
        place.bundle.jurisdiction
    ),
    "member_educations": lambda place: profile_options.member_educations(
        place.bundle.jurisdiction
    ),
}

OF_BODIES = (
    "departments",
    "assisting_departments",
    "handling_departments",
    *body_options.SOURCES,
    "bodies_of_about",
)
"""Sources whose values are bodies: a task can be given to what was chosen."""

NAMES: Mapping[str, str] = {
    "items_in_force": say("现行清单上的事项（本地及上级）"),
    "items_assignable": say("可以交办的清单事项（本地、上级及下级）"),
    "items_of_list": say("本级清单上的事项"),
    "own_items_of_list": say("本级清单上由本机构申请纳入的事项"),
    "drafted_items": say("本件清单草案的事项"),
    "departments": say("职能部门"),
    "assisting_departments": say("本件的协办部门"),
    "handling_departments": say("本件的牵头部门和协办部门"),
    "grids": say("网格"),
    "grid_areas": say("网格中的小区、路段"),
    "own_areas": say("本网格的小区、路段"),
    "grid_people": say("可以担任网格员的人员"),
    "colleagues": say("本机构的人员"),
    "item_categories": say("事项类别"),
    "grid_kinds": say("网格种类"),
    "township_governments": say("乡镇政府、街道办事处"),
    "community_committees": say("村（居）民委员会"),
    "community_parties": say("村（社区）党组织"),
    "deadlines_of_about": say("所涉事项的时限"),
    "bodies_of_about": say("所涉事项的办理机构"),
    "listed_dossiers": say("本件清单上的到期档案"),
    "secrecy_levels": say("知悉范围"),
    "member_posts": say("网格的岗位"),
    "member_educations": say("学历"),
    "case_classes": say("事件分类"),
}
"""What a designer reads for each source."""

NEEDS: Mapping[str, str] = {
    "departments": CASE_DEPARTMENT,
    **body_options.FUNCTIONS,
}
"""Source → the function without which it has no options."""
