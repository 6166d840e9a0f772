"""Rewards and allowances that were granted to members in money and stand in no pay sheet yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.pay import (
    Granted,
    PayRules,
    fen_paid,
    first_and_last,
)
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.pay import PayLine

LOOKED_BACK = timedelta(days=366)
"""How long before the month a procedure may have begun; how far back somebody's first sheet is looked for."""
_FORMS = ("started", "user-task-completed")


def granted(
    session: Session,
    tenant_id: str,
    rules: PayRules,
    days: tuple[date, date],
    people: Mapping[str, int],
) -> dict[int, list[Granted]]:
    """Person → what was granted to him up to the month's last day and stands in no line of his. What was
    granted before his first sheet is left out: nobody waits for it. `people`: user name → person."""
    if not rules.procedure or not people:
        return {}
    oldest = days[0] - LOOKED_BACK
    since, told = _stood(session, people.values(), oldest, days[0])
    found: dict[int, list[Granted]] = {}
    for row, values in _completed(session, tenant_id, rules, oldest):
        person_id = people.get(str(values.get("member") or ""))
        amount = fen_paid(values.get("amount_paid"))
        if person_id is None or not amount or row.id in told:
            continue
        day = str(values.get("granted_on") or "")[:10]
        first = since.get(person_id, days[0]).isoformat()
        if first <= day <= days[1].isoformat():
            kind = str(values.get("reward_kind") or "")
            one = Granted(row.id, row.business_key, kind, amount)
            found.setdefault(person_id, []).append(one)
    return found


def _stood(
    session: Session,
    people: Collection[int],
    oldest: date,
    first: date,
) -> tuple[dict[int, date], set[str]]:
    """Person → the first day of the first month that he stands in a sheet of, and not after `first`; the
    procedures that their lines name."""
    since: dict[int, date] = {}
    told: set[str] = set()
    rows = session.execute(
        sa.select(PayLine.person_id, PayLine.period, PayLine.details).where(
            PayLine.person_id.in_(people),
            PayLine.period >= f"{oldest:%Y-%m}",
        )
    )
    for person_id, period, details in rows:
        told |= {entry["instance_id"] for entry in details}
        days = first_and_last(period)
        if days is not None:
            since[person_id] = min(days[0], since.get(person_id, first))
    return since, told


def _completed(
    session: Session,
    tenant_id: str,
    rules: PayRules,
    oldest: date,
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(id and number, all that its forms were filled in with) of each completed procedure that began since
    that day. An instance that has ended has no variables any more: its history has them."""
    rows = session.execute(
        sa.select(
            ProcessInstance.id,
            ProcessInstance.business_key,
            HistoryEntry.data,
        )
        .join(HistoryEntry, HistoryEntry.instance_id == ProcessInstance.id)
        .where(
            ProcessInstance.tenant_id == tenant_id,
            ProcessInstance.process_key == rules.procedure,
            ProcessInstance.state == "completed",
            ProcessInstance.started_at
            >= datetime.combine(oldest, time.min, UTC),
            HistoryEntry.kind.in_(_FORMS),
        )
        .order_by(ProcessInstance.id, HistoryEntry.seq)
    )
    row = None
    values: dict[str, Any] = {}
    for entry in rows:
        if row is not None and row.id != entry.id:
            yield row, values
            values = {}
        row = entry
        values |= entry.data.get("submitted") or {}
    if row is not None:
        yield row, values
