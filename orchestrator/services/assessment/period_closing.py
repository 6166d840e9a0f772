"""Closing a period of the assessment, by a person or by the clock; publishing it when the term of appeal is
over."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.domain.assessment import (
    AssessmentRule,
    Formula,
    IndicatorValue,
    bits,
    day_after,
    fits,
    last_period,
)
from orchestrator.domain.calendar import CountedFor
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.assessment import (
    due_periods,
    each_city,
    scoring,
)
from orchestrator.services.assessment.assessed import assessors, has_work
from orchestrator.services.execution.locked_instance import (
    calendar_of_profile,
)
from orchestrator.services.records.ids import new_id
from orchestrator.store.assessments import (
    APPEALED,
    CLOSED,
    PUBLISHED,
    AssessedCase,
    AssessmentPeriod,
    AssessmentResult,
    release_appeals,
)
from orchestrator.store.base import table
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

log = logging.getLogger("gridflow.clock")


def rule_of(profile: Jurisdiction, key: str) -> AssessmentRule:
    """The profile's rule. Raises NotFound."""
    for rule in profile.assessment:
        if rule.key == key:
            return rule
    raise NotFound(key)


def assesses(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    rule: AssessmentRule,
) -> list[Body]:
    """The viewer's bodies that assess by the rule."""
    mine = {body.id for body in who.bodies}
    return [
        body for body in assessors(session, profile, rule) if body.id in mine
    ]


def may_close(
    session: Session,
    who: access.Viewer,
    rule: AssessmentRule,
    body_id: str,
) -> bool:
    """Whether the viewer, who acts for the body, is one of those whom the rule lets close a period."""
    if not any(body.id == body_id for body in who.bodies):
        return False
    if not rule.closers:
        return True
    title = session.scalar(
        sa.select(Membership.title).where(
            Membership.person_id == who.person_id,
            Membership.body_id == body_id,
        )
    )
    return title in rule.closers


def close(
    by: int,
    rule_key: str,
    period: str,
    body_id: str,
    now: datetime,
) -> str:
    """Closes a period of the body as it stands now; its id, the same when it was closed before. Raises
    NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        who = access.viewer(session, by)
        if who is None:
            raise Forbidden(say("您的账号已经停用"))
        profile = bundles.profile_in_force(session, who.tenant_id)
        rule = rule_of(profile, rule_key)
        body = next(
            (
                assess
                for assess in assesses(session, who, profile, rule)
                if assess.id == body_id
            ),
            None,
        )
        if body is None or not fits(rule.every, period):
            raise NotFound(body_id)
        if not may_close(session, who, rule, body_id):
            raise Forbidden(
                say(
                    "考核结果由{titles}核定，您不能结账",
                    titles="、".join(rule.closers),
                )
            )
        closing = _Closing(profile, rule, period, body)
        before = _closed(session, closing)
        if before is not None:
            return before
        if profile.day_of(now) < day_after(period):
            raise RuleViolated(
                [
                    say(
                        "这一期到 {day:%Y-%m-%d} 才结束，结束后再结账",
                        day=day_after(period) - timedelta(days=1),
                    )
                ]
            )
        if not due_periods.is_counted(session, profile, period):
            raise RuleViolated(
                [say("这一期的数字还没有统计完，请过几分钟再结账")]
            )
        return _close(session, closing, by, now)


@dataclass(frozen=True, slots=True)
class _Closing:
    """A rule's period that is closed for one of the bodies that assess by it."""

    profile: Jurisdiction
    rule: AssessmentRule
    period: str
    body: Body


def _closed(session: Session, closing: _Closing) -> str | None:
    body = closing.body
    # One at a time closes for this body: the second then finds what the first made.
    session.execute(
        sa.select(Body.id).where(Body.id == body.id).with_for_update()
    )
    return session.scalar(
        sa.select(AssessmentPeriod.id).where(
            AssessmentPeriod.tenant_id == body.tenant_id,
            AssessmentPeriod.rule == closing.rule.key,
            AssessmentPeriod.period == closing.period,
            AssessmentPeriod.body_id == body.id,
        )
    )


def _close(
    session: Session,
    closing: _Closing,
    by: int | None,
    now: datetime,
) -> str:
    profile = closing.profile
    rule = closing.rule
    period = closing.period
    body = closing.body
    scores = scoring.scores(
        session,
        profile,
        rule,
        body,
        period,
    )
    calendar = calendar_of_profile(
        session, profile, CountedFor(body.role, body.territory_code)
    )
    row = AssessmentPeriod(
        id=new_id(now),
        tenant_id=body.tenant_id,
        rule=rule.key,
        period=period,
        body_id=body.id,
        territory_path=body.territory_path,
        name=rule.name,
        of=rule.of,
        formula=as_json(scoring.formula_of(rule, period)),
        state=CLOSED,
        closed_at=now,
        closed_by=by,
        appeal_until=calendar.add_working_days(now, rule.appeal_days),
    )
    session.add(row)
    session.flush()
    for score in scores:
        _keep(session, row, score, now)
    return row.id


def _keep(
    session: Session,
    period: AssessmentPeriod,
    score: scoring.Scored,
    now: datetime,
) -> None:
    result = AssessmentResult(
        id=new_id(now),
        period_id=period.id,
        key=score.assessed.key,
        name=score.assessed.name,
        score=score.score,
        grade=score.grade,
        rank=score.rank,
        figures=dict(score.figures),
        lines=[_line(line) for line in score.lines],
    )
    session.add(result)
    session.flush()
    cases = [
        {
            "result_id": result.id,
            "instance_id": instance_id,
            "counted": bits(counted),
            "excluded": score.excluded.get(instance_id, ""),
        }
        for instance_id, counted in sorted(score.cases.items())
    ]
    if cases:
        session.execute(sa.insert(table(AssessedCase)), cases)


def _line(line: IndicatorValue) -> dict[str, Any]:
    return {
        "key": line.indicator.key,
        "value": line.value,
        "points": line.points,
    }


def as_json(formula: Formula) -> dict[str, Any]:
    """The formula as it is kept with a period."""
    return {
        "from_on": formula.from_on.isoformat(),
        "citation": formula.citation,
        "exclude": list(formula.exclude),
        "grades": [list(grade) for grade in formula.grades],
        "indicators": [asdict(indicator) for indicator in formula.indicators],
    }


def settle(now: datetime) -> int:
    """Closes the periods that the clock has to close by `now`, publishes those whose term of appeal is over;
    returns how many of both. May run twice."""
    closed = each_city.settle(_close_due, now)
    return closed + each_city.settle(publish_due, now)


def close_last(
    tenant_id: str, now: datetime, rules: Collection[str] | None = None
) -> int:
    """Closes the last period of each rule, or of these alone, at once, without waiting for its day; returns
    how many."""
    due = []
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, tenant_id)
        today = profile.day_of(now)
        for rule in profile.assessment:
            if rules is not None and rule.key not in rules:
                continue
            last = last_period(rule.every, today)
            for period, body in due_periods.unclosed(
                session, rule, assessors(session, profile, rule), today
            ):
                if period == last and has_work(
                    session,
                    profile,
                    rule.of,
                    body,
                    period,
                ):
                    due.append((rule, period, body.id))
    return sum(_close_one(tenant_id, pair, now) for pair in due)


def _close_due(tenant_id: str, now: datetime) -> int:
    due = []
    with transaction(writing=False) as session:
        try:
            profile = bundles.profile_in_force(session, tenant_id)
        except NotFound:
            return 0
        today = profile.day_of(now)
        for rule in profile.assessment:
            bodies = assessors(session, profile, rule)
            results = due_periods.closed_by_clock(
                session,
                profile,
                rule,
                bodies,
                today,
            )
            due += [(rule, period, body.id) for period, body in results]
    # Lists show what was closed last first.
    due.sort(key=lambda closing: day_after(closing[1]))
    return sum(_close_one(tenant_id, pair, now) for pair in due)


def _close_one(
    tenant_id: str,
    due: tuple[AssessmentRule, str, str],
    now: datetime,
) -> int:
    rule, period, body_id = due
    try:
        with transaction() as session:
            profile = bundles.profile_in_force(session, tenant_id)
            body = session.get_one(Body, body_id)
            closing = _Closing(profile, rule, period, body)
            if _closed(session, closing) is not None:
                return 0
            _close(session, closing, None, now)
            return 1
    except IntegrityError:
        # Another clock closed it in the same moment.
        return 0
    except Exception:
        log.exception(
            "%s of %s could not be closed for %s", rule.key, period, body_id
        )
        return 0


def publish_due(tenant_id: str, now: datetime) -> int:
    """Of those whose term of appeal is over, publishes whatever has no appeal that waits for its decision;
    returns how many."""
    waiting = sa.exists().where(
        AssessmentResult.period_id == AssessmentPeriod.id,
        AssessmentResult.appeal == APPEALED,
    )
    # On its own: who decides an appeal locks the period before the result.
    with transaction() as session:
        release_appeals(session, tenant_id)
    with transaction() as session:
        rows = session.scalars(
            sa.select(AssessmentPeriod)
            .where(
                AssessmentPeriod.tenant_id == tenant_id,
                AssessmentPeriod.state == sa.literal_column("'closed'"),
                AssessmentPeriod.appeal_until <= now,
                ~waiting,
            )
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            row.state = PUBLISHED
            row.published_at = now
        return len(rows)
