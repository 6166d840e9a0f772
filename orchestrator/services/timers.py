"""The clocks: due timers are claimed in batches and fired exactly once, whatever number of workers run and however often they die."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.engine import commands as c
from orchestrator.engine.errors import EngineError, UnknownTask
from orchestrator.services import deployments, outcome, running
from orchestrator.services.running import CLOCK
from orchestrator.store.base import table
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import TimerJob

BATCH = 50


@dataclass(frozen=True, slots=True)
class FireReport:
    fired: int
    failed: int
    next_due_at: datetime | None
    """When the next timer falls due, so that a wake-up can be planned."""


def fire_due(now: datetime, limit: int = 1_000) -> FireReport:
    """Fires the timers due at `now`, at most `limit`, in transactions of BATCH.

    A batch is claimed with SKIP LOCKED, so two workers never hold the same timer; a worker that dies rolls its batch back and the next sweep takes
    it. A timer that cannot fire becomes an incident and the others go on.
    """
    fired = failed = 0
    while fired + failed < limit:
        done, broken = _fire_batch(now, min(BATCH, limit - fired - failed))
        if done + broken == 0:
            break
        fired, failed = fired + done, failed + broken
    return FireReport(fired, failed, next_due(now))


def sweep(now: datetime, limit: int = 5_000) -> FireReport:
    """What the clock does every few seconds, whether or not the queue woke anybody: fires whatever is due."""
    return fire_due(now, limit)


def next_due(now: datetime) -> datetime | None:
    """When the next planned timer falls due."""
    with transaction() as session:
        return session.scalar(sa.select(sa.func.min(TimerJob.due_at)).where(TimerJob.state == "planned"))


def _fire_batch(now: datetime, size: int) -> tuple[int, int]:
    with transaction() as session:
        claim = (
            sa.select(TimerJob.id, TimerJob.instance_id, TimerJob.element_id, TimerJob.due_at)
            .where(TimerJob.state == "planned", TimerJob.due_at <= now)
            .order_by(TimerJob.due_at, TimerJob.id)
            .limit(size)
        )
        if db.engine.dialect.name == "postgresql":
            claim = claim.with_for_update(skip_locked=True)
        timers = session.execute(claim).all()
        if not timers:
            return 0, 0
        results = [_fire_one(session, timer, now) for timer in timers]
        _mark(session, [t for t, ok in zip(timers, results, strict=True) if ok is not None], now)
        return sum(1 for ok in results if ok), sum(1 for ok in results if ok is False)


def _fire_one(session: Session, timer: Any, now: datetime) -> bool | None:
    """True when it fired, False when it became an incident, None when its instance is held by a user just now."""
    query = sa.select(*running.INSTANCE_COLUMNS).where(
        ProcessInstance.id == timer.instance_id, ProcessInstance.state == "active"
    )
    if db.engine.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    row = session.execute(query).first()
    if row is None:
        alive = session.scalar(sa.select(ProcessInstance.state).where(ProcessInstance.id == timer.instance_id))
        return None if alive == "active" else False
    instance = running.from_row(session, deployments.bundle(session, row.definition_id), row, CLOCK, now)
    instance.remember("timer-fired", timer.element_id, due=timer.due_at.isoformat())
    savepoint = session.begin_nested()
    try:
        outcome.carry_out(instance, c.FireTimer(c.EngineTaskId(timer.id.rpartition(".")[2])))
        savepoint.commit()
    except UnknownTask:
        savepoint.rollback()
        return False
    except EngineError as failure:
        savepoint.rollback()
        again = running.from_row(session, deployments.bundle(session, row.definition_id), row, CLOCK, now)
        details = {"command": "fire-timer", "timer": timer.id}
        outcome.note_failure(again, failure.element_id or timer.element_id, failure.kind, failure.message, details)
        return False
    return True


def _mark(session: Session, timers: Sequence[Any], now: datetime) -> None:
    if not timers:
        return
    jobs = table(TimerJob)
    session.connection().execute(
        sa.update(jobs)
        .where(jobs.c.id == sa.bindparam("row_id"), jobs.c.state == "planned")
        .values(state="fired", fired_at=now, lag_ms=sa.bindparam("lag"), fired_count=jobs.c.fired_count + 1),
        [{"row_id": timer.id, "lag": int((now - timer.due_at).total_seconds() * 1000)} for timer in timers],
    )
