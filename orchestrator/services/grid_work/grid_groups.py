"""A grid's party organisation, work team and household clusters: kept by whoever oversees the grid, read by
whoever serves it too, one by one or as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from orchestrator.domain.grid_work import GRID_GROUP, GroupRule
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.grid_work import reach
from orchestrator.services.grid_work.entries import lock
from orchestrator.services.records.entry_sights import EntrySights
from orchestrator.services.records.ids import new_id
from orchestrator.store import grid_groups as store
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction

LONGEST = {"name": 80, "head": 40, "phone": 30, "remark": 300}
"""Characters of each text."""
LABELS = {
    "name": say("名称（姓名）"),
    "head": say("负责人"),
    "phone": say("电话"),
    "remark": say("备注"),
}
GRADED = ("phone", "remark")


@dataclass(frozen=True, slots=True)
class GroupGiven:
    """What is to stand in the register."""

    kind: str
    name: str
    form: str = ""
    head: str = ""
    phone: str = ""
    households: str = ""
    """As it was typed."""
    remark: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class GroupView:
    """A row as somebody sees it."""

    row: GridGroup
    rule: GroupRule | None
    """None: the profile has this kind no more."""
    phone: str
    remark: str
    hidden: bool
    """Whether the city's grades hide something of it from him."""
    registered: int
    """Of a cluster: households of the register that belong to it."""


def rule_of(profile: Jurisdiction, kind: str) -> GroupRule | None:
    """The kind as the profile describes it."""
    rules = profile.grid_work.groups
    return next((rule for rule in rules if rule.key == kind), None)


def views(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    grid: Grid,
    now: datetime,
) -> list[GroupView]:
    """What the grid has now, as he sees it; nothing where he does not reach the grid."""
    if not reach.lies_in(grid.territory_path, reach.paths(who, profile)):
        return []
    sight = EntrySights(session, who, now).at(GRID_GROUP, grid.territory_path)
    shown = {name: sight.shows(name) for name in GRADED}
    rows = store.of_grid(session, who.tenant_id, grid.code)
    kinds = profile.grid_work.clusters
    clusters = [row.id for row in rows if row.kind in kinds]
    registered = store.households(session, clusters)
    return [
        GroupView(
            row,
            rule_of(profile, row.kind),
            row.phone if shown["phone"] else "",
            row.remark if shown["remark"] else "",
            any(getattr(row, name) and not shown[name] for name in GRADED),
            registered.get(row.id, 0),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class BesideMembers:
    """What a grid has beside its members, for its page."""

    rules: Sequence[GroupRule]
    views: Sequence[GroupView]
    keeps: bool
    """Whether who reads it keeps it."""


def beside(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    grid: Grid,
    now: datetime,
) -> BesideMembers:
    """The part of a grid's page; empty where he does not reach the grid."""
    return BesideMembers(
        profile.grid_work.groups,
        views(session, who, profile, grid, now),
        may_keep(who, grid.territory_path),
    )


def may_keep(who: access.Viewer, path: str) -> bool:
    """Whether he oversees the place."""
    return reach.lies_in(path, who.overseen_paths)


def add(by: int, code: str, given: GroupGiven, now: datetime) -> str:
    """A new row of the grid; its id. Raises NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        who, profile, grid = _to_keep(session, by, code)
        lock(session, grid)
        _refuse_wrong(profile, given)
        there = store.by_names(session, grid.tenant_id, grid.code)
        before = there.get((given.kind, given.name))
        if before is not None and before.ended_on is None:
            raise RuleViolated(
                [
                    say(
                        "本网格已有“{name}”，请在原来那条上修改",
                        name=given.name,
                    )
                ]
            )
        if before is not None:
            _refuse_hidden(session, who, before, now)
        row = before or fresh(grid, given.kind, now, by)
        write(row, given, by, now, now.date())
        session.add(row)
        return row.id


def change(
    by: int,
    group_id: str,
    version: int,
    given: GroupGiven,
    now: datetime,
    today: date,
) -> None:
    """Changes a row that stands as the writer saw it. Raises NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        row = _kept(session, who, group_id)
        grid = reach.grid(session, who, profile, row.grid_code)
        # The grid first, as a file does: two who lock in another order wait for each other.
        lock(session, grid)
        session.refresh(row, with_for_update=True)
        if row.version != version:
            raise RuleViolated(
                [
                    say(
                        "您打开以后，这一条已被别人改过。请打开最新内容核对，再把您的改动填上"
                    )
                ]
            )
        _refuse_hidden(session, who, row, now)
        _refuse_wrong(profile, given)
        there = store.by_names(session, grid.tenant_id, grid.code)
        other = there.get((given.kind, given.name))
        if other is not None and other.id != row.id:
            raise RuleViolated(
                [say("本网格已有“{name}”，请换一个名称", name=given.name)]
            )
        write(row, given, by, now, today)


def to_change(
    session: Session,
    who: access.Viewer,
    group_id: str,
    now: datetime,
) -> GridGroup:
    """The row. Raises NotFound where he does not oversee its grid, RuleViolated where the city's grades hide
    something of it from him."""
    row = _kept(session, who, group_id)
    _refuse_hidden(session, who, row, now)
    return row


def _kept(session: Session, who: access.Viewer, group_id: str) -> GridGroup:
    row = session.get(GridGroup, group_id)
    if (
        row is None
        or row.tenant_id != who.tenant_id
        or not may_keep(who, row.territory_path)
    ):
        raise NotFound(group_id)
    return row


def _refuse_hidden(
    session: Session,
    who: access.Viewer,
    row: GridGroup,
    now: datetime,
) -> None:
    """Who does not read a field does not write over it."""
    sight = EntrySights(session, who, now).at(GRID_GROUP, row.territory_path)
    if any(getattr(row, name) and not sight.shows(name) for name in GRADED):
        raise RuleViolated(
            [say("按数据使用分级，这一条有您没有看到的内容，您不能修改")]
        )


def _to_keep(
    session: Session, by: int, code: str
) -> tuple[access.Viewer, Jurisdiction, Grid]:
    who, profile = reach.writer(session, by)
    grid = reach.grid(session, who, profile, code)
    if not may_keep(who, grid.territory_path):
        raise Forbidden(say("网格组织和队伍由主管机构登记"))
    return who, profile, grid


def fresh(grid: Grid, kind: str, now: datetime, by: int) -> GridGroup:
    """An empty row of the grid."""
    return GridGroup(
        id=new_id(now),
        tenant_id=grid.tenant_id,
        grid_code=grid.code,
        territory_path=grid.territory_path,
        kind=kind,
        version=0,
        changed_at=now,
        changed_by=by,
    )


def write(
    row: GridGroup,
    given: GroupGiven,
    by: int,
    now: datetime,
    today: date,
) -> None:
    """What was given stands in the row."""
    row.kind = given.kind
    row.name = given.name
    row.form = given.form
    row.head = given.head
    row.phone = given.phone
    row.households = int(given.households) if given.households else None
    row.remark = given.remark
    row.ended_on = today if given.ended else None
    row.version += 1
    row.changed_at = now
    row.changed_by = by


def _refuse_wrong(profile: Jurisdiction, given: GroupGiven) -> None:
    wrong = objections(profile, given)
    if wrong:
        raise RuleViolated(wrong)


def objections(profile: Jurisdiction, given: GroupGiven) -> list[str]:
    """What is wrong with it, in sentences."""
    rule = rule_of(profile, given.kind)
    if rule is None:
        return [say("请从列表里选类别")]
    results = []
    if not given.name:
        results.append(say("请填写{named}", named=rule.named))
    if rule.forms and given.form not in rule.forms:
        results.append(say("请从列表里选{name}的形式", name=rule.name))
    elif given.form and not rule.forms:
        results.append(say("{name}不分形式，请不填形式", name=rule.name))
    if given.households and not _whole(given.households):
        results.append(say("户数应是整数"))
    elif len(given.households) > 5:
        results.append(say("户数最多 99999 户"))
    return [*results, *_too_long(given)]


def _whole(text: str) -> bool:
    """Whether it is written in the digits 0 to 9 alone."""
    return text.isascii() and text.isdecimal()


def _too_long(given: GroupGiven) -> Sequence[str]:
    return [
        say("{label}最多 {most} 字", label=LABELS[field], most=longest)
        for field, longest in LONGEST.items()
        if len(getattr(given, field)) > longest
    ]
