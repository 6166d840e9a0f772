"""The score of each assessed by the formula of the period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.assessment import (
    AssessmentRule,
    Formula,
    IndicatorValue,
    counted_as,
    figures_of,
    first_day,
    ranks,
    score_of,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine.expressions import ExpressionError, evaluate
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.assessment import assessed as who
from orchestrator.store.territories import Body


@dataclass(frozen=True, slots=True)
class Scored:
    """What somebody came to, with all that it was counted from."""

    assessed: who.Assessed
    figures: Mapping[str, float | None]
    lines: tuple[IndicatorValue, ...]
    score: float | None
    grade: str
    rank: int | None
    cases: Mapping[str, frozenset[str]]
    """Case → what it was counted as."""
    excluded: Mapping[str, str]
    """Case → why it was counted as nothing."""


def formula_of(rule: AssessmentRule, period: str) -> Formula:
    """The formula in force on the period's first day. Raises RuleViolated."""
    formula = rule.formula_on(first_day(period))
    if formula is None:
        raise RuleViolated(
            [
                say(
                    "“{name}”的考核办法从 {day:%Y-%m-%d} 起施行，这一期还没有考核办法",
                    name=rule.name,
                    day=rule.formulas[0].from_on,
                )
            ]
        )
    return formula


def scores(
    session: Session,
    profile: Jurisdiction,
    rule: AssessmentRule,
    by: Body,
    period: str,
) -> list[Scored]:
    """Everybody whom the body assesses, as the period stands now. Raises RuleViolated for a period without a
    formula."""
    formula = formula_of(rule, period)
    months = periods.months_of(period)
    results = [
        _score(
            formula,
            assessment,
            months,
            who.excluded(session, assessment, formula.exclude, rule.of),
        )
        for assessment in who.of_period(session, profile, rule, by, months)
    ]
    places = ranks([score.score for score in results])
    return [
        Scored(
            score.assessed,
            score.figures,
            score.lines,
            score.score,
            score.grade,
            place,
            score.cases,
            score.excluded,
        )
        for score, place in zip(results, places, strict=True)
    ]


def _score(
    formula: Formula,
    assessment: who.Assessed,
    months: Sequence[str],
    excluded: Mapping[str, str],
) -> Scored:
    cases = {
        instance_id: counted_as(part, months)
        for instance_id, part in assessment.parts.items()
    }
    taken = [
        counted
        for instance_id, counted in cases.items()
        if instance_id not in excluded
    ]
    figures = figures_of(taken, assessment.own)
    lines = tuple(
        IndicatorValue(indicator, value_of(indicator.value, figures))
        for indicator in formula.indicators
    )
    score = score_of(lines)
    if not taken and not any(assessment.own.values()):
        # Who had nothing to do is not assessed: zero reworks of zero cases are no merit.
        score = None
    return Scored(
        assessment,
        figures,
        lines,
        score,
        formula.grade(score),
        None,
        cases,
        excluded,
    )


def value_of(
    expression: str,
    figures: Mapping[str, float | None],
) -> float | None:
    """The value of an indicator; None where one of its figures has none, or where there is nothing to divide
    by."""
    try:
        result = evaluate(expression, figures)
    except ExpressionError:
        return None
    if isinstance(result, bool) or not isinstance(result, int | float):
        return None
    return round(float(result), 2)
