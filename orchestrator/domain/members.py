"""The people of grids: which posts a grid should have, and whether somebody meets the conditions of his."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from orchestrator.domain.pay import PayRules
from orchestrator.domain.training import TrainingRules
from orchestrator.sentences import say

MET = "met"
UNMET = "unmet"
UNKNOWN = "unknown"
"""How somebody stands to a condition; UNKNOWN: what it needs is not in his file."""


@dataclass(frozen=True, slots=True)
class PostRule:
    """A kind of post in a grid."""

    key: str
    name: str
    role: str
    employment: str
    """`full_time` or `part_time`; empty: either."""
    at_least: Mapping[str, int]
    """Kind of grid, or setting of its community → how many a grid should have."""
    citation: str
    grids: tuple[str, ...] = ()
    """Kinds of grids that have it; empty: all."""
    recruited_in: tuple[str, ...] = ()
    """Kinds of grids for which people are recruited from the public; empty: all that have it."""
    recruited_citation: str = "default"

    def holds(self, role: str, employment: str, kind: str) -> bool:
        """Whether somebody who serves a grid of that kind so has this post."""
        fits = not self.grids or kind in self.grids
        return (
            fits and role == self.role and self.employment in ("", employment)
        )

    def recruits(self, kind: str) -> bool:
        """Whether people are recruited for this post in a grid of that kind."""
        if self.grids and kind not in self.grids:
            return False
        return not self.recruited_in or kind in self.recruited_in

    def wanted(self, kind: str, setting: str) -> int:
        """How many a grid should have: its kind decides, else the setting of its community."""
        return self.at_least.get(kind, self.at_least.get(setting, 0))


@dataclass(frozen=True, slots=True)
class MemberCondition:
    """What is asked of whoever has a post."""

    key: str
    text: str
    citation: str
    posts: tuple[str, ...] = ()
    """Keys of posts; empty: all."""
    at_least_age: int | None = None
    at_most_age: int | None = None
    schooling: str = ""
    """The lowest that suffices. A condition without age and schooling is met when somebody saw the proof."""
    usual: bool = False
    """Whether the text says it of most cases only (一般): told, never a bar."""

    @property
    def needs_proof(self) -> bool:
        """Whether nothing but a proof that somebody saw meets it."""
        return (
            self.at_least_age is None
            and self.at_most_age is None
            and not self.schooling
        )


@dataclass(frozen=True, slots=True)
class InsuranceRule:
    """An insurance that is taken out for members."""

    key: str
    name: str
    posts: tuple[str, ...]
    """Keys of the posts whose people have it; empty: all."""
    encouraged: bool
    """Whether the text encourages it only (鼓励)."""
    citation: str


@dataclass(frozen=True, slots=True)
class MemberRules:
    educations: Mapping[str, str] = field(default_factory=dict)
    """Key → what it is called, the lowest first."""
    posts: tuple[PostRule, ...] = ()
    conditions: tuple[MemberCondition, ...] = ()
    average_age: int | None = None
    """What the average age of all should not exceed."""
    educated: str = ""
    educated_percent: int = 0
    """How many per cent should have at least the schooling `educated`."""
    citation: str = "default"
    """Of these two."""
    training: TrainingRules = field(default_factory=TrainingRules)
    insurances: tuple[InsuranceRule, ...] = ()
    equipment_citation: str = ""
    """By what article members are given equipment; empty: the profile keeps no list of it."""
    pay: PayRules | None = None
    """None: the profile draws up no pay sheets."""


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What a file says of somebody."""

    born_on: date | None
    schooling: str
    seen: Mapping[str, str]
    """Condition → the proof that somebody saw."""
    posts: tuple[str, ...]
    """Keys of the posts that he has."""


def post_of(
    rules: MemberRules,
    role: str,
    employment: str,
    kind: str,
) -> PostRule | None:
    """The post of somebody who serves a grid so: the first one of the profile that fits."""
    return next(
        (post for post in rules.posts if post.holds(role, employment, kind)),
        None,
    )


def age(born_on: date, on: date) -> int:
    """Full years (周岁): from the day after the birthday."""
    return (
        on.year
        - born_on.year
        - ((on.month, on.day) <= (born_on.month, born_on.day))
    )


def findings(
    rules: MemberRules, facts: MemberFacts, on: date
) -> list[tuple[MemberCondition, str]]:
    """Each condition of the posts that he has, with MET, UNMET or UNKNOWN."""
    return [
        (condition, _finding(rules, condition, facts, on))
        for condition in rules.conditions
        if _asked(condition, facts)
    ]


def _asked(condition: MemberCondition, facts: MemberFacts) -> bool:
    return not condition.posts or any(
        post in condition.posts for post in facts.posts
    )


def bars(
    rules: MemberRules,
    facts: MemberFacts,
    excepted: bool,
    on: date,
) -> list[MemberCondition]:
    """The conditions of his posts that keep somebody from being chosen: those he does not meet, and what is
    said of most cases only unless he is excepted with a reason."""
    return [
        condition
        for condition, state in findings(rules, facts, on)
        if state != MET and not (condition.usual and excepted)
    ]


def _finding(
    rules: MemberRules,
    condition: MemberCondition,
    facts: MemberFacts,
    on: date,
) -> str:
    if condition.at_least_age is not None or condition.at_most_age is not None:
        return _of_age(condition, facts, on)
    if condition.schooling:
        order = list(rules.educations)
        if facts.schooling not in order:
            return UNKNOWN
        if order.index(facts.schooling) >= order.index(condition.schooling):
            return MET
        return UNMET
    if facts.seen.get(condition.key):
        return MET
    return UNKNOWN


def _of_age(condition: MemberCondition, facts: MemberFacts, on: date) -> str:
    if facts.born_on is None:
        return UNKNOWN
    years = age(facts.born_on, on)
    young = (
        condition.at_least_age is not None and years < condition.at_least_age
    )
    old = condition.at_most_age is not None and years > condition.at_most_age
    if young or old:
        return UNMET
    return MET


def vacancies(
    rules: MemberRules,
    kind: str,
    setting: str,
    serving: Mapping[tuple[str, str], int],
) -> dict[str, int]:
    """Post → how many are missing in a grid; `serving`: (role, employment) → how many serve it so."""
    missing = {
        post.key: post.wanted(kind, setting)
        - sum(
            many for pair, many in serving.items() if post.holds(*pair, kind)
        )
        for post in rules.posts
    }
    return {key: count for key, count in missing.items() if count > 0}


def beyond_plan(
    hires: Iterable[str],
    places: Iterable[Mapping[str, Any]],
    names: Mapping[str, str],
) -> list[str]:
    """What the plan's places have against the hires, in sentences; `hires`: the code of each one's grid,
    `names`: code → name."""
    planned = {
        str(place.get("post_grid")): int(place.get("wanted") or 0)
        for place in places
    }
    told = []
    for code, chosen in sorted(Counter(hires).items()):
        grid = names.get(code, code)
        if code not in planned:
            told.append(
                say("“{grid}”不在招聘方案里，请改选方案里的网格", grid=grid)
            )
        elif chosen > planned[code]:
            told.append(
                say(
                    "“{grid}”方案招聘 {wanted} 人，拟聘 {chosen} 人，请减少",
                    grid=grid,
                    wanted=planned[code],
                    chosen=chosen,
                )
            )
    return told


def norms(
    rules: MemberRules, people: Sequence[tuple[date | None, str]], on: date
) -> tuple[float | None, float | None]:
    """(average age, per cent of those educated enough) of people by (day of birth, schooling); what is not
    known is left out, None where nothing is."""
    ages = [
        age(born_on, on)
        for born_on, _education in people
        if born_on is not None
    ]
    order = list(rules.educations)
    known = [
        order.index(schooling)
        for _born_on, schooling in people
        if schooling in order
    ]
    enough = [
        place
        for place in known
        if rules.educated and place >= order.index(rules.educated)
    ]
    return (
        round(sum(ages) / len(ages), 1) if ages else None,
        round(100 * len(enough) / len(known), 1)
        if known and rules.educated
        else None,
    )
