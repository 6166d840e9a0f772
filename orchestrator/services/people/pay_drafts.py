"""What a pay sheet is drawn up from: who serves, his post, his grade, the rewards of the month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.assessment import last_period
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.members import PostRule, post_of
from orchestrator.domain.pay import (
    FEN,
    Amounts,
    Granted,
    PayRules,
    amounts,
    first_and_last,
)
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.store.assessments import (
    PUBLISHED,
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.pay import PayLine
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid
from orchestrator.store.territories import Body


@dataclass(frozen=True, slots=True)
class Paid:
    """Somebody who stands in the sheet."""

    person: Person
    post: PostRule
    grade: str
    amounts: Amounts
    granted: Sequence[Granted]


def drawn_up(
    session: Session,
    profile: Jurisdiction,
    rules: PayRules,
    body: Body,
    period: str,
) -> list[Paid]:
    """Everybody who served a grid of the body's place in the month and stands in no other sheet of it. Raises
    RuleViolated while the assessment is not published."""
    days = first_and_last(period)
    if days is None:
        raise NotFound(period)
    serving = _serving(session, profile, rules, body.territory_path, days)
    elsewhere = set(
        session.scalars(
            sa.select(PayLine.person_id).where(
                PayLine.tenant_id == profile.key,
                PayLine.period == period,
                PayLine.person_id.in_(serving),
            )
        )
    )
    people = {key: of for key, of in serving.items() if key not in elsewhere}
    grades = _grades(session, profile, rules, body, days[1], list(people))
    granted = _granted(session, profile, rules, days)
    paid = []
    for person_id, (person, post) in people.items():
        rewards = granted.get(person.username, [])
        grade = grades.get(person_id, "")
        brings = amounts(rules, post.key, grade, rewards)
        paid.append(Paid(person, post, grade, brings, rewards))
    return paid


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
) -> dict[int, tuple[Person, PostRule]]:
    """Person → himself with the post that brings most."""
    rows = session.execute(
        sa.select(Person, Membership.employment, Body.role, Grid.kind)
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
    serving: dict[int, tuple[Person, PostRule]] = {}
    for person, employment, role, kind in rows:
        post = post_of(profile.members, role, employment, kind)
        if post is None or post.key not in rules.base:
            continue
        before = serving.get(person.id)
        if before is None or rules.base[post.key] > rules.base[before[1].key]:
            serving[person.id] = (person, post)
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
                    "网格员考核 {period} 还没有公布，公布以后再编制报酬表",
                    period=period,
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


def _granted(
    session: Session,
    profile: Jurisdiction,
    rules: PayRules,
    days: tuple[date, date],
) -> dict[str, list[Granted]]:
    """User name → what was granted to him in the month and paid in money."""
    if not rules.procedure:
        return {}
    rows = session.execute(
        sa.select(
            ProcessInstance.id,
            ProcessInstance.business_key,
            ProcessInstance.variables,
        )
        .where(
            ProcessInstance.tenant_id == profile.key,
            ProcessInstance.process_key == rules.procedure,
            ProcessInstance.state == "completed",
        )
        .order_by(ProcessInstance.id)
    )
    granted: dict[str, list[Granted]] = {}
    for instance_id, number, variables in rows:
        amount = _fen(variables.get("amount_paid"))
        day = str(variables.get("granted_on") or "")[:10]
        within = days[0].isoformat() <= day <= days[1].isoformat()
        if not within or not amount:
            continue
        kind = str(variables.get("reward_kind") or "")
        one = Granted(instance_id, number or "", kind, amount)
        member = str(variables.get("member") or "")
        granted.setdefault(member, []).append(one)
    return granted


def _fen(value: Any) -> int:
    try:
        return round(float(value or 0) * FEN)
    except (TypeError, ValueError):
        return 0
