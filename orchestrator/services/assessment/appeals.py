"""Appeals against a result of the assessment: made by the assessed, decided in the procedure that the city
has drawn."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.assessment import visible_results
from orchestrator.services.assessment.due_periods import in_words
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.instances import opened_for
from orchestrator.services.instances.opened_for import Opening
from orchestrator.store.assessments import (
    APPEALED,
    CLOSED,
    AssessmentPeriod,
    AssessmentResult,
    release_appeals,
)
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

MESSAGE = "assessment.appeal"
LONGEST = 1000
SHORTEST = 4


def may_appeal(
    who: access.Viewer,
    period: AssessmentPeriod,
    result: AssessmentResult,
    now: datetime,
) -> bool:
    """Whether the viewer may appeal against this result now."""
    return (
        visible_results.is_own(who, result)
        and period.state == CLOSED
        and not result.appeal
        and now < period.appeal_until
    )


def appeal(by: int, result_id: str, reason: str, now: datetime) -> str:
    """Appeals; the id of the procedure that decides. The second one gets the first one's, while that was not
    withdrawn. Raises NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        who = access.viewer(session, by)
        if who is None:
            raise Forbidden(say("您的账号已经停用"))
        release_appeals(
            session, who.tenant_id, AssessmentResult.id == result_id
        )
        result = session.get(AssessmentResult, result_id, with_for_update=True)
        if result is None:
            raise NotFound(result_id)
        period = session.get_one(AssessmentPeriod, result.period_id)
        if period.tenant_id != who.tenant_id or not visible_results.is_own(
            who, result
        ):
            raise NotFound(result_id)
        if result.appeal_id is not None:
            return result.appeal_id
        if not may_appeal(who, period, result, now):
            raise RuleViolated([say("申诉期已过，结果已经确定")])
        if not SHORTEST <= len(reason) <= LONGEST:
            raise RuleViolated(
                [
                    say(
                        "请写明申诉理由，{least} 至 {most} 字",
                        least=SHORTEST,
                        most=LONGEST,
                    )
                ]
            )
        result.appeal_id = _begin(
            session,
            who,
            period,
            result,
            reason,
            now,
        )
        result.appeal = APPEALED
        return result.appeal_id


def reason_of(session: Session, result: AssessmentResult) -> str:
    """What the appeal against the result was made for; empty without an appeal."""
    begun = session.scalar(
        sa.select(HistoryEntry.data).where(
            HistoryEntry.instance_id == result.appeal_id,
            HistoryEntry.seq == 1,
        )
    )
    given = (begun or {}).get("submitted") or {}
    return str(given.get("appeal_reason") or "")


def _own_body(who: access.Viewer, result: AssessmentResult) -> str | None:
    """For which of his bodies he appeals; None of a person who serves in none any more."""
    mine = [body.id for body in who.bodies]
    if result.key in mine:
        return result.key
    return next(iter(mine), None)


def _begin(
    session: Session,
    who: access.Viewer,
    period: AssessmentPeriod,
    result: AssessmentResult,
    reason: str,
    now: datetime,
) -> str:
    person = session.get_one(Person, who.person_id)
    assessor = session.get_one(Body, period.body_id)
    own = _own_body(who, result)
    variables = {
        "assessor_body": period.body_id,
        "result_id": result.id,
        "assessment_name": period.name,
        "assessment_period": in_words(period.period),
        "assessed_name": result.name,
        "assessed_score": result.score,
        "appeal_reason": reason,
    }
    text = opened_for.begin(
        session,
        Opening(
            MESSAGE,
            assessor,
            Actor(person.id, person.username, person.display_name, own),
            variables,
            now,
        ),
    )
    if text is None:
        raise RuleViolated(
            [say("本市没有画申诉的流程，请联系考核机构线下申诉")]
        )
    return text
