"""Registers, visits, patrols and minutes of the demonstration's grids: most of the visits are made, some are
not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.grid_work import (
    HOUSEHOLD,
    ORGANISATION,
    PERSON,
    PLACE,
    metres,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import GRID_STAFF
from orchestrator.services.records.ids import new_id
from orchestrator.services.simulation.demonstration import past_work
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_work import MET, CommunityMeeting, Patrol, Visit
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory

FAMILIES = ("赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈")
VISITED = 7
"""Of ten entries so many were visited in this period."""
BEGINS = time(9)
ENDS = time(17)
"""Between these somebody visits and patrols."""


def fill(profile: Jurisdiction, now: datetime) -> None:
    """Ten households, two persons with attention, a place and an organisation in each grid that somebody
    serves, the work of the present month, and that of the months that are assessed."""
    # Its members patrol and visit, not its leader.
    staff = profile.roles_of(GRID_STAFF) or profile.grid_roles
    with transaction() as session:
        rows = session.execute(
            sa.select(Grid, sa.func.min(Person.id))
            .join(
                Body,
                (Body.tenant_id == Grid.tenant_id)
                & (Body.territory_code == Grid.code),
            )
            .join(Membership, Membership.body_id == Body.id)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Grid.tenant_id == profile.key,
                Grid.state == "active",
                Body.role.in_(staff),
                Membership.until_on.is_(None),
                Person.active,
            )
            .group_by(Grid.tenant_id, Grid.code)
            .order_by(Grid.code),
        ).all()
        for grid, person_id in rows:
            _fill_grid(session, profile, grid, person_id, now)
        communities = {grid.community_code for grid, _person in rows}
        keeper = rows[0][1] if rows else 0
        for code in sorted(communities)[:-1]:
            place = session.get(Territory, (profile.key, code))
            if place is not None:
                _hold_meeting(session, place, keeper, now)


def _fill_grid(
    session: Session,
    profile: Jurisdiction,
    grid: Grid,
    person_id: int,
    now: datetime,
) -> None:
    zone = ZoneInfo(profile.timezone)
    today = now.astimezone(zone).date()
    attentions = list(profile.grid_work.attentions) or [""]
    wanted: list[tuple[str, str, str]] = []
    for number, family in enumerate(FAMILIES):
        address = f"{1 + number // 4} 栋 {1 + number % 4}01 室"
        wanted.append((HOUSEHOLD, f"{family}家", address))
    for number in range(2):
        family = FAMILIES[number]
        wanted.append((PERSON, f"{family}某某", wanted[number][2]))
    wanted.append((PLACE, "小区广场", "中心绿地"))
    wanted.append((ORGANISATION, "便民超市", "南门"))
    for number, (kind, name, address) in enumerate(wanted):
        attention = ""
        if kind == PERSON:
            attention = attentions[number % len(attentions)]
        entry = GridEntry(
            id=new_id(now),
            tenant_id=grid.tenant_id,
            grid_code=grid.code,
            territory_path=grid.territory_path,
            kind=kind,
            name=name,
            address=address,
            phone=f"1380000{number:04d}",
            attention=attention,
            verified_on=today - timedelta(days=20 + number),
            version=1,
            changed_at=now,
            changed_by=person_id,
        )
        session.add(entry)
        if number % 10 < VISITED:
            session.flush()
            _visit(
                session,
                entry,
                person_id,
                number,
                now,
                zone,
            )
    _walk(session, grid, person_id, _by_day(now, zone, 6))
    past_work.fill(session, profile, grid, person_id, now)


def _visit(
    session: Session,
    entry: GridEntry,
    person_id: int,
    number: int,
    now: datetime,
    zone: ZoneInfo,
) -> None:
    at = _by_day(now, zone, 1 + number)
    entry.last_met_on = at.astimezone(zone).date()
    session.add(
        Visit(
            id=new_id(now),
            tenant_id=entry.tenant_id,
            territory_path=entry.territory_path,
            entry_id=entry.id,
            person_id=person_id,
            key=f"demonstration-{entry.id}",
            visited_at=at,
            outcome=MET,
            note="情况正常",
            recorded_at=at,
        ),
    )


def _by_day(now: datetime, zone: ZoneInfo, half_hours: int) -> datetime:
    """So many half hours before now, those at night left out: nobody visits then."""
    at = now.astimezone(zone)
    while half_hours:
        at -= timedelta(minutes=30)
        if at.time() > ENDS:
            at = datetime.combine(at.date(), ENDS, zone)
        elif at.time() < BEGINS:
            evening = datetime.combine(at.date(), ENDS, zone)
            at = evening - timedelta(days=1)
        half_hours -= 1
    return at.astimezone(UTC)


def _walk(
    session: Session,
    grid: Grid,
    person_id: int,
    began_at: datetime,
) -> None:
    points = [
        (119.45 + step * 0.0004, 32.2 + (step % 5) * 0.0003)
        for step in range(30)
    ]
    stops: Sequence[tuple[str, int]] = (
        ("东门消防通道", 6),
        ("配电房", 21),
    )
    session.add(
        Patrol(
            id=new_id(began_at),
            tenant_id=grid.tenant_id,
            grid_code=grid.code,
            territory_path=grid.territory_path,
            person_id=person_id,
            key=f"demonstration-{grid.code}-{began_at:%m%d}",
            began_at=began_at,
            ended_at=began_at + timedelta(minutes=50),
            note="未发现问题",
            points=[list(point) for point in points],
            check_ins=[
                _stop(began_at + timedelta(minutes=step), name, points[step])
                for name, step in stops
            ],
            metres=metres(points),
            recorded_at=began_at + timedelta(hours=1),
        ),
    )


def _stop(
    at: datetime,
    place: str,
    where: tuple[float, float],
) -> dict[str, Any]:
    return {
        "at": at.isoformat(),
        "place": place,
        "longitude": where[0],
        "latitude": where[1],
    }


def _hold_meeting(
    session: Session,
    place: Territory,
    person_id: int,
    now: datetime,
) -> None:
    on = now.date().replace(day=1)
    resolutions = [
        ("增设电动自行车充电桩", "社区居民委员会", on, None),
        ("清理三栋楼道杂物", "物业", on, on.isoformat()),
    ]
    session.add(
        CommunityMeeting(
            id=new_id(now),
            tenant_id=place.tenant_id,
            community_code=place.code,
            territory_path=place.path,
            held_on=on,
            chaired_by="网格党支部书记",
            attended="网格长、网格员、楼栋长",
            discussed="居民反映充电难、楼道堆物；两户独居老人需要帮扶",
            resolutions=[
                {
                    "what": what,
                    "who": who,
                    "due_on": (due + timedelta(days=25)).isoformat(),
                    "done_on": done,
                }
                for what, who, due, done in resolutions
            ],
            version=1,
            recorded_by=person_id,
            recorded_at=now,
        ),
    )
