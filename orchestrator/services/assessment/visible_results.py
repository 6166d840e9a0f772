"""What a person sees of the assessment: what his bodies assess or oversee, what he himself came to, and what
is published in his place."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.territory import paths_to
from orchestrator.errors import NotFound
from orchestrator.services import access
from orchestrator.store.assessments import (
    AT_ONCE,
    PUBLISHED,
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.paging import page_of
from orchestrator.store.territories import inside


@dataclass(frozen=True, slots=True)
class Seen:
    """A result with its period."""

    period: AssessmentPeriod
    result: AssessmentResult


def own_keys(who: access.Viewer) -> list[str]:
    """Keys under which results of his can stand."""
    return [*(body.id for body in who.bodies), str(who.person_id)]


def is_own(who: access.Viewer, result: AssessmentResult) -> bool:
    return result.key in own_keys(who)


def sees_all(who: access.Viewer, period: AssessmentPeriod) -> bool:
    """Whether he sees every result of it: his body assesses, or oversees the place; or it is published and he
    works there."""
    if who.tenant_id != period.tenant_id:
        return False
    if any(body.id == period.body_id for body in who.bodies):
        return True
    path = period.territory_path
    if any(path.startswith(value) for value in who.overseen_paths):
        return True
    return period.state == PUBLISHED and any(
        place.startswith(path) for place in who.places
    )


def page_of_periods(
    session: Session,
    who: access.Viewer,
    before: str = "",
) -> tuple[list[AssessmentPeriod], str | None]:
    """The closed periods all of whose results he sees, the newest first; the key of the next page."""
    above = [path for place in who.places for path in paths_to(place)]
    seen = sa.or_(
        AssessmentPeriod.body_id.in_([body.id for body in who.bodies]),
        inside(AssessmentPeriod.territory_path, who.overseen_paths),
        sa.and_(
            AssessmentPeriod.state == PUBLISHED,
            AssessmentPeriod.territory_path.in_(above),
        ),
    )
    query = sa.select(AssessmentPeriod).where(
        AssessmentPeriod.tenant_id == who.tenant_id, seen
    )
    if before:
        query = query.where(AssessmentPeriod.id < before)
    newest_first = query.order_by(AssessmentPeriod.id.desc())
    rows = session.scalars(newest_first.limit(AT_ONCE + 1)).all()
    return page_of(rows, AT_ONCE, lambda period: period.id)


def visible_period(
    session: Session,
    who: access.Viewer,
    period_id: str,
) -> AssessmentPeriod:
    """The period. Raises NotFound where he does not see all of it."""
    period = session.get(AssessmentPeriod, period_id)
    if period is None or not sees_all(who, period):
        raise NotFound(period_id)
    return period


def visible_result(
    session: Session,
    who: access.Viewer,
    result_id: str,
) -> Seen:
    """The result: his own, or one of a period that he sees. Raises NotFound."""
    assessment_result = session.get(AssessmentResult, result_id)
    if assessment_result is None:
        raise NotFound(result_id)
    period = session.get_one(AssessmentPeriod, assessment_result.period_id)
    own = period.tenant_id == who.tenant_id and is_own(who, assessment_result)
    if not own and not sees_all(who, period):
        raise NotFound(result_id)
    return Seen(period, assessment_result)
