"""The last month of the demonstration: closed for the assessment, with an appeal, and the bulletin opened."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.assessment import (
    appeals,
    period_closing,
    recurring_work,
)
from orchestrator.services.instances import opened_for
from orchestrator.store.assessments import AssessmentResult
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction


def fill(profile: Jurisdiction, now: datetime) -> None:
    """Closes the last period of each rule, appeals against one result, opens what recurs."""
    period_closing.close_last(profile.key, now)
    recurring_work.open_last(profile.key, now)
    with transaction(writing=False) as session:
        drawn = opened_for.is_drawn(session, profile.key, appeals.MESSAGE, now)
        row = session.execute(
            sa.select(AssessmentResult.id, sa.func.min(Membership.person_id))
            .join(Membership, Membership.body_id == AssessmentResult.key)
            .where(Membership.until_on.is_(None))
            .group_by(AssessmentResult.id, AssessmentResult.score)
            .order_by(AssessmentResult.score.is_(None), AssessmentResult.score)
            .limit(1)
        ).first()
    if drawn and row is not None:
        reason = "其中一件系上级协调期间逾期，请核对后更正"
        appeals.appeal(row[1], row[0], reason, now)
