"""Figures of cases: what each case adds to which count, and how counts become rates and medians."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from orchestrator.domain.territory import paths_to

MEASURES = (
    "registered",
    "open",
    "closed",
    "on_time",
    "reworked",
    "to_tell",
    "told",
    "rated",
    "satisfied",
    "dropped",
)
"""What is counted of cases: registered (登记), open, closed (归档), and of those closed: no step was late,
sent back for rework, somebody was to be told, he was, he was asked how content he is, he was content;
dropped: merged into another or declared void."""

ALL = "all"
PLACE = "place"
ITEM = "item"
CLASS = "class"
MEMBER = "member"
BODY = "body"
STEP = "step"
KINDS = (ALL, PLACE, ITEM, CLASS, MEMBER, BODY, STEP)
"""By what cases are counted: all together, the place right below, the item, its class, who found the case,
the body that was asked; STEP has hours alone."""
PRESENT = ""
"""The period of what is open now. What has a month is counted in the month and in its year: a year's page
reads one row for each key, not twelve."""

_WIDTHS = ((480, 30), (2_400, 60), (9_600, 240))
_WIDEST = 480

CountKey = tuple[str, str, str, str, str]
"""Path, kind, period, key, measure."""
HourKey = tuple[str, str, str, str, int]
"""Path, kind, period, key, rounded minutes."""


@dataclass(frozen=True, slots=True)
class BodyPart:
    """What one body did in a case."""

    body_id: str
    asked: str
    """Month in which it was first asked."""
    closed: str | None
    """Month in which it did the last thing; None while it is asked."""
    late: bool
    reworked: bool = False
    """Whether it was asked again after a check that failed."""


@dataclass(frozen=True, slots=True)
class Spent:
    """How long a step that was done took."""

    period: str
    step: str
    body_id: str
    """Empty where no body did it."""
    minutes: int
    """Of office hours, rounded."""


@dataclass(frozen=True, slots=True)
class CaseFact:
    """What is counted of one case."""

    path: str
    """Of its grid."""
    item: str
    category: str
    member: str
    """Id of the person who registered it; empty for nobody."""
    registered: str
    """Month, as 2026-11."""
    state: str
    """`open`, `archived`, or `dropped`."""
    closed: str | None
    """Month in which it was archived or dropped."""
    late: bool
    reworked: bool
    to_tell: bool
    told: bool
    rated: bool
    satisfied: bool
    minutes: int | None
    """From registering to archiving, in office hours, rounded; None while it is not archived."""
    parts: tuple[BodyPart, ...] = ()
    spent: tuple[Spent, ...] = ()


def rounded(time: timedelta) -> int:
    """Minutes, to the half hour below 8 hours, to the hour below 40, to 4 hours below 160, else to 8 hours.

    A longer time is never rounded to less than a shorter one.
    """
    minutes = max(0, int(time.total_seconds() // 60))
    width = next(
        (width for below, width in _WIDTHS if minutes < below),
        _WIDEST,
    )
    return (minutes + width // 2) // width * width


def ancestors(path: str) -> Iterator[tuple[str, str]]:
    """(path, code of the place below it on the way; empty for the last) from the widest place down."""
    _widest, *below = path.strip("/").split("/")
    yield from zip(paths_to(path), [*below, ""], strict=True)


def counts_of(fact: CaseFact | None) -> Counter[CountKey]:
    """What the case adds to each count; nothing for none."""
    result: Counter[CountKey] = Counter()
    if fact is None:
        return result
    whole = _measures(
        fact,
        fact.registered,
        fact.closed if fact.state != "open" else None,
        fact.late,
        fact.reworked,
    )
    parts = [
        (
            part.body_id,
            _measures(fact, part.asked, part.closed, part.late, part.reworked),
        )
        for part in fact.parts
    ]
    for path, below in ancestors(fact.path):
        for kind, key in _keys(fact, below):
            result.update(
                {
                    (path, kind, period, key, measure): 1
                    for period, measure in whole
                },
            )
        for body_id, measures in parts:
            result.update(
                {
                    (path, BODY, period, body_id, measure): 1
                    for period, measure in measures
                },
            )
    return result


def hours_of(fact: CaseFact | None) -> Counter[HourKey]:
    """What the case adds to the distributions of hours."""
    result: Counter[HourKey] = Counter()
    if fact is None:
        return result
    for path, below in ancestors(fact.path):
        if fact.minutes is not None and fact.closed is not None:
            for kind, key in _keys(fact, below):
                for period in _spans(fact.closed):
                    result[path, kind, period, key, fact.minutes] += 1
        for value in fact.spent:
            asked = [(STEP, value.step), (BODY, value.body_id)]
            for kind, key in asked if value.body_id else asked[:1]:
                for period in _spans(value.period):
                    result[path, kind, period, key, value.minutes] += 1
    return result


def _spans(month: str) -> tuple[str, ...]:
    """The month and its year."""
    return month, month[:4]


def _keys(fact: CaseFact, below: str) -> Iterator[tuple[str, str]]:
    yield ALL, ""
    yield ITEM, fact.item
    yield CLASS, fact.category
    if below:
        yield PLACE, below
    if fact.member:
        yield MEMBER, fact.member


def _measures(
    fact: CaseFact,
    begun: str,
    closed: str | None,
    late: bool,
    reworked: bool,
) -> list[tuple[str, str]]:
    """(period, measure) of a case, or of a body's part in it."""
    measures = [(span, "registered") for span in _spans(begun)]
    if closed is None:
        if fact.state == "open":
            measures.append((PRESENT, "open"))
        return measures
    ended = _ended(fact, late, reworked)
    return measures + [(s, name) for s in _spans(closed) for name in ended]


def _ended(fact: CaseFact, late: bool, reworked: bool) -> list[str]:
    """The measures of a case that ended, or of a body's part that did."""
    if fact.state == "dropped":
        return ["dropped"]
    names = ["closed"]
    if not late:
        names.append("on_time")
    if reworked:
        names.append("reworked")
    if fact.state == "archived":
        flags = ("to_tell", "told", "rated", "satisfied")
        names += [flag for flag in flags if getattr(fact, flag)]
    return names


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """The counts of one row of figures, and the rates that come of them."""

    registered: int = 0
    open: int = 0
    closed: int = 0
    on_time: int = 0
    reworked: int = 0
    to_tell: int = 0
    told: int = 0
    rated: int = 0
    satisfied: int = 0
    dropped: int = 0

    @property
    def first_time(self) -> int:
        """Closed without rework."""
        return self.closed - self.reworked

    def rate(self, name: str) -> float | None:
        """Per cent of a rate of RATES; None where there is nothing to divide by."""
        part, whole = RATES[name]
        return percent(getattr(self, part), getattr(self, whole))


RATES: Mapping[str, tuple[str, str]] = {
    "on_time": ("on_time", "closed"),
    "told": ("told", "to_tell"),
    "first_time": ("first_time", "closed"),
    "reworked": ("reworked", "closed"),
    "satisfied": ("satisfied", "rated"),
}
"""Rate → (how many, of how many)."""


def percent(part: int, whole: int) -> float | None:
    """Per cent with one decimal; 100 only where nothing is missing, 0 only where there is nothing."""
    if not whole:
        return None
    tenths = (part * 2_000 + whole) // (2 * whole)
    if 0 < part < whole:
        tenths = min(max(tenths, 1), 999)
    return tenths / 10


def median(minutes: Iterable[int]) -> int | None:
    """The lower median; None of nothing."""
    ordered: Sequence[int] = sorted(minutes)
    if ordered:
        return ordered[(len(ordered) - 1) // 2]
    return None
