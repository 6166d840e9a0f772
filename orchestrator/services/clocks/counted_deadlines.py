"""Which running deadlines a new version of the calendar can move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.calendars import NATION, CalendarMove, CalendarVersion
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.territories import Body, Territory, inside, path_of
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def running(now: datetime) -> sa.Select[Any]:
    """Deadlines that something still follows: an open task or a planned timer, and that are not past."""
    task = sa.select(UserTask.id).where(
        UserTask.id == Deadline.id,
        UserTask.state == "open",
    )
    timer = sa.select(TimerJob.id).where(
        TimerJob.instance_id == Deadline.instance_id,
        TimerJob.deadline_id == Deadline.id,
        TimerJob.state == "planned",
    )
    return (
        sa.select(Deadline.id)
        .join(ProcessInstance, ProcessInstance.id == Deadline.instance_id)
        .where(
            ProcessInstance.state == "active",
            Deadline.due_at > now,
            sa.or_(task.exists(), timer.exists()),
        )
    )


def lying(
    session: Session, tenant_id: str, place: str
) -> list[sa.ColumnElement[bool]]:
    """The conditions for deadlines that the days of a place count for."""
    if place == NATION:
        return []
    path = path_of(session, tenant_id, place)
    if not path:
        return [sa.false()]
    below = sa.select(Territory.code).where(
        Territory.tenant_id == tenant_id,
        inside(Territory.path, [path]),
    )
    lying = Deadline.days_of.in_(below)
    whole = sa.select(Territory.code).where(
        Territory.tenant_id == tenant_id,
        Territory.code == place,
        Territory.parent_code.is_(None),
    )
    return [sa.or_(lying, sa.and_(Deadline.days_of.is_(None), whole.exists()))]


def unplaced(
    session: Session, tenant_id: str, now: datetime
) -> sa.Select[Any] | None:
    """Running deadlines without a place, which a program wrote before it knew places, or for bodies in
    several; None until a place has days of its own: before, that makes no difference."""
    known = sa.exists().where(
        CalendarVersion.tenant_id == tenant_id,
        CalendarVersion.place != NATION,
    )
    if not session.scalar(sa.select(known)):
        return None
    return running(now).where(
        Deadline.tenant_id == tenant_id,
        Deadline.days_of.is_(None),
    )


def place_unplaced(
    session: Session,
    tenant_id: str,
    now: datetime,
    size: int,
) -> int:
    """Gives at most `size` deadlines without a place that of their task's bodies, as `due_dates.place_of` has
    it, or else the widest place, and returns how many; those that somebody holds are left out."""
    without = unplaced(session, tenant_id, now)
    whole = _whole(session, tenant_id)
    if without is None or whole is None:
        return 0
    ids = session.scalars(
        without.order_by(Deadline.id)
        .limit(size)
        .with_for_update(of=Deadline, skip_locked=True),
    ).all()
    place = (
        sa.select(sa.func.min(Body.territory_code))
        .join(UserTaskCandidate, UserTaskCandidate.candidate == Body.id)
        .where(UserTaskCandidate.task_id == Deadline.task_id)
        .having(
            sa.func.min(Body.territory_code)
            == sa.func.max(Body.territory_code),
        )
        .correlate(Deadline)
        .scalar_subquery()
    )
    session.execute(
        sa.update(Deadline)
        .where(Deadline.id.in_(ids))
        # No days but those of the whole count there, as without a place: it is not looked at again.
        .values(days_of=sa.func.coalesce(place, whole))
        .execution_options(synchronize_session=False),
    )
    return len(ids)


def _whole(session: Session, tenant_id: str) -> str | None:
    """Code of the widest place, as `path_of` takes it."""
    widest = sa.select(Territory.code).where(
        Territory.tenant_id == tenant_id,
        Territory.parent_code.is_(None),
    )
    return session.scalar(widest.order_by(Territory.path).limit(1))


def still_to_count(
    session: Session,
    tenant_id: str,
    number: int,
    now: datetime,
) -> sa.Select[Any]:
    """Running deadlines that an older version counted and a newer one can move, but for those that the newest
    leaves as they are."""
    unsettled = session.scalars(
        sa.select(CalendarVersion).where(
            CalendarVersion.tenant_id == tenant_id,
            CalendarVersion.settled_at.is_(None),
        ),
    )
    query = sa.select(CalendarMove.version).where(
        CalendarMove.version == number,
        CalendarMove.deadline_id == Deadline.id,
        CalendarMove.after_at.is_(None),
    )
    return running(now).where(
        Deadline.tenant_id == tenant_id,
        sa.or_(
            sa.false(),
            *(_movable(session, version, number) for version in unsettled),
        ),
        ~query.exists(),
    )


def _movable(
    session: Session,
    version: CalendarVersion,
    number: int,
) -> sa.ColumnElement[bool]:
    """Deadlines that were counted before this version and can be moved by it: their place lies in its place,
    and they fall due after the first day that it changed."""
    later = [str(one) for one in range(version.number, number + 1)]
    conditions = [
        Deadline.calendar_version.not_in(later),
        *lying(session, version.tenant_id, version.place),
    ]
    if version.first_on is not None:
        first = datetime.fromisoformat(version.first_on).replace(tzinfo=UTC)
        # A day of margin, for the zone of the jurisdiction.
        conditions.append(Deadline.due_at >= first - timedelta(days=1))
    return sa.and_(*conditions)
