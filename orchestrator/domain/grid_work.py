"""Daily work in a grid: what is patrolled and visited how often, and how long a track is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from orchestrator.sentences import say

HOUSEHOLD = "household"
PERSON = "person"
PLACE = "place"
THING = "thing"
ORGANISATION = "organisation"
KINDS = (HOUSEHOLD, PERSON, PLACE, THING, ORGANISATION)
"""What a grid's register holds: 户、人、地、物、组织."""
DAY = "day"
WEEK = "week"
MONTH = "month"
QUARTER = "quarter"
YEAR = "year"
PERIODS = (DAY, WEEK, MONTH, QUARTER, YEAR)
PERIOD_NAMES = {
    DAY: say("每天"),
    WEEK: say("每周"),
    MONTH: say("每月"),
    QUARTER: say("每季度"),
    YEAR: say("每年"),
}
KIND_NAMES = {
    HOUSEHOLD: say("户"),
    PERSON: say("人"),
    PLACE: say("地"),
    THING: say("物"),
    ORGANISATION: say("组织"),
}
GRADED_FIELDS = {
    "phone": say("电话"),
    "identity": say("证件号码"),
    "remark": say("备注"),
}
"""Fields of an entry that a city may grade. The others say whom a member visits, so he reads them."""
RESIDENT_REPORT = "report"
"""Graded as an entry is, and no kind of entry: what somebody without an account reported."""
GRID_GROUP = "group"
"""Graded as an entry is, and no kind of entry: a grid's party organisation, work team, household clusters."""
REGISTERS = {
    **KIND_NAMES,
    RESIDENT_REPORT: say("居民反映"),
    GRID_GROUP: say("网格组织和队伍"),
}
"""What a city may grade the fields of, beside those of forms."""
REPORT_FIELDS = {"phone": say("电话")}
"""Fields of a resident's report that a city may grade; content and place say what is to be done."""
GROUP_FIELDS = {"phone": say("电话"), "remark": say("备注")}
"""Fields of a grid's organisations and teams that a city may grade."""
PERSONAL_FIELDS = frozenset({"phone", "identity"})
"""Those that are masked until they are opened, where no grade says otherwise."""
EARTH_METRES = 6_371_000
"""The earth's mean radius."""


@dataclass(frozen=True, slots=True)
class VisitRule:
    """Which entries of a grid's register are visited once in each period."""

    key: str
    name: str
    period: str
    """One of PERIODS."""
    kinds: tuple[str, ...]
    attentions: tuple[str, ...]
    """Keys of the profile's attentions; empty: entries of these kinds with and without one."""
    citation: str


@dataclass(frozen=True, slots=True)
class GroupRule:
    """A kind of organisation or team that a grid has beside its members."""

    key: str
    name: str
    """What it is called: 网格党组织."""
    named: str
    """What its name is called: 名称, or 姓名 where each row is a person."""
    forms: Mapping[str, str]
    """Key → kind of it, such as 党支部; empty: there are none."""
    head: str
    """What whoever answers for it is called; empty: nobody is named."""
    households: bool
    """Whether it counts households."""
    at_least: int
    """How many a grid should have."""
    citation: str


@dataclass(frozen=True, slots=True)
class GridWorkRules:
    """What a profile says of the daily work in its grids."""

    attentions: Mapping[str, str] = field(default_factory=dict)
    """Key → what those who are visited with attention are called."""
    visits: tuple[VisitRule, ...] = ()
    patrol_period: str = ""
    """In which period each grid is patrolled `patrol_times` at least; empty: the profile does not say."""
    patrol_times: int = 1
    patrol_citation: str = "default"
    meeting_period: str = ""
    """How often a community holds its 民情分析会; empty: the profile does not say."""
    meeting_name: str = say("民情分析会")
    meeting_citation: str = "default"
    groups: tuple[GroupRule, ...] = ()

    @property
    def clusters(self) -> dict[str, str]:
        """Kinds of groups that households belong to → what they are called."""
        return {rule.key: rule.name for rule in self.groups if rule.households}


def first_day(period: str, on: date) -> date:
    """The first day of the period that the day lies in; a week begins on Monday."""
    if period == WEEK:
        return on - timedelta(days=on.weekday())
    if period == MONTH:
        return on.replace(day=1)
    if period == QUARTER:
        return on.replace(month=3 * ((on.month - 1) // 3) + 1, day=1)
    if period == YEAR:
        return on.replace(month=1, day=1)
    return on


def metres(points: Sequence[tuple[float, float]]) -> int:
    """Length of a track of (longitude, latitude) in degrees, on a sphere."""
    total = 0.0
    for index in range(1, len(points)):
        total += _between(points[index - 1], points[index])
    return round(total)


def _between(first: tuple[float, float], second: tuple[float, float]) -> float:
    north = math.radians(second[1] - first[1])
    east = math.radians(second[0] - first[0])
    middle = math.radians((first[1] + second[1]) / 2)
    return EARTH_METRES * math.hypot(north, east * math.cos(middle))
