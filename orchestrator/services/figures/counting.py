"""Counts the cases whose histories went on: what was counted of each is taken off the sums, what is so now is
added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from orchestrator.domain.figures import (
    MEASURES,
    BodyPart,
    CaseFact,
    CountKey,
    HourKey,
    Spent,
    counts_of,
    hours_of,
)
from orchestrator.services.figures.facts import facts_of
from orchestrator.store.base import table
from orchestrator.store.figures import (
    CountedCase,
    CountedPart,
    Figure,
    FigureHours,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import db, transaction

AT_ONCE = 200
"""Instances counted in one transaction."""
_FACTS = [
    name for name in CaseFact.__slots__ if name not in ("parts", "spent")
]
_ROW = ("tenant_id", "path", "kind", "period", "key")


def settle(now: datetime, limit: int = 2_000) -> int:
    """CaseCounts up to `limit` instances whose histories went on; returns how many. Several clocks may do it
    at once."""
    done = 0
    while done < limit:
        counted = _settle_some(now, min(AT_ONCE, limit - done))
        done += counted
        if not counted:
            break
    return done


def _settle_some(now: datetime, limit: int) -> int:
    query = (
        sa.select(ProcessInstance.id)
        .where(sa.text("history_seq > counted_seq"))
        .order_by(ProcessInstance.id)
        .limit(limit)
    )
    with transaction(writing=False) as session:
        # Nothing waits most of the time: then no writer is kept waiting.
        if session.scalars(query.limit(1)).first() is None:
            return 0
    with transaction() as session:
        locked = sa.select(ProcessInstance).where(
            sa.text("history_seq > counted_seq"),
        )
        instances = session.scalars(
            locked.order_by(ProcessInstance.id)
            .limit(limit)
            .with_for_update(skip_locked=True),
        ).all()
        tenants = {
            instance.id: instance.tenant_id
            for instance in instances
            # What it counted stays: the history can tell no more.
            if instance.destroyed_at is None
        }
        if tenants:
            _count(session, tenants, now)
        for instance in instances:
            instance.counted_seq = instance.history_seq
        return len(instances)


def _count(
    session: Session,
    tenants: Mapping[str, str],
    now: datetime,
) -> None:
    before = _counted(session, list(tenants))
    after = facts_of(session, list(tenants))
    changed = [
        tenant for tenant in tenants if before.get(tenant) != after.get(tenant)
    ]
    counts: Counter[tuple[str, CountKey]] = Counter()
    hours: Counter[tuple[str, HourKey]] = Counter()
    for value in changed:
        for fact, sign in ((before.get(value), -1), (after.get(value), 1)):
            for key, many in counts_of(fact).items():
                counts[tenants[value], key] += sign * many
            for spent, many in hours_of(fact).items():
                hours[tenants[value], spent] += sign * many
    _add_counts(session, counts)
    _add_hours(session, hours)
    _keep(
        session, {value: after.get(value) for value in changed}, tenants, now
    )


def _counted(
    session: Session,
    instance_ids: Sequence[str],
) -> dict[str, CaseFact]:
    parts: dict[str, list[BodyPart]] = {}
    for row in session.scalars(
        sa.select(CountedPart)
        .where(CountedPart.instance_id.in_(instance_ids))
        .order_by(CountedPart.body_id),
    ):
        parts.setdefault(row.instance_id, []).append(
            BodyPart(
                row.body_id,
                row.asked,
                row.closed,
                row.late,
                row.reworked,
            ),
        )
    rows = session.scalars(
        sa.select(CountedCase).where(
            CountedCase.instance_id.in_(instance_ids)
        ),
    )
    return {
        row.instance_id: CaseFact(
            **{name: getattr(row, name) for name in _FACTS},
            parts=tuple(parts.get(row.instance_id, ())),
            spent=tuple(Spent(*value) for value in row.spent),
        )
        for row in rows
    }


def _add_counts(
    session: Session,
    counts: Counter[tuple[str, CountKey]],
) -> None:
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for (tenant_id, (*row, measure)), many in counts.items():
        if many:
            key = (tenant_id, *row)
            rows.setdefault(
                key,
                dict(zip(_ROW, key, strict=True)) | dict.fromkeys(MEASURES, 0),
            )
            rows[key][measure] = many
    _add(session, table(Figure), [rows[key] for key in sorted(rows)], MEASURES)


def _add_hours(session: Session, hours: Counter[tuple[str, HourKey]]) -> None:
    names = (*_ROW, "minutes", "many")
    rows = [
        dict(zip(names, (tenant_id, *key, many), strict=True))
        for (tenant_id, key), many in sorted(hours.items())
        if many
    ]
    _add(session, table(FigureHours), rows, ("many",))


def _add(
    session: Session,
    target: sa.Table,
    rows: Sequence[dict[str, Any]],
    sums: Sequence[str],
) -> None:
    """Adds to the sums, row by row in the order of the key: two clocks do not wait for each other in a
    circle."""
    if not rows:
        return
    insert = (
        postgresql.insert
        if db.engine.dialect.name == "postgresql"
        else sqlite.insert
    )(target)
    changed = {name: target.c[name] + insert.excluded[name] for name in sums}
    upsert = insert.on_conflict_do_update(
        index_elements=list(target.primary_key.columns),
        set_=changed,
    )
    session.connection().execute(upsert, rows)


def _keep(
    session: Session,
    facts: Mapping[str, CaseFact | None],
    tenants: Mapping[str, str],
    now: datetime,
) -> None:
    """What is counted of these cases from now on; none for one that is not counted any more."""
    if not facts:
        return
    for kept in (CountedPart, CountedCase):
        session.execute(sa.delete(kept).where(kept.instance_id.in_(facts)))
    cases = []
    parts = []
    for instance_id, fact in facts.items():
        if fact is None:
            continue
        own = {
            "instance_id": instance_id,
            "tenant_id": tenants[instance_id],
            "counted_at": now,
        }
        spent = [list(astuple(value)) for value in fact.spent]
        cases.append(
            {
                **own,
                **{name: getattr(fact, name) for name in _FACTS},
                "spent": spent,
            },
        )
        parts += [
            {"instance_id": instance_id, **asdict(part)} for part in fact.parts
        ]
    for target, rows in ((CountedCase, cases), (CountedPart, parts)):
        if rows:
            session.execute(sa.insert(table(target)), rows)
