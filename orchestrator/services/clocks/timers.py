"""The clocks: due timers are claimed in batches and fired exactly once, however many workers run and however
often they die."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import InterfaceError, OperationalError, StatementError
from sqlalchemy.orm import Session

from orchestrator.engine import ACT, EngineError, UnknownTask, request_work
from orchestrator.engine import commands as c
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.records import happened
from orchestrator.store.base import table
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob

log = logging.getLogger("gridflow.clock")

MOST_OF_ONE = 200
"""Timers of one instance fired in one sweep: the rest wait for the next, so that the other instances get
their turn."""
BATCH = 50
"""Timers fired in one transaction: long enough to share statements, short enough not to keep a user
waiting."""

DEAR = ACT // 10
"""Units of work after which an instance's other timers wait for the next sweep."""

_AWAY = (OperationalError, InterfaceError)
"""The database is away or busy: the next sweep tries again. Other refusals are some timer's own fault."""


@dataclass(frozen=True, slots=True)
class FireReport:
    fired: int
    failed: int
    """Became an incident."""
    next_due_at: datetime | None
    """When somebody should look again; in the past when more is due than was taken."""


def fire_due(now: datetime, limit: int = 5_000) -> FireReport:
    """Fires the timers due at `now`, at most `limit`, in transactions of BATCH.

    A worker that dies rolls its batch back, and the next sweep takes it. A timer that cannot fire becomes an
    incident and the others go on; one whose instance a user holds at this moment is left to the next sweep.
    """
    fired = failed = 0
    taken: Counter[str] = Counter()
    while fired + failed < limit:
        size = min(BATCH, limit - fired - failed)
        resting = [
            instance_id
            for instance_id, count in taken.items()
            if count >= MOST_OF_ONE
        ]
        try:
            done, broken = _fire_batch(now, size, resting=resting, taken=taken)
        except StatementError as refused:
            if isinstance(refused, _AWAY):
                raise
            done, broken = _fire_one_by_one(now, size, resting)
        if done + broken == 0:
            return FireReport(fired, failed, now if resting else next_due(now))
        fired = fired + done
        failed = failed + broken
    return FireReport(fired, failed, now)


def sweep(now: datetime, limit: int = 5_000) -> FireReport:
    """What the clock does every few seconds, whether or not the queue woke anybody: fires whatever is due."""
    return fire_due(now, limit)


def next_due(now: datetime) -> datetime | None:
    """When the next planned timer falls due after `now`."""
    query = sa.select(sa.func.min(TimerJob.due_at)).where(
        TimerJob.state == "planned",
        TimerJob.due_at > now,
    )
    with transaction(writing=False) as session:
        return session.scalar(query)


_DUE = (
    sa.select(
        *locked_instance.INSTANCE_COLUMNS,
        TimerJob.id.label("timer_id"),
        TimerJob.element_id.label("timer_element_id"),
        TimerJob.due_at.label("timer_due_at"),
    )
    .select_from(TimerJob)
    .join(ProcessInstance, ProcessInstance.id == TimerJob.instance_id)
    .where(
        TimerJob.state == "planned",
        TimerJob.due_at <= bindparam("now"),
        ProcessInstance.state == "active",
    )
    .where(ProcessInstance.id.not_in(bindparam("resting", expanding=True)))
    .order_by(TimerJob.due_at, TimerJob.id)
    .limit(bindparam("size"))
)
# One statement claims the timers and locks and reads their instances. SQLite took the writer's lock at BEGIN.
_CLAIM = _DUE.with_for_update(of=(TimerJob, ProcessInstance), skip_locked=True)
_CLAIM_ONE = _CLAIM.where(TimerJob.id == bindparam("timer_id"))
_TIMER = table(TimerJob)
_MARK = (
    sa.update(_TIMER)
    .where(_TIMER.c.id == bindparam("row_id"), _TIMER.c.state == "planned")
    .values(
        state="fired",
        fired_at=bindparam("at", type_=_TIMER.c.fired_at.type),
        lag_ms=bindparam("lag", type_=_TIMER.c.lag_ms.type),
        fired_count=_TIMER.c.fired_count + 1,
    )
)
_AT = bindparam("at", type_=_TIMER.c.fired_at.type)
_SECONDS = sa.extract("epoch", _AT - _TIMER.c.due_at)
# PostgreSQL marks those of a batch together.
_MARK_ALL = (
    sa.update(_TIMER)
    .where(
        _TIMER.c.id == sa.any_(bindparam("ids", type_=ARRAY(sa.Text()))),
        _TIMER.c.state == "planned",
    )
    .values(
        state="fired",
        fired_at=_AT,
        lag_ms=sa.cast(sa.func.trunc(_SECONDS * 1000), sa.BigInteger()),
        fired_count=_TIMER.c.fired_count + 1,
    )
)


def _claim(
    session: Session,
    now: datetime,
    size: int,
    timer_id: str | None = None,
    resting: Sequence[str] = (),
) -> Sequence[Any]:
    if timer_id is None:
        return session.execute(
            _CLAIM,
            {"now": now, "size": size, "resting": resting},
        ).all()
    return session.execute(
        _CLAIM_ONE,
        {"now": now, "size": size, "timer_id": timer_id, "resting": resting},
    ).all()


def _fire_batch(
    now: datetime,
    size: int,
    timer_id: str | None = None,
    resting: Sequence[str] = (),
    taken: Counter[str] | None = None,
) -> tuple[int, int]:
    """Fires the next timers, or the one named; (fired, became incidents). Counts in `taken` how many each
    instance had.

    The batch ends after a timer that took much work: it keeps its instances locked, and the rest is the next
    batch's.
    """
    if taken is None:
        taken = Counter()
    with transaction() as session:
        steps: dict[str, persistence.RowChanges] = {}
        done: list[Any] = []
        failed = 0
        with request_work(2 * ACT) as batch:
            for row in _claim(
                session,
                now,
                size,
                timer_id,
                resting,
            ):
                if done and batch.left < ACT:
                    break
                if taken[row.id] >= MOST_OF_ONE:
                    continue
                before = batch.left
                failed += not _fire(session, row, now, steps)
                taken[row.id] += (
                    MOST_OF_ONE if before - batch.left > DEAR else 1
                )
                done.append(row)
        if done:
            persistence.write(session, list(steps.values()))
            _mark(session, done, now)
        return len(done) - failed, failed


def _fire(
    session: Session,
    row: Any,
    now: datetime,
    steps: dict[str, persistence.RowChanges],
) -> bool:
    """Adds what the timer does to its instance's step; False when it became an incident."""
    step = steps.get(row.id)
    if step is None:
        instance = locked_instance.from_row(
            session,
            bundles.bundle_of(session, row.definition_id),
            row,
            CLOCK,
            now,
        )
        step = steps[row.id] = persistence.RowChanges(instance)
    timer_id = c.EngineTaskId(row.timer_id.rpartition(".")[2])
    kept = step.instance.bookmark()
    step.instance.remember(
        "timer-fired",
        row.timer_element_id,
        due=row.timer_due_at.isoformat(),
    )
    try:
        persistence.advance(step.instance, c.FireTimer(timer_id), step)
    except UnknownTask:
        # Another timer of this batch has just taken it away, or its token is gone: nothing to fire.
        step.instance.forget_since(kept)
        step.cancelled_timers.append(timer_id)
    except StatementError:
        raise
    except Exception as failure:
        step.instance.forget_since(kept)
        element_id = None
        kind = "timer-failed"
        message = say(
            "定时器触发失败（{name}：{failure}），排除原因后请重试",
            name=type(failure).__name__,
            failure=failure,
        )
        if isinstance(failure, EngineError):
            element_id = failure.element_id
            kind = failure.kind
            message = failure.message
        details = {"command": "fire-timer", "timer": row.timer_id}
        step.incident(
            element_id or row.timer_element_id,
            kind,
            message,
            details,
        )
        return False
    return True


def _fire_one_by_one(
    now: datetime,
    size: int,
    resting: Sequence[str],
) -> tuple[int, int]:
    """After the database refused a batch: each timer for itself; the one it refuses becomes an incident."""
    with transaction(writing=False) as session:
        ids = [
            row.timer_id
            for row in session.execute(
                _DUE,
                {"now": now, "size": size, "resting": resting},
            )
        ]
    fired = failed = 0
    for timer_id in ids:
        try:
            done, broken = _fire_batch(now, 1, timer_id)
        except StatementError as refused:
            if isinstance(refused, _AWAY):
                raise
            done = 0
            broken = _give_up(now, timer_id, str(refused.orig))
        fired = fired + done
        failed = failed + broken
    return fired, failed


def _give_up(now: datetime, timer_id: str, reason: str) -> int:
    """The timer becomes an incident; where even that is refused it is taken off the clock, so that the others
    go on."""
    try:
        with transaction() as session:
            for row in _claim(session, now, 1, timer_id):
                instance = locked_instance.from_row(
                    session,
                    bundles.bundle_of(session, row.definition_id),
                    row,
                    CLOCK,
                    now,
                )
                details = {"command": "fire-timer", "timer": timer_id}
                message = say(
                    "定时器触发后写入失败（{reason}），排除原因后请重试",
                    reason=reason,
                )
                persistence.note_failure(
                    instance,
                    row.timer_element_id,
                    "timer-failed",
                    message,
                    details,
                )
                _mark(session, [row], now)
    except StatementError as refused:
        if isinstance(refused, _AWAY):
            raise
        with transaction() as session:
            log.error(
                "timer %s can neither fire nor leave an incident: %s",
                timer_id,
                reason,
            )
            _mark(session, _claim(session, now, 1, timer_id), now)
    return 1


def _mark(session: Session, claimed: Sequence[Any], now: datetime) -> None:
    rows = [
        {
            "row_id": row.timer_id,
            "at": now,
            "lag": int((now - row.timer_due_at).total_seconds() * 1000),
        }
        for row in claimed
    ]
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        ids = [row["row_id"] for row in rows]
        connection.execute(
            _MARK_ALL,
            {
                "ids": ids,
                "at": now,
            },
        )
    else:
        connection.execute(_MARK, rows)
    happened.note_lateness(session, [row["lag"] / 1000 for row in rows])
