"""The figures of a period in words, as a bulletin or a meeting begins with them, and what was put into the
bulletin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.figures import ALL, BODY, CaseCounts
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import (
    CASE_DEPARTMENT,
    CASE_OFFICE,
)
from orchestrator.sentences import say
from orchestrator.services.figures import weeks
from orchestrator.store import figure_pages
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.territories import Body, inside

MOST_LETTERS = 2_900
"""Of the figures in words: the forms that show them take 3000."""
LEFT_OUT = 60
"""Letters kept for the line that says how many were left out."""
MOST_LISTED = 20
"""Matters put into the bulletin that are named."""


def figures_in_words(
    session: Session,
    profile: Jurisdiction,
    body: Body,
    period: str,
) -> str:
    """The figures of the body's place in the period, a line for the whole and one for each department and
    lower office that had something to do; between them what was put into the bulletin."""
    kinds = _counts(session, profile, body, period)
    whole = kinds[ALL].get("", CaseCounts())
    counts = kinds[BODY]
    known = figure_pages.bodies_of(session, list(counts))
    wanted = {
        *profile.roles_of(CASE_DEPARTMENT),
        *profile.roles_of(CASE_OFFICE),
    }
    figures = [
        (known[key].name, key)
        for key in counts
        if key in known and known[key].role in wanted and key != body.id
    ]
    lines = [
        _line(say("全部"), whole),
        *_listed(session, profile, body, period),
    ]
    lines += [_line(name, counts[key]) for name, key in sorted(figures)]
    return shortened(lines)


def has_cases(
    session: Session, profile: Jurisdiction, body: Body, period: str
) -> bool:
    """Whether cases of the body's place are counted in the period, or wait now."""
    whole = _counts(session, profile, body, period)[ALL]
    return whole.get("", CaseCounts()) != CaseCounts()


def _counts(
    session: Session, profile: Jurisdiction, body: Body, period: str
) -> Mapping[str, Mapping[str, CaseCounts]]:
    of = (session, body.tenant_id, body.territory_path)
    if periods.monday_of(period) is not None:
        return weeks.counts_of_week(*of, period, profile.timezone)
    months = periods.months_of(period)
    kinds = dict.fromkeys((ALL, BODY))
    return figure_pages.counts_of_kinds(*of, kinds, months)


def _listed(
    session: Session, profile: Jurisdiction, body: Body, period: str
) -> list[str]:
    """A line for each matter of the place that was put into the bulletin in the period, with the last reason;
    the first MOST_LISTED of them, and how many others there are."""
    first, after = weeks.ends_of(period, profile.timezone)
    latest = (
        sa.select(
            HistoryEntry.instance_id,
            sa.func.min(HistoryEntry.at).label("at"),
            sa.func.max(HistoryEntry.seq).label("seq"),
        )
        .join(ProcessInstance, ProcessInstance.id == HistoryEntry.instance_id)
        .where(
            ProcessInstance.tenant_id == body.tenant_id,
            inside(ProcessInstance.territory_path, [body.territory_path]),
            ~ProcessInstance.restricted,
            ProcessInstance.started_at < after,
            sa.or_(
                ProcessInstance.ended_at.is_(None),
                ProcessInstance.ended_at >= first,
            ),
            HistoryEntry.kind == "bulletin",
            HistoryEntry.at >= first,
            HistoryEntry.at < after,
        )
        .group_by(HistoryEntry.instance_id)
        .subquery()
    )
    query = (
        sa.select(
            ProcessInstance.business_key,
            ProcessInstance.title,
            HistoryEntry.data,
            sa.func.count().over().label("in_all"),
        )
        .join(latest, latest.c.instance_id == ProcessInstance.id)
        .join(
            HistoryEntry,
            (HistoryEntry.instance_id == latest.c.instance_id)
            & (HistoryEntry.seq == latest.c.seq),
        )
        .order_by(latest.c.at, ProcessInstance.id)
        .limit(MOST_LISTED)
    )
    rows = session.execute(query).all()
    lines = [
        say(
            "列入通报：{number} {title}，{reason}",
            number=row.business_key,
            title=row.title,
            reason=row.data.get("reason", ""),
        )
        for row in rows
    ]
    if rows and rows[0].in_all > MOST_LISTED:
        left = rows[0].in_all - MOST_LISTED
        lines.append(say("列入通报的另有 {many} 件没有列出", many=left))
    return lines


def shortened(lines: Sequence[str], most: int = MOST_LETTERS) -> str:
    """As many of the lines as go into so many letters; the last one then says how many are left out."""
    whole = "\n".join(lines)
    if len(whole) <= most:
        return whole
    kept: list[str] = []
    room = most - LEFT_OUT
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    kept.append(say("另有 {many} 项没有列出，见“态势”", many=left))
    return "\n".join(kept)


def _line(name: str, counts: CaseCounts) -> str:
    rate = counts.rate("on_time")
    if rate is None:
        sentence = "—"
    else:
        sentence = f"{rate:g}%"
    return say(
        "{name}：登记、交办 {registered} 件，办结 {closed} 件，按期办结率 {rate}，返工 {reworked} 件",
        name=name,
        registered=counts.registered,
        closed=counts.closed,
        rate=sentence,
        reworked=counts.reworked,
    )
