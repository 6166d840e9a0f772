"""交办: which grids a listed item is given to, who receives it for them, and the rounds of recurring work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import GRID_STAFF
from orchestrator.domain.periods import written_day
from orchestrator.domain.territory import (
    body_id,
    candidate_codes,
    parse_body_ref,
)
from orchestrator.sentences import joined, say

SHOWN = 5
"""Grids that a refusal names."""


@dataclass(frozen=True, slots=True)
class Target:
    """A grid that work may be given to."""

    code: str
    name: str
    kind: str
    path: str
    """Of the grid itself."""

    @property
    def codes(self) -> list[str]:
        return self.path.strip("/").split("/")


def chosen(
    grids: Iterable[Target],
    variables: Mapping[str, Any],
) -> list[Target]:
    """The grids that the order means: all of the place, all of one kind, or those it names."""
    scope = str(variables.get("grid_scope") or "")
    if scope == "all":
        return list(grids)
    if scope == "kind":
        return [
            grid for grid in grids if grid.kind == variables.get("grid_kind")
        ]
    named = variables.get("grids")
    if isinstance(named, list):
        wanted = set(named)
    else:
        wanted = {str(named or "")}
    return [grid for grid in grids if grid.code in wanted]


def missing_sentence(item: str, missing: Mapping[str, Sequence[str]]) -> str:
    """Why the item can't be given to these grids. `missing`: whose list lacks it → names of its grids."""
    sentence = [
        say(
            "{place}的现行清单上没有“{item}”，不能交办给{grids}",
            place=place,
            item=item,
            grids=joined("、", grids[:SHOWN])
            + (
                say("等 {count} 个网格", count=len(grids))
                if len(grids) > SHOWN
                else ""
            ),
        )
        for place, grids in missing.items()
    ]
    return joined("；", sentence)


def receivers(
    targets: Iterable[Target],
    receiving: str,
    ordered_by: str,
    profile: Jurisdiction,
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Who receives the work for which grids: one entry for each body that the reference `receiving` means.

    `names`: body id → name, of every body there is. `own` says that the body gave the order itself. Raises
    ValueError for a reference that can't be read, and KeyError (first argument: the grid's name) where a grid
    has no body that receives or does the work.
    """
    reference = parse_body_ref(receiving)
    roles = profile.roles_of(reference.role) or (reference.role,)
    result: dict[str, dict[str, Any]] = {}
    for target in targets:
        codes = candidate_codes(reference, target.path, profile.levels)
        office = next(
            (
                one
                for code in codes
                for role in roles
                if (one := body_id(profile.key, role, code)) in names
            ),
            None,
        )
        staff = [
            body_id(profile.key, role, target.code)
            for role in profile.roles_of(GRID_STAFF)
        ]
        staff = [value for value in staff if value in names]
        if office is None or not staff:
            raise KeyError(target.name)
        entry = result.setdefault(
            office,
            {
                "body": office,
                "name": names[office],
                "own": office == ordered_by,
                "grids": [],
            },
        )
        entry["grids"].append(
            {
                "code": target.code,
                "name": target.name,
                "bodies": ",".join(staff),
            },
        )
    return list(result.values())


def done_again(variables: Mapping[str, Any]) -> dict[str, Any]:
    """How often a grid has been asked to do the work again."""
    return {"again_count": int(variables.get("again_count") or 0) + 1}


def due_instant(day: Any, profile: Jurisdiction) -> str:
    """When the office closes on that day, as an instant with its zone; empty for a text that is no day."""
    try:
        wanted = date.fromisoformat(str(day or "")[:10])
    except ValueError:
        return ""
    return _closing(wanted, profile).isoformat()


def _closing(day: date, profile: Jurisdiction) -> datetime:
    hours = WorkCalendar(
        {},
        profile.office_hours,
        hours_changes=profile.office_hours_changes,
    ).hours_on(day)
    closes = max((until for _since, until in hours), default=time(18, 0))
    return datetime.combine(day, closes, ZoneInfo(profile.timezone))


# ----
# rounds of work that recurs

HALF_DAY = "half-day"
"""Twice a day: before noon and after it."""


def next_round(
    variables: Mapping[str, Any],
    profile: Jurisdiction,
    now: datetime,
) -> dict[str, Any]:
    """The round that is now: its number, what it is called, until when it is to be done, when it is over, and
    whether another follows.

    `frequency` is `half-day`, `day`, `week`, `month` or `quarter`; the round is the whole calendar period
    that `now` lies in, of half days the one before or after noon. `until_on` is the last day of the work;
    without it there is no end.
    """
    zone = ZoneInfo(profile.timezone)
    today = now.astimezone(zone).date()
    frequency = str(variables.get("frequency") or "day")
    noon = datetime.combine(today, time(12, 0), zone)
    after = _first_day_after(today, frequency)
    last = after - timedelta(days=1)
    until = written_day(variables.get("until_on"))
    if until is not None:
        last = min(last, max(until, today))
    due = _closing(last, profile)
    ends = datetime.combine(last + timedelta(days=1), time(0, 0), zone)
    name = _round_name(today, frequency)
    more = until is None or until >= after
    if frequency == HALF_DAY and now < noon:
        due = ends = noon
        name = str(say("{day} 上午", day=today))
        more = True
    elif frequency == HALF_DAY:
        name = str(say("{day} 下午", day=today))
    return {
        "round_number": int(variables.get("round_number") or 0) + 1,
        "round_name": name,
        "round_due": due.isoformat(),
        "round_ends": ends.isoformat(),
        "more_rounds": more,
    }


def _first_day_after(today: date, frequency: str) -> date:
    """The day after the calendar period of that frequency in which `today` lies."""
    if frequency == "week":
        return today + timedelta(days=7 - today.weekday())
    if frequency in ("month", "quarter"):
        if frequency == "month":
            month = today.month
        else:
            month = (today.month - 1) // 3 * 3 + 3
        return date(today.year + month // 12, month % 12 + 1, 1)
    return today + timedelta(days=1)


def _round_name(today: date, frequency: str) -> str:
    if frequency == "week":
        year, week, _weekday = today.isocalendar()
        return str(say("{year} 年第 {week} 周", year=year, week=week))
    if frequency == "month":
        return str(
            say("{year} 年 {month} 月", year=today.year, month=today.month),
        )
    if frequency == "quarter":
        quarter = (today.month - 1) // 3 + 1
        return str(
            say(
                "{year} 年第 {quarter} 季度", year=today.year, quarter=quarter
            ),
        )
    return today.isoformat()
