"""Due dates after a new version of the calendar: every running one is counted anew, in batches, and what
moved is told.

A pass may be interrupted and repeated: a deadline carries the version it was counted by, and only those of an
older one are looked at. The clock goes on where a page stopped, and for a while after a version came into
force it looks for deadlines that a transaction begun before it has written since.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from orchestrator.domain.announcements import Announcement
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.clocks import counted_deadlines
from orchestrator.services.execution import (
    day_layers,
    locked_instance,
    persistence,
)
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.store import calendars
from orchestrator.store.calendars import (
    NATION,
    CalendarMove,
    CalendarVersion,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask

log = logging.getLogger("gridflow.clock")

BATCH = 100
"""Deadlines counted in one transaction: long enough to be quick, short enough not to keep a user waiting."""
MOST_PLACED = 20
"""Transactions of a pass that give deadlines their place."""
GRACE = timedelta(minutes=5)
"""Longer than any transaction lasts: whatever was counted by the version before is written by then."""


@dataclass(frozen=True, slots=True)
class Recalculation:
    moved: int
    looked_at: int
    left: int
    """Still to be counted: somebody holds their instance, or the pass was to be short. The clock takes
    them."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A due date that would move."""

    instance_id: str
    business_key: str
    name: str
    before: datetime
    after: datetime | None
    """None: it would be past, and therefore stays."""


def recalculate(
    now: datetime,
    tenant_id: str,
    limit: int | None = None,
) -> Recalculation:
    """Counts a jurisdiction's running deadlines by its calendar's newest version, at most `limit` of them, in
    transactions of BATCH.

    What is past stays, and so does what would be past by the new calendar: nobody is made late by it.
    """
    moved = looked_at = 0
    while limit is None or looked_at < limit:
        if limit is None:
            size = BATCH
        else:
            size = min(BATCH, limit - looked_at)
        with transaction() as session:
            number = calendars.newest_version(session, tenant_id)
            claim = _claim(session, tenant_id, number, now, size)
            rows = session.execute(claim).all()
            moved += _count(session, rows, number, now)
        looked_at += len(rows)
        if not rows:
            break
    return Recalculation(moved, looked_at, left(now, tenant_id))


def left(now: datetime, tenant_id: str) -> int:
    """How many running deadlines of a jurisdiction are still to be counted."""
    with transaction(writing=False) as session:
        number = calendars.newest_version(session, tenant_id)
        query = sa.select(sa.func.count()).select_from(
            counted_deadlines.still_to_count(
                session,
                tenant_id,
                number,
                now,
            ).subquery(),
        )
        return session.scalar(query) or 0


def settle(now: datetime) -> Recalculation | None:
    """What the clock does: goes on with versions that are not settled. None when there is nothing to do."""
    unsettled = CalendarVersion.settled_at.is_(None)
    newest = sa.select(
        CalendarVersion.tenant_id,
        sa.func.max(CalendarVersion.imported_at),
    ).where(unsettled)
    with transaction(writing=False) as session:
        begun = session.execute(
            newest.group_by(CalendarVersion.tenant_id).order_by(
                CalendarVersion.tenant_id,
            ),
        ).all()
    passes = [
        _settle(tenant_id, imported_at, now)
        for tenant_id, imported_at in begun
    ]
    if not passes:
        return None
    return Recalculation(
        *(
            sum(getattr(recalculation, name) for recalculation in passes)
            for name in ("moved", "looked_at", "left")
        ),
    )


def _settle(tenant_id: str, begun: datetime, now: datetime) -> Recalculation:
    placed = _place(tenant_id, now)
    done = recalculate(now, tenant_id)
    if placed and done.left == 0 and now >= begun + GRACE:
        its = (
            CalendarVersion.tenant_id == tenant_id,
            CalendarVersion.settled_at.is_(None),
            CalendarVersion.imported_at <= begun,
        )
        with transaction() as session:
            session.execute(
                sa.update(CalendarVersion).where(*its).values(settled_at=now),
            )
    return done


def _place(tenant_id: str, now: datetime) -> bool:
    """Gives deadlines without a place theirs, in MOST_PLACED transactions of BATCH; whether none is left."""
    for _ in range(MOST_PLACED):
        with transaction(writing=False) as session:
            without = counted_deadlines.unplaced(session, tenant_id, now)
            if without is None or not session.scalar(without.limit(1)):
                return True
        with transaction() as session:
            if not counted_deadlines.place_unplaced(
                session, tenant_id, now, BATCH
            ):
                return False
    return False


def foresee(
    session: Session,
    tenant_id: str,
    announcement: Announcement,
    now: datetime,
    limit: int,
    place: str = NATION,
) -> list[Foreseen]:
    """The first `limit` due dates of a jurisdiction that would move if the announcement came into force,
    nothing being written. `place`: whose own days they are."""
    layers = day_layers.of_jurisdiction(session, tenant_id)
    layers = layers.with_announced(announcement, place)
    query = (
        counted_deadlines.running(now)
        .where(
            Deadline.tenant_id == tenant_id,
            *counted_deadlines.lying(session, tenant_id, place),
        )
        .order_by(Deadline.due_at, Deadline.id)
    )
    foreseens: list[Foreseen] = []
    for pair in session.execute(
        query.with_only_columns(
            *locked_instance.INSTANCE_COLUMNS,
            Deadline,
        ).execution_options(yield_per=500),
    ):
        instance = _instance(session, pair, now)
        row = pair.Deadline
        ledger = deadline_rows.ledger_of(row)
        profile = instance.bundle.jurisdiction
        calendar = layers.calendar(session, profile, row.counted_for)
        after = ledger.due_at(calendar)
        if after != row.due_at:
            past = after <= now and not ledger.suspended
            facts = (
                instance.id,
                instance.business_key,
                _name(session, instance, row),
                row.due_at,
            )
            foreseens.append(Foreseen(*facts, None if past else after))
        if len(foreseens) >= limit:
            break
    return foreseens


def _claim(
    session: Session,
    tenant_id: str,
    number: int,
    now: datetime,
    size: int,
) -> sa.Select[Any]:
    """The next ones, with their instances locked; an instance that somebody holds at this moment is left to
    the next pass."""
    return (
        counted_deadlines.still_to_count(session, tenant_id, number, now)
        .with_only_columns(*locked_instance.INSTANCE_COLUMNS, Deadline)
        .order_by(ProcessInstance.id, Deadline.id)
        .limit(size)
        .with_for_update(of=(ProcessInstance, Deadline), skip_locked=True)
    )


def _count(
    session: Session,
    rows: Sequence[Any],
    number: int,
    now: datetime,
) -> int:
    """Counts each anew; returns how many moved. One that cannot be counted stays, with an incident, and the
    others go on."""
    instances: dict[str, LockedInstance] = {}
    moved = 0
    for row in rows:
        try:
            with session.begin_nested():
                # One instance's deadlines share its revision and the end of its history.
                if row.id not in instances:
                    instances[row.id] = _instance(session, row, now)
                moved += _count_one(
                    session,
                    instances[row.id],
                    row.Deadline,
                    number,
                )
        except StatementError:
            raise
        except Exception as failure:
            log.exception(
                "deadline %s cannot be counted by version %s",
                row.Deadline.id,
                number,
            )
            instances[row.id] = _give_up(
                session,
                row.id,
                row.Deadline,
                number,
                failure,
                now,
            )
    return moved


def _give_up(
    session: Session,
    instance_id: str,
    row: Deadline,
    number: int,
    failure: Exception,
    now: datetime,
) -> LockedInstance:
    """Notes the incident; the instance as it is then."""
    fresh = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS).where(
            ProcessInstance.id == instance_id,
        ),
    ).one()
    instance = _instance(session, fresh, now)
    _note(session, instance, row, number, None)
    message = say(
        "“{name}”的时限无法按新的日历重算（{failure}），仍按原来的截止时间办理，请核对后延期",
        name=_name(session, instance, row),
        failure=failure,
    )
    persistence.note_failure(
        instance,
        None,
        "recount-failed",
        message,
        {"deadline": row.id},
    )
    return instance


def _count_one(
    session: Session,
    instance: LockedInstance,
    row: Deadline,
    number: int,
) -> bool:
    ledger = deadline_rows.ledger_of(row)
    calendar = instance.calendar_of(row.counted_for)
    before = row.due_at
    after = ledger.due_at(calendar)
    if after == before:
        row.calendar_version = calendar.version
        row.provisional = ledger.provisional(calendar)
        session.execute(
            sa.update(UserTask)
            .where(UserTask.id == row.id)
            .values(due_provisional=row.provisional),
        )
        session.flush()
        return False
    if after <= instance.now and not ledger.suspended:
        _note(session, instance, row, number, None)
        return False
    _note(session, instance, row, number, after)
    follow_up = session.scalar(
        sa.select(UserTask.follow_up_at).where(UserTask.id == row.id),
    )
    sentences = {
        "before": before.isoformat(),
        "reason": say(
            "原截止时间 {local:%Y-%m-%d %H:%M}",
            local=calendar.local(before),
        ),
        "calendar": number,
    }
    deadline_rows.keep(
        persistence.RowChanges(instance),
        row,
        ledger,
        "deadline-recomputed",
        sentences,
        follow_up if ledger.suspended else None,
    )
    if follow_up is not None and not ledger.suspended:
        # A reminder that the diagram set, not a day of review: it stays.
        session.execute(
            sa.update(UserTask)
            .where(UserTask.id == row.id)
            .values(follow_up_at=follow_up),
        )
    return True


def _note(
    session: Session,
    instance: LockedInstance,
    row: Deadline,
    number: int,
    after: datetime | None,
) -> None:
    """A line of the version's report; the first one of a deadline counts."""
    if session.get(CalendarMove, (number, row.id)) is not None:
        return
    move = CalendarMove(
        version=number,
        deadline_id=row.id,
        tenant_id=row.tenant_id,
        instance_id=instance.id,
    )
    move.name = _name(session, instance, row)
    move.before_at = row.due_at
    move.after_at = after
    session.add(move)
    session.flush()


def _instance(session: Session, row: Any, now: datetime) -> LockedInstance:
    return locked_instance.from_row(
        session,
        bundles.bundle_of(session, row.definition_id),
        row,
        locked_instance.CLOCK,
        now,
    )


def _name(session: Session, instance: LockedInstance, row: Deadline) -> str:
    """What was due, for the report: the task's name, or that of the timer's element."""
    task = session.scalar(
        sa.select(UserTask.name).where(UserTask.id == row.id),
    )
    if task is not None:
        return task
    element_id = session.scalar(
        sa.select(TimerJob.element_id).where(TimerJob.id == row.id),
    )
    element = instance.bundle.definition.elements.get(element_id or "")
    return (element.name if element and element.name else row.name)[:120]
