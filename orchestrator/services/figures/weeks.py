"""Counts of one week, from the rows of its cases: the kept sums are of months and years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.assessment import day_after, first_day
from orchestrator.domain.figures import (
    ALL,
    BODY,
    MEASURES,
    CaseCounts,
    counts_of,
)
from orchestrator.services.figures.facts import facts_of, week
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.registers import GridCase
from orchestrator.store.territories import inside

AT_ONCE = 200
"""Cases whose rows are read together."""


def ends_of(period: str, zone: str) -> tuple[datetime, datetime]:
    """The first instant of the period, and the first one after it."""
    first, after = (
        datetime.combine(day, time(), ZoneInfo(zone))
        for day in (first_day(period), day_after(period))
    )
    return first, after


def counts_of_week(
    session: Session,
    tenant_id: str,
    path: str,
    period: str,
    zone: str,
) -> dict[str, dict[str, CaseCounts]]:
    """Kind, ALL or BODY → key → counts of the week, of the cases at the place and below it."""
    summed: Counter[tuple[str, str, str]] = Counter()
    cases = _worked_on(session, tenant_id, path, ends_of(period, zone))
    for start in range(0, len(cases), AT_ONCE):
        part = cases[start : start + AT_ONCE]
        for fact in facts_of(session, part, week).values():
            for key, many in counts_of(fact).items():
                where, kind, when, what, measure = key
                if where == path and when == period and kind in (ALL, BODY):
                    summed[kind, what, measure] += many
    return {
        kind: {
            what: CaseCounts(
                **{name: summed[kind, what, name] for name in MEASURES}
            )
            for what in {key[1] for key in summed if key[0] == kind}
        }
        for kind in (ALL, BODY)
    }


def _worked_on(
    session: Session,
    tenant_id: str,
    path: str,
    ends: tuple[datetime, datetime],
) -> Sequence[str]:
    """The cases of the place about which something happened in that time."""
    first, after = ends
    happened = sa.exists().where(
        HistoryEntry.instance_id == GridCase.instance_id,
        HistoryEntry.at >= first,
        HistoryEntry.at < after,
    )
    return session.scalars(
        sa.select(GridCase.instance_id).where(
            GridCase.tenant_id == tenant_id,
            inside(GridCase.territory_path, [path]),
            GridCase.found_at < after,
            sa.or_(
                GridCase.archived_at.is_(None),
                GridCase.archived_at >= first,
            ),
            happened,
        )
    ).all()
