"""Which periods of the assessment are over and not closed, and whether what happened in them is counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.assessment import (
    AssessmentRule,
    day_after,
    over_since,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.sentences import say
from orchestrator.services.assessment.assessed import has_work
from orchestrator.store.assessments import AssessmentPeriod
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import at_work
from orchestrator.store.territories import Body

MOST_BACK = 12
"""Periods of one rule that are looked at, the latest ones."""


def unclosed(
    session: Session,
    rule: AssessmentRule,
    bodies: Sequence[Body],
    today: date,
) -> list[tuple[str, Body]]:
    """(period, body) of what is over, has a formula, and was not closed; the latest period first."""
    if not bodies:
        return []
    since = rule.formulas[0].from_on
    over = over_since(rule.every, since, today, MOST_BACK)
    rows = session.execute(
        sa.select(AssessmentPeriod.period, AssessmentPeriod.body_id).where(
            AssessmentPeriod.tenant_id == bodies[0].tenant_id,
            AssessmentPeriod.rule == rule.key,
            AssessmentPeriod.period.in_(over),
        )
    )
    closed = {(period, body_id) for period, body_id in rows}
    return [
        (period, body)
        for period in over
        for body in bodies
        if (period, body.id) not in closed
    ]


def to_close(
    session: Session,
    profile: Jurisdiction,
    rule: AssessmentRule,
    bodies: Sequence[Body],
    today: date,
) -> list[tuple[str, Body]]:
    """As `unclosed`; of earlier periods than the last one only those with work in them."""
    results = unclosed(session, rule, bodies, today)
    last = over_since(rule.every, date.min, today, 1)
    return [
        (period, body)
        for period, body in results
        if period in last or has_work(session, profile, rule.of, body, period)
    ]


def closed_by_clock(
    session: Session,
    profile: Jurisdiction,
    rule: AssessmentRule,
    bodies: Sequence[Body],
    today: date,
) -> list[tuple[str, Body]]:
    """What of `unclosed` the clock has to close by that day: where there was work, and all is counted."""
    if not rule.closes_after:
        return []
    latest = today - timedelta(days=rule.closes_after)
    due = [
        (period, body)
        for period, body in unclosed(session, rule, bodies, today)
        if day_after(period) <= latest
    ]
    counted = {
        period: is_counted(session, profile, period)
        for period in {period for period, _body in due}
    }
    return [
        (period, body)
        for period, body in due
        if counted[period]
        and has_work(session, profile, rule.of, body, period)
    ]


def is_counted(session: Session, profile: Jurisdiction, period: str) -> bool:
    """Whether all that happened in the jurisdiction's instances before the period's end is in the figures."""
    until = datetime.combine(
        day_after(period),
        time(),
        ZoneInfo(profile.timezone),
    )
    return _counted_before(session, profile.key, until)


def _counted_before(session: Session, tenant_id: str, until: datetime) -> bool:
    waiting = (
        sa.select(ProcessInstance.id)
        .join(HistoryEntry, HistoryEntry.instance_id == ProcessInstance.id)
        .where(
            ProcessInstance.tenant_id == tenant_id,
            sa.text("history_seq > counted_seq"),
            HistoryEntry.seq > ProcessInstance.counted_seq,
            HistoryEntry.at < until,
        )
    )
    return session.scalar(waiting.limit(1)) is None


def in_words(period: str) -> str:
    """2026年10月, 2026年第4季度, 2026年, 2026年第48周（11月23日至11月29日）."""
    monday = periods.monday_of(period)
    if monday is not None:
        sunday = monday + timedelta(days=6)
        return say(
            "{year}年第{week}周（{first}至{last}）",
            year=period[:4],
            week=int(period[5:]),
            first=_day_in_words(monday),
            last=_day_in_words(sunday),
        )
    if "Q" in period:
        return say(
            "{year}年第{quarter}季度", year=period[:4], quarter=period[5:]
        )
    if "-" in period:
        return say("{year}年{month}月", year=period[:4], month=int(period[5:]))
    return say("{year}年", year=period)


def _day_in_words(day: date) -> str:
    return say("{month}月{day}日", month=day.month, day=day.day)


def manned(session: Session, bodies: Sequence[Body]) -> list[str]:
    """Ids of those that somebody serves: elsewhere nobody could do the work."""
    if not bodies:
        return []
    manned = set(
        session.scalars(
            sa.select(Body.id).where(
                Body.tenant_id == bodies[0].tenant_id,
                at_work(Body.id),
            )
        )
    )
    return [body.id for body in bodies if body.id in manned]
