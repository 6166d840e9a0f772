"""The last month of the demonstration: closed for the assessment, with an appeal, and the bulletin opened."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain.assessment import (
    MEMBERS,
    AssessmentRule,
    day_after,
    last_period,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.assessment import (
    appeals,
    period_closing,
    recurring_work,
)
from orchestrator.services.instances import opened_for
from orchestrator.store.assessments import (
    CLOSED,
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction


def fill(profile: Jurisdiction, published_at: datetime, now: datetime) -> None:
    """Closes the last period of each rule, appeals against one result, opens what recurs. That of members was
    closed when it was over, and published where its term of appeal had ended by then."""
    for rule in profile.assessment:
        if rule.of == MEMBERS:
            at = _morning_after(profile, rule, now)
            period_closing.close_last(profile.key, at, {rule.key})
    period_closing.publish_due(profile.key, published_at)
    # What the clock would close at its next round, the earliest period first.
    period_closing.settle(now)
    period_closing.close_last(profile.key, now)
    recurring_work.open_last(profile.key, now)
    with transaction(writing=False) as session:
        drawn = opened_for.is_drawn(session, profile.key, appeals.MESSAGE, now)
        row = session.execute(
            sa.select(AssessmentResult.id, sa.func.min(Membership.person_id))
            .join(Membership, Membership.body_id == AssessmentResult.key)
            .join(
                AssessmentPeriod,
                AssessmentPeriod.id == AssessmentResult.period_id,
            )
            .where(
                Membership.until_on.is_(None),
                AssessmentPeriod.state == CLOSED,
            )
            .group_by(AssessmentResult.id, AssessmentResult.score)
            .order_by(AssessmentResult.score.is_(None), AssessmentResult.score)
            .limit(1)
        ).first()
    if drawn and row is not None:
        reason = "其中一件系上级协调期间逾期，请核对后更正"
        appeals.appeal(row[1], row[0], reason, now)


def _morning_after(
    profile: Jurisdiction, rule: AssessmentRule, now: datetime
) -> datetime:
    """Ten o'clock of the first day after the rule's last period, and never after now."""
    zone = ZoneInfo(profile.timezone)
    period = last_period(rule.every, now.astimezone(zone).date())
    at = datetime.combine(day_after(period), time(10), zone)
    return min(at.astimezone(UTC), now)
