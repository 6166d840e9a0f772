"""Patrols and visits of the demonstration's grids in the months that its members are assessed by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.assessment import MEMBERS, first_day, last_period
from orchestrator.domain.grid_work import metres
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.records.ids import new_id
from orchestrator.store.base import table
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_work import MET, Patrol, Visit
from orchestrator.store.registers import Grid

SUNDAY = 6
TRACK = tuple(
    (119.45 + step * 0.0016, 32.2 + (step % 3) * 0.0004) for step in range(8)
)


def fill(
    session: Session,
    profile: Jurisdiction,
    grid: Grid,
    person_id: int,
    now: datetime,
) -> None:
    """A patrol on most days, and each entry visited several times, more often in some grids than in others:
    the assessment tells one from another."""
    session.flush()
    entries = session.scalars(
        sa.select(GridEntry.id)
        .where(
            GridEntry.tenant_id == grid.tenant_id,
            GridEntry.grid_code == grid.code,
        )
        .order_by(GridEntry.id),
    ).all()
    zone = ZoneInfo(profile.timezone)
    of_grid = {
        "tenant_id": grid.tenant_id,
        "territory_path": grid.territory_path,
        "person_id": person_id,
    }
    diligence = sum(map(ord, grid.code))
    rounds_of = _rounds(profile, now.astimezone(zone).date(), diligence)
    for month, rounds in rounds_of.items():
        days = _days(month)
        walked = [
            {**of_grid, **_patrol(grid.code, day, zone)}
            for number, day in enumerate(days)
            if number % (2 + diligence % 6)
        ]
        visited = [
            {**of_grid, **_visit(entry_id, days, number, zone)}
            for number, entry_id in enumerate([*entries] * rounds)
            # Some are not at home.
            if number >= diligence % 4
        ]
        session.execute(sa.insert(table(Patrol)), walked)
        session.execute(sa.insert(table(Visit)), visited)


def _rounds(
    profile: Jurisdiction, today: date, diligence: int
) -> dict[str, int]:
    """Month → how often each entry is visited: the months of the period by which members were assessed last,
    and the last month. Over a quarter it is four or five times, in few grids three."""
    rounds: dict[str, int] = {}
    for rule in profile.assessment:
        if rule.of != MEMBERS:
            continue
        months = periods.months_of(last_period(rule.every, today))
        whole = 4 + diligence % 2 if diligence % 7 else 3
        if len(months) == 1:
            whole = 3 + diligence % 3
        for number, month in enumerate(months):
            rounds[month] = (whole + number) // len(months)
    return {last_period("month", today): 3 + diligence % 3} | rounds


def _days(month: str) -> Sequence[date]:
    """The days of the month without its Sundays, and without the 29th, 30th and 31st: every month has as many
    weeks."""
    first = first_day(month)
    days = [first + timedelta(days=number) for number in range(28)]
    return [day for day in days if day.weekday() != SUNDAY]


def _patrol(grid_code: str, day: date, zone: ZoneInfo) -> dict[str, Any]:
    began_at = datetime.combine(day, time(9, 20), zone).astimezone(UTC)
    return {
        "id": new_id(began_at),
        "grid_code": grid_code,
        "key": f"demonstration-{grid_code}-{day:%m%d}",
        "began_at": began_at,
        "ended_at": began_at + timedelta(minutes=50),
        "note": "未发现问题",
        "points": [list(point) for point in TRACK],
        "check_ins": [],
        "metres": metres(TRACK),
        "recorded_at": began_at + timedelta(hours=1),
    }


def _visit(
    entry_id: str,
    days: Sequence[date],
    number: int,
    zone: ZoneInfo,
) -> dict[str, Any]:
    day = days[number % len(days)]
    at = datetime.combine(day, time(14), zone) + timedelta(minutes=number)
    visited_at = at.astimezone(UTC)
    return {
        "id": new_id(visited_at),
        "entry_id": entry_id,
        "key": f"shown-{day:%m%d}-{number}-{entry_id}",
        "visited_at": visited_at,
        "outcome": MET,
        "note": "情况正常",
        "recorded_at": visited_at,
    }
