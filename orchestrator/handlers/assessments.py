"""assessment.decide: what was decided on an appeal stands with the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.domain.assessment import FULL_MARK, ranks
from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.sentences import say
from orchestrator.store.assessments import (
    DISMISSED,
    UPHELD,
    AssessmentPeriod,
    AssessmentResult,
)


def decide(context: HandlerContext) -> Mapping[str, Any]:
    """Writes the decision to the result that the variable `result_id` names: `appeal_decision` is `upheld`,
    with the `corrected_score`, or `dismissed`. An upheld appeal changes the ranks. Only the procedure that
    the appeal began decides on it."""
    session = context.session
    upheld = context.variables.get("appeal_decision") == UPHELD
    result_id = str(context.variables.get("result_id") or "")
    if not result_id:
        # An appeal that came on paper against a result that is not kept here.
        return {"appeal_upheld": upheld}
    period, result = _appealed(context, result_id)
    result.decision = str(context.variables.get("appeal_opinion") or "")[:1000]
    if not upheld:
        result.appeal = DISMISSED
        return {"appeal_upheld": False}
    score = context.variables.get("corrected_score")
    if (
        isinstance(score, bool)
        or not isinstance(score, int | float)
        or not 0 <= score <= FULL_MARK
    ):
        raise HandlerRefused(say("更正后的得分应在 0 到 100 之间"))
    result.appeal = UPHELD
    result.score_before = result.score
    result.score = round(float(score), 1)
    result.grade = next(
        (
            name
            for name, least in period.formula["grades"]
            if result.score >= least
        ),
        "",
    )
    session.flush()
    rows = session.scalars(
        sa.select(AssessmentResult).where(
            AssessmentResult.period_id == period.id
        )
    ).all()
    places = ranks([row.score for row in rows])
    for row, place in zip(rows, places, strict=True):
        row.rank = place
    return {"appeal_upheld": True}


def _appealed(
    context: HandlerContext, result_id: str
) -> tuple[AssessmentPeriod, AssessmentResult]:
    """The result that this procedure was begun to decide on, with its period, both locked. The period first:
    two decisions of one period change the same ranks. Raises HandlerRefused."""
    session = context.session
    period = session.scalar(
        sa.select(AssessmentPeriod)
        .where(
            AssessmentPeriod.tenant_id == context.instance.tenant_id,
            AssessmentPeriod.id
            == sa.select(AssessmentResult.period_id)
            .where(AssessmentResult.id == result_id)
            .scalar_subquery(),
        )
        .with_for_update()
    )
    result = session.get(
        AssessmentResult,
        result_id,
        with_for_update=True,
        populate_existing=True,
    )
    if (
        period is None
        or result is None
        or result.appeal_id != context.instance.id
    ):
        raise HandlerRefused(say("找不到申诉的考核结果"))
    return period, result
