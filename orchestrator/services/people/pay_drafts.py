"""What a pay sheet is drawn up from: who serves, his post, his grade, the rewards of the month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.assessment import last_period
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.members import PostRule, post_of
from orchestrator.domain.pay import (
    Amounts,
    Granted,
    PayRules,
    amounts,
    first_and_last,
)
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.assessment.due_periods import in_words
from orchestrator.services.people.granted_rewards import (
    LOOKED_BACK,
    granted,
)
from orchestrator.store.assessments import (
    PUBLISHED,
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.pay import PayLine, PaySheet
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid
from orchestrator.store.territories import Body


@dataclass(frozen=True, slots=True)
class Paid:
    """Somebody who stands in the sheet."""

    person: Person
    post: PostRule
    days: int
    """Of the month, on which he served here."""
    grade: str
    amounts: Amounts
    granted: Sequence[Granted]


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """Who serves in the place: those of the sheet, and those whom another sheet of the month has."""

    paid: Sequence[Paid]
    elsewhere: Sequence[tuple[str, str]]
    """(name, the body that drew the other sheet up)."""


@dataclass
class _Serving:
    person: Person
    post: PostRule
    """The one that brings most."""
    days: set[int]
    """Ordinals."""


def drawn_up(
    session: Session,
    profile: Jurisdiction,
    rules: PayRules,
    body: Body,
    period: str,
) -> DrawnUp:
    """Everybody who served a grid of the body's place in the month, and who had left before and was granted
    something since. Raises RuleViolated while the assessment is not published."""
    days = first_and_last(period)
    if days is None:
        raise NotFound(period)
    serving = _serving(session, profile, rules, body.territory_path, days)
    elsewhere = _elsewhere(session, profile, period, list(serving))
    people = {key: of for key, of in serving.items() if key not in elsewhere}
    grades = _grades(
        session,
        profile,
        rules,
        body,
        days[1],
        list(people),
    )
    usernames = {of.person.username: key for key, of in people.items()}
    rewards = granted(session, profile.key, rules, days, usernames)
    paid = _left(session, profile, rules, body, days)
    for person_id, of in people.items():
        own = rewards.get(person_id, [])
        grade = grades.get(person_id, "")
        brings = amounts(rules, of.post.key, grade, own)
        paid.append(
            Paid(
                of.person,
                of.post,
                len(of.days),
                grade,
                brings,
                own,
            )
        )
    return DrawnUp(paid, list(elsewhere.values()))


def _left(
    session: Session,
    profile: Jurisdiction,
    rules: PayRules,
    body: Body,
    days: tuple[date, date],
) -> list[Paid]:
    """Those who served there before the month and serve no paid grid of the city in it, with what was granted
    to them and stands in no sheet; whoever was granted nothing is left out."""
    before = days[0] - LOOKED_BACK, days[0] - timedelta(days=1)
    former = _serving(session, profile, rules, body.territory_path, before)
    # Who went to another office's grid has his pay in its sheet, and what was granted to him with it.
    serving = _serving(session, profile, rules, "", days)
    gone = {key: of for key, of in former.items() if key not in serving}
    for person_id in _elsewhere(session, profile, f"{days[0]:%Y-%m}", [*gone]):
        del gone[person_id]
    usernames = {of.person.username: key for key, of in gone.items()}
    rewards = granted(session, profile.key, rules, days, usernames)
    return [
        Paid(
            gone[key].person,
            gone[key].post,
            0,
            "",
            amounts(rules, "", "", own),
            own,
        )
        for key, own in rewards.items()
    ]


def _elsewhere(
    session: Session,
    profile: Jurisdiction,
    period: str,
    people: Sequence[int],
) -> dict[int, tuple[str, str]]:
    rows = session.execute(
        sa.select(PayLine.person_id, PayLine.name, Body.name)
        .join(PaySheet, PaySheet.id == PayLine.sheet_id)
        .join(Body, Body.id == PaySheet.body_id)
        .where(
            PayLine.tenant_id == profile.key,
            PayLine.period == period,
            PayLine.person_id.in_(people),
        )
        .order_by(PayLine.name, PayLine.person_id)
    )
    return {person_id: (name, body) for person_id, name, body in rows}


def assessed_period(profile: Jurisdiction, rules: PayRules, last: date) -> str:
    """The period of the assessment whose grades count in a month that ends on that day; empty where none
    does."""
    for rule in profile.assessment:
        if rule.key == rules.assessment:
            return last_period(rule.every, last + timedelta(days=1))
    return ""


def _serving(
    session: Session,
    profile: Jurisdiction,
    rules: PayRules,
    path: str,
    days: tuple[date, date],
) -> dict[int, _Serving]:
    """Person → himself with his post and days."""
    rows = session.execute(
        sa.select(Person, Membership, Body.role, Grid.kind)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .join(
            Grid,
            (Grid.tenant_id == Body.tenant_id)
            & (Grid.code == Body.territory_code),
        )
        .where(
            Body.tenant_id == profile.key,
            Body.role.in_(profile.grid_roles),
            Body.territory_path.startswith(path),
            Membership.from_on <= days[1],
            sa.or_(
                Membership.until_on.is_(None), Membership.until_on >= days[0]
            ),
        )
        .order_by(Person.id, Body.id)
    )
    serving: dict[int, _Serving] = {}
    for person, served, role, kind in rows:
        post = post_of(profile.members, role, served.employment, kind)
        if post is None or post.key not in rules.base:
            continue
        own = serving.setdefault(person.id, _Serving(person, post, set()))
        if rules.base[post.key] > rules.base[own.post.key]:
            own.post = post
        first = max(served.from_on, days[0])
        last = min(served.until_on or days[1], days[1])
        own.days.update(range(first.toordinal(), last.toordinal() + 1))
    return serving


def _grades(
    session: Session,
    profile: Jurisdiction,
    rules: PayRules,
    body: Body,
    last: date,
    people: Sequence[int],
) -> Mapping[int, str]:
    """Person → his grade in the period that counts. Raises RuleViolated while it is not published."""
    period = assessed_period(profile, rules, last)
    if not period:
        return {}
    published = (
        AssessmentPeriod.tenant_id == profile.key,
        AssessmentPeriod.rule == rules.assessment,
        AssessmentPeriod.period == period,
        AssessmentPeriod.state == PUBLISHED,
    )
    paths = session.scalars(
        sa.select(AssessmentPeriod.territory_path).where(*published)
    ).all()
    if not any(body.territory_path.startswith(path) for path in paths):
        raise RuleViolated(
            [
                say(
                    "{period}的网格员考核还没有公布，公布以后再编制报酬表",
                    period=in_words(period),
                )
            ]
        )
    rows = session.execute(
        sa.select(AssessmentResult.key, AssessmentResult.grade)
        .join(
            AssessmentPeriod, AssessmentPeriod.id == AssessmentResult.period_id
        )
        .where(
            *published,
            AssessmentResult.key.in_([str(person) for person in people]),
        )
        .order_by(AssessmentPeriod.closed_at)
    )
    return {int(key): grade for key, grade in rows}
