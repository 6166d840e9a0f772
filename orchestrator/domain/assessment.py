"""Assessment (考核): which figures of a period there are, and how formulas make points, scores and grades of
them."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from orchestrator.domain import periods
from orchestrator.domain.figures import percent

DEPARTMENTS = "departments"
OFFICES = "offices"
MEMBERS = "members"
ASSESSED = (DEPARTMENTS, OFFICES, MEMBERS)
"""同级部门、下级机构、网格员."""
PERIODS = ("month", "quarter", "year")
SUSPENDED = "suspended"
EXTENDED = "extended"
EXCLUSIONS = (SUSPENDED, EXTENDED)
"""挂账过的、延期过的: a case whose time was approved to stand still, or to be longer, for who is assessed."""
COUNTED = (
    "registered",
    "closed",
    "on_time",
    "late",
    "reworked",
    "first_time",
    "to_tell",
    "told",
    "untold",
    "rated",
    "satisfied",
    "dissatisfied",
    "dropped",
)
"""What a case can be counted as; its place here is its bit in the stored row."""
RATES: Mapping[str, tuple[str, str]] = {
    "on_time_rate": ("on_time", "closed"),
    "told_rate": ("told", "to_tell"),
    "first_time_rate": ("first_time", "closed"),
    "rework_rate": ("reworked", "closed"),
    "satisfied_rate": ("satisfied", "rated"),
}
"""Rate in per cent → (how many, of how many)."""
OF_MEMBERS = ("patrol_days", "visits", "training_hours")
"""What is counted of persons alone: days with a patrol, visits at which somebody was met, hours trained."""
FULL_MARK = 100


def figure_names(of: str) -> tuple[str, ...]:
    """The names that a formula about that kind of assessed may read."""
    own: tuple[str, ...] = ()
    if of == MEMBERS:
        own = OF_MEMBERS
    return (*COUNTED, *RATES, *own)


@dataclass(frozen=True, slots=True)
class Indicator:
    """考核指标: a figure, or a sum of figures, and how many points it brings."""

    key: str
    name: str
    value: str
    """An expression over figure_names."""
    weight: int
    """Points at the most."""
    full_at: int
    """The value that brings all points."""
    zero_at: int
    """The value that brings none; larger than `full_at` where less is better."""
    citation: str

    def points(self, value: float) -> float:
        """The points of that value, in a straight line between `zero_at` and `full_at`."""
        share = (value - self.zero_at) / (self.full_at - self.zero_at)
        return round(self.weight * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True, slots=True)
class Formula:
    """The indicators in force from a day on."""

    from_on: date
    indicators: tuple[Indicator, ...]
    exclude: tuple[str, ...]
    """Of EXCLUSIONS: cases that are counted as nothing."""
    grades: tuple[tuple[str, int], ...]
    """(grade, score from which it is given), the best one first; empty: no grades."""
    citation: str

    def grade(self, score: float | None) -> str:
        """The grade of a score; empty where there is none."""
        if score is None:
            return ""
        return next(
            (name for name, least in self.grades if score >= least), ""
        )


@dataclass(frozen=True, slots=True)
class AssessmentRule:
    """Who assesses whom, how often and by which formulas."""

    key: str
    name: str
    of: str
    """One of ASSESSED."""
    every: str
    """One of PERIODS."""
    by: tuple[str, ...]
    """Bodies that assess, as `grid-office@county`, each in its own territory."""
    closers: tuple[str, ...]
    """Titles of those who close a period; empty: everybody of the body."""
    closes_after: int
    """Days after the end of a period on which the clock closes what nobody closed; 0: the clock closes
    nothing."""
    appeal_days: int
    """Working days in which the assessed can appeal."""
    formulas: tuple[Formula, ...]
    """The earliest first."""
    citation: str

    def formula_on(self, day: date) -> Formula | None:
        """The formula in force on that day; None before the first one."""
        result = None
        for formula in self.formulas:
            if formula.from_on <= day:
                result = formula
        return result


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """What one indicator came to."""

    indicator: Indicator
    value: float | None
    """None where there was nothing to count: its weight falls to the others."""

    @property
    def points(self) -> float | None:
        if self.value is None:
            return None
        return self.indicator.points(self.value)


def score_of(lines: Iterable[IndicatorValue]) -> float | None:
    """Of a hundred, with one decimal; None where no indicator has a value."""
    points = 0.0
    weights = 0
    for line in lines:
        if line.points is not None:
            points += line.points
            weights += line.indicator.weight
    if not weights:
        return None
    return round(FULL_MARK * points / weights, 1)


@dataclass(frozen=True, slots=True)
class CasePart:
    """What somebody did in one case."""

    begun: str
    """Month in which he was asked, or registered it."""
    closed: str | None
    """Month in which he did the last thing, or the case ended; None before."""
    state: str
    """Of the case: `open`, `archived` or `dropped`."""
    late: bool
    reworked: bool
    """He was asked again after a check that failed; of a person: the case was sent back."""
    to_tell: bool
    told: bool
    rated: bool
    satisfied: bool


def counted_as(part: CasePart, months: Collection[str]) -> frozenset[str]:
    """What the case counts as in these months, of COUNTED; as the figures count a body's part in it."""
    results = set()
    if part.begun in months:
        results.add("registered")
    if part.closed is None or part.closed not in months:
        return frozenset(results)
    if part.state == "dropped":
        return frozenset({*results, "dropped"})
    results |= {"closed", "late" if part.late else "on_time"}
    results.add("reworked" if part.reworked else "first_time")
    if part.state != "archived":
        return frozenset(results)
    if part.to_tell:
        results |= {"to_tell", "told" if part.told else "untold"}
    if part.rated:
        results |= {"rated", "satisfied" if part.satisfied else "dissatisfied"}
    return frozenset(results)


def bits(counted: Collection[str]) -> int:
    """What a case counts as, in one number."""
    return sum(
        1 << place for place, name in enumerate(COUNTED) if name in counted
    )


def bit(name: str) -> int:
    return 1 << COUNTED.index(name)


def figures_of(
    cases: Iterable[Collection[str]], own: Mapping[str, float]
) -> dict[str, float | None]:
    """Name → figure of these cases, each given as what it counts as, with the figures of the person."""
    counts = Counter(name for case in cases for name in case)
    figures: dict[str, float | None] = {name: counts[name] for name in COUNTED}
    for rate, (part, whole) in RATES.items():
        figures[rate] = percent(counts[part], counts[whole])
    return {**figures, **own}


def ranks(scores: Sequence[float | None]) -> list[int | None]:
    """The place of each score, the same for the same score; None without a score."""
    known = sorted(
        (score for score in scores if score is not None), reverse=True
    )
    return [
        known.index(score) + 1 if score is not None else None
        for score in scores
    ]


def last_period(every: str, today: date) -> str:
    """The latest period that is over on that day; `every` may be a week."""
    if every == "week":
        return periods.week_of(today - timedelta(days=7))
    if every == "month":
        return periods.before(periods.month_of(today))
    if every == "quarter":
        return periods.before(periods.quarter_of(today))
    return str(today.year - 1)


def over_since(
    every: str,
    since: date,
    today: date,
    at_most: int,
) -> list[str]:
    """The periods that are over on that day and began on `since` or later, the latest first."""
    results: list[str] = []
    period = last_period(every, today)
    while len(results) < at_most and first_day(period) >= since:
        results.append(period)
        period = periods.before(period)
    return results


def first_day(period: str) -> date:
    monday = periods.monday_of(period)
    if monday is not None:
        return monday
    month = periods.months_of(period)[0]
    return date(int(month[:4]), int(month[5:]), 1)


def day_after(period: str) -> date:
    """The first day after the period."""
    monday = periods.monday_of(period)
    if monday is not None:
        return monday + timedelta(days=7)
    month = periods.months_of(period)[-1]
    year = int(month[:4])
    number = int(month[5:])
    days = calendar.monthrange(year, number)[1]
    return date(year, number, days) + timedelta(days=1)


def fits(every: str, period: str) -> bool:
    """Whether it is a period of that length."""
    many = {"month": 1, "quarter": 3, "year": 12}[every]
    return len(periods.months_of(period)) == many
