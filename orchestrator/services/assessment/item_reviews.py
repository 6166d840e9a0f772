"""The yearly review of a list: which items are reviewed, and what each review begins with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.assessment import day_after
from orchestrator.domain.figures import ITEM, CaseCounts
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.series import ITEM_REVIEW, SeriesRule
from orchestrator.sentences import joined, say
from orchestrator.store import figure_pages, item_lists
from orchestrator.store.registers import ServiceItem
from orchestrator.store.territories import Body

MESSAGE = ITEM_REVIEW
"""A series with this message is opened for each item on the host's list, not once for the host."""
WINDOW = timedelta(days=31)
"""So long after its day a review is opened: an installation that begins later in the year has none."""
_PROMISES: Mapping[str, str] = {
    "commitment_people": say("人员保障"),
    "commitment_funds": say("经费保障"),
    "commitment_goods": say("物资保障"),
    "advice_and_training": say("业务指导与培训"),
    "commitment": say("人员、经费和培训保障"),
}


def to_review(
    session: Session,
    profile: Jurisdiction,
    rule: SeriesRule,
    host: Body,
    now: datetime,
) -> list[str]:
    """Ids of the items on the host's list today that were on it before the period ended; none once the time
    for opening is over."""
    today = now.astimezone(ZoneInfo(profile.timezone)).date()
    period = rule.due(today)
    if not period:
        return []
    began = day_after(period)
    opens = began + timedelta(days=rule.day - 1)
    if today >= opens + WINDOW:
        return []
    stays = item_lists.stays_of(session, host.tenant_id, [host.territory_code])
    results = [
        listed.item.id
        for listed in stays
        if listed.stay.since < began and listed.stay.holds(today)
    ]
    return list(dict.fromkeys(results))


def work_of(
    session: Session,
    host: Body,
    period: str,
) -> Mapping[str, CaseCounts]:
    """Item id → what was done with it in the host's place in the period."""
    return figure_pages.counts_by(
        session,
        host.tenant_id,
        host.territory_path,
        ITEM,
        periods.months_of(period),
    )


def facts_of(
    session: Session,
    item_id: str,
    counts: CaseCounts,
) -> dict[str, str]:
    """The variables of one item's review: its name, its department (empty where none answers for it), what
    was promised, and what was done with it in the period."""
    item = session.get_one(ServiceItem, item_id)
    promised = [
        say("{label}：{text}", label=label, text=item.details[key])
        for key, label in _PROMISES.items()
        if item.details.get(key)
    ]
    return {
        "item_id": item_id,
        "item_name": item.name,
        "department_body": _department_now(session, item.department or ""),
        "commitments": joined("\n", promised)[:3000],
        "item_work": say(
            "登记 {registered} 件，办结 {closed} 件",
            registered=counts.registered,
            closed=counts.closed,
        ),
    }


def _department_now(session: Session, department: str) -> str:
    """The department, or the body that took over from it; empty where there is none."""
    met: set[str] = set()
    while department and department not in met:
        met.add(department)
        body = session.get(Body, department)
        if body is None:
            return ""
        if body.dissolved_at is None:
            return body.id
        department = body.successor_id or ""
    return ""
