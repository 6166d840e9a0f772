"""What the demonstration's grids have beside their members, what members were given, and a pay sheet that was
approved: written by the services that write them at work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.grid_work import HOUSEHOLD, GroupRule
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.pay import month_before
from orchestrator.errors import RuleViolated
from orchestrator.services import user_tasks
from orchestrator.services.grid_work import group_tables
from orchestrator.services.grid_work.group_tables import GroupLine
from orchestrator.services.people import member_issues, pay, pay_procedure
from orchestrator.services.people.member_issues import IssueGiven
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_groups import GridGroup, households
from orchestrator.store.member_issues import EQUIPMENT, INSURANCE
from orchestrator.store.pay import PaySheet
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

GRIDS = 8
"""Grids with organisations and teams."""
PEOPLE = 6
"""Members with equipment and insurances."""
YEAR = 365
"""Days that a policy runs."""
NAMES = ("何志明", "马建华", "周秀兰", "陈国平", "林晓燕")
"""Whoever leads an organisation or stands in a team."""


def fill(profile: Jurisdiction, now: datetime) -> None:
    """Organisations, teams and clusters of some grids; equipment and insurances of some members."""
    with transaction(writing=False) as session:
        keeper = _keeper(session, profile)
        grids = _grids(session, profile)
        people = _members(session, profile)
    if keeper is None:
        return
    rows = [_row(profile, *given) for given in _groups(profile, grids)]
    if rows:
        lines = [GroupLine(number, row) for number, row in enumerate(rows, 2)]
        group_tables.take_over(keeper, lines, now)
        _join_clusters(profile)
    today = profile.day_of(now)
    for number, person_id in enumerate(people):
        for given in _issues(profile, number, today):
            member_issues.add(keeper, person_id, given, now, today)


def pay_out(profile: Jurisdiction, days: Sequence[datetime]) -> None:
    """The sheet of the month before those days, on which it is drawn up, checked and approved: approved for
    one office, waiting to be checked for another. None where the assessment that it needs is not published by
    then."""
    rules = profile.members.pay
    if rules is None:
        return
    today = profile.day_of(days[0])
    with transaction(writing=False) as session:
        offices = _offices(session, profile, rules.drafted_by)
        heads = _offices(session, profile, rules.approved_by)
    done = False
    for body, people in offices:
        over = _over(body, heads)
        if len(people) < 2 or over is None:
            continue
        try:
            sheet = pay.draft(
                people[1],
                body.id,
                month_before(today),
                days[0],
                today,
            )
        except RuleViolated:
            # Nobody serves there, or the assessment is not published.
            continue
        _next_step(sheet, people[1], days[0], pay_note="按公布的考核等次编制")
        if done:
            return
        _next_step(sheet, people[0], days[1], check_decision="approve")
        _next_step(sheet, over, days[2], approval_decision="approve")
        done = True


def _next_step(sheet_id: str, by: int, at: datetime, **answers: str) -> None:
    """He does what is to be done with the sheet; nothing where the city has drawn no procedure."""
    with transaction(writing=False) as session:
        sheet = session.get_one(PaySheet, sheet_id)
        task = pay_procedure.open_task(session, sheet)
    if task is not None:
        user_tasks.complete(task.id, answers, by=by, now=at)


def _keeper(session: Session, profile: Jurisdiction) -> int | None:
    """Somebody of the body that oversees the whole place."""
    return session.scalar(
        sa.select(Membership.person_id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == profile.key,
            Body.oversees,
            Membership.until_on.is_(None),
        )
        .order_by(
            sa.func.length(Body.territory_path), Body.id, Membership.person_id
        )
        .limit(1)
    )


def _serving(profile: Jurisdiction) -> sa.Select[str, int]:
    """(code of a grid, person) of all who serve one."""
    return (
        sa.select(Body.territory_code, Membership.person_id)
        .join(Membership, Membership.body_id == Body.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Body.tenant_id == profile.key,
            Body.role.in_(profile.grid_roles),
            Membership.until_on.is_(None),
            Person.active,
        )
    )


def _grids(session: Session, profile: Jurisdiction) -> list[Grid]:
    served = _serving(profile).subquery()
    return list(
        session.scalars(
            sa.select(Grid)
            .where(
                Grid.tenant_id == profile.key,
                Grid.state == "active",
                Grid.code.in_(sa.select(served.c.territory_code)),
            )
            .order_by(Grid.code)
            .limit(GRIDS)
        )
    )


def _members(session: Session, profile: Jurisdiction) -> list[int]:
    served = _serving(profile).subquery()
    people = sa.select(served.c.person_id).distinct()
    ordered = people.order_by(served.c.person_id).limit(PEOPLE)
    return list(session.scalars(ordered))


def _groups(
    profile: Jurisdiction, grids: Sequence[Grid]
) -> Iterator[tuple[Grid, GroupRule, int]]:
    """(grid, rule, number) of each group that is made up: three for a rule with households or with more than
    three forms, one for another rule. The last grid gets none, so that the page shows what is missing."""
    for number, grid in enumerate(grids):
        for rule in profile.grid_work.groups:
            several = 3 if rule.households or len(rule.forms) > 3 else 1
            if number < GRIDS - 1:
                for order in range(several):
                    yield grid, rule, number + order


def _row(
    profile: Jurisdiction,
    grid: Grid,
    rule: GroupRule,
    number: int,
) -> dict[str, str]:
    person = NAMES[number % len(NAMES)]
    forms = list(rule.forms.values()) or [""]
    form = forms[number % len(forms)]
    name = f"{grid.name}{form or rule.name.removeprefix('网格')}"
    if rule.households:
        name = f"第{'一二三四五六七八九十'[number % 10]}联户"
    elif not rule.head:
        name = person
    return {
        "grid_code": grid.code,
        "kind": rule.name,
        "name": name,
        "form": form,
        "head": person if rule.head else "",
        "phone": f"139000{number:05d}",
        "households": "",
        "remark": "",
    }


def _join_clusters(profile: Jurisdiction) -> None:
    """The households of a grid belong to its clusters in turn, and each cluster tells how many it has."""
    with transaction() as session:
        clusters: dict[str, list[str]] = {}
        for row in session.scalars(
            sa.select(GridGroup)
            .where(
                GridGroup.tenant_id == profile.key,
                GridGroup.kind.in_(profile.grid_work.clusters),
            )
            .order_by(GridGroup.grid_code, GridGroup.id)
        ):
            clusters.setdefault(row.grid_code, []).append(row.id)
        homes = session.scalars(
            sa.select(GridEntry)
            .where(
                GridEntry.tenant_id == profile.key,
                GridEntry.grid_code.in_(clusters),
                GridEntry.kind == HOUSEHOLD,
            )
            .order_by(GridEntry.grid_code, GridEntry.id)
        )
        for number, home in enumerate(homes):
            own = clusters[home.grid_code]
            home.cluster_id = own[number % len(own)]
        session.flush()
        everywhere = [key for own in clusters.values() for key in own]
        joined = households(session, everywhere)
        for key in everywhere:
            session.get_one(GridGroup, key).households = joined.get(key, 0)


def _issues(
    profile: Jurisdiction, number: int, today: date
) -> Iterator[IssueGiven]:
    """What a member was given; the last one's insurance runs out within the month."""
    since = today - timedelta(days=300)
    if profile.members.equipment_citation:
        device = f"{today.year}-ZD-{number + 1:03d}"
        yield IssueGiven(EQUIPMENT, "移动巡查终端", device, since, None)
        yield IssueGiven(EQUIPMENT, "网格员标识服装", "", since, None)
    left = 20 if number == PEOPLE - 1 else 65
    ends = today + timedelta(days=left)
    for rule in profile.members.insurances:
        policy = f"BX{today.year}{number + 1:06d}"
        begun = ends - timedelta(days=YEAR - 1)
        yield IssueGiven(INSURANCE, rule.key, policy, begun, ends)


def _offices(
    session: Session, profile: Jurisdiction, refs: Sequence[str]
) -> list[tuple[Body, list[int]]]:
    """Bodies with these roles at these levels, each with its people."""
    rows = session.execute(
        sa.select(Body, Membership.person_id)
        .join(Membership, Membership.body_id == Body.id)
        .where(
            Body.tenant_id == profile.key,
            (Body.role + "@" + Body.level).in_(refs),
            Membership.until_on.is_(None),
        )
        .order_by(Body.id, Membership.person_id)
    )
    offices: dict[str, tuple[Body, list[int]]] = {}
    for body, person_id in rows:
        offices.setdefault(body.id, (body, []))[1].append(person_id)
    return list(offices.values())


def _over(body: Body, heads: Sequence[tuple[Body, list[int]]]) -> int | None:
    """Somebody of the office that approves the body's sheets."""
    for head, people in heads:
        if body.territory_path.startswith(head.territory_path):
            return people[0]
    return None
