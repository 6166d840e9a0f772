"""Tasks that are due by the end of the next working day, tasks whose time is over, suspensions whose day of
review has come, and who is a deputy from now on: each is told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.calendar import CountedFor
from orchestrator.domain.reminders import stages_of
from orchestrator.errors import NotFound
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.execution import due_dates, locked_instance
from orchestrator.services.instances import opened_for
from orchestrator.services.notifications import (
    deputies,
    recipients,
    writing,
)
from orchestrator.services.notifications.delivery import FROM
from orchestrator.services.notifications.writing import Occasion
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.notifications import NotificationSweep
from orchestrator.store.people import tenants
from orchestrator.store.reminders import deadline_names
from orchestrator.store.session import transaction
from orchestrator.store.suspensions import REVIEW, untold
from orchestrator.store.user_tasks import IS_OPEN, UserTask, candidates_of

LONGEST_BREAK = timedelta(days=15)
"""No holiday lasts longer: the next working day is nearer than that."""


def sweep(now: datetime) -> int:
    """Notifies of what has fallen due since the last sweep and of what is due soon; returns how many were
    notified. May run at any time and twice."""
    with transaction(writing=False) as session:
        known = tenants(session)
    number = sum(
        _overdue(tenant_id, now)
        + _due_soon(tenant_id, now)
        + _to_review(tenant_id, now)
        for tenant_id in known
    )
    return number + deputies.sweep(now)


def _overdue(tenant_id: str, now: datetime) -> int:
    with transaction() as session:
        row, begun = _swept(session, tenant_id, "overdue", now)
        if not begun:
            return 0
        late = [
            task
            for task in _between(session, tenant_id, row.until, now)
            if _is_told(session, task)
        ]
        number = _notify(session, late, "overdue", now)
        row.until = max(row.until, now)
        return number


def _is_told(session: Session, task: UserTask) -> bool:
    """Whether the profile wants those who have the task notified when its time is over; a profile that says
    nothing of that deadline does."""
    profile = bundles.bundle_of(session, task.definition_id).jurisdiction
    if not profile.overdue:
        return True
    name = deadline_names(session, [task.id]).get(task.id, "")
    stages = stages_of(profile.overdue, name)
    return not stages or any(stage.notice for stage in stages if stage.first)


def _due_soon(tenant_id: str, now: datetime) -> int:
    with transaction() as session:
        try:
            zone = ZoneInfo(
                bundles.profile_in_force(session, tenant_id, now).timezone
            )
        except NotFound:
            return 0
        here = now.astimezone(zone)
        tonight = datetime.combine(
            here.date() + timedelta(days=1), time(), zone
        )
        row, _begun = _swept(session, tenant_id, "due-soon", now)
        if here.time() < FROM or row.until > tonight:
            return 0
        tasks = _between(
            session, tenant_id, max(row.until, now), now + LONGEST_BREAK
        )
        if not tasks:
            return 0
        ends = _next_workdays_end(session, tasks, here.date(), zone)
        # What is due later for one place alone is looked for again tomorrow, and nobody is told twice.
        row.until = min(ends.values())
        return _notify(
            session,
            [
                task
                for task in tasks
                if task.due_at and task.due_at < ends[task.id]
            ],
            "due-soon",
            now,
        )


def _next_workdays_end(
    session: Session,
    tasks: Sequence[UserTask],
    today: date,
    zone: ZoneInfo,
) -> dict[str, datetime]:
    """Task → the end of the next working day of the place whose bodies have it; and "" → that of the whole
    jurisdiction."""
    offered: dict[str, list[str]] = {"": []}
    for task_id, candidate in candidates_of(
        session, [task.id for task in tasks]
    ):
        offered.setdefault(task_id, []).append(candidate)
    bundle = bundles.bundle_of(session, tasks[0].definition_id)
    places = {
        task_id: due_dates.place_of(offered.get(task_id, ()))
        for task_id in ("", *(task.id for task in tasks))
    }
    ends = {}
    for place in {*places.values()}:
        calendar = locked_instance.calendar(
            session, bundle, CountedFor(None, place)
        )
        following = calendar.next_workday(today)
        ends[place] = datetime.combine(
            following + timedelta(days=1), time(), zone
        )
    return {task_id: ends[place] for task_id, place in places.items()}


def _to_review(tenant_id: str, now: datetime) -> int:
    """On the day of review the body that approved a suspension has it to look at; returns how many were
    notified. Where a procedure reviews suspensions, that procedure brings it to the body."""
    number = 0
    with transaction() as session:
        of_a_body = None
        if opened_for.is_drawn(session, tenant_id, REVIEW, now):
            of_a_body = False
        waiting = untold(session, tenant_id, now, of_a_body=of_a_body)
        for row, task in waiting:
            row.told_at = now
            occasion = Occasion(
                "assigned",
                f"{task.id.rpartition('.')[2]}.review.{row.review_at:%Y%m%d}",
                recipients.addressed(session, [row.body_id or ""]),
                now,
                step=say("挂账复查：{name}", name=task.name),
            )
            number += writing.write(
                session,
                tenant_id,
                task.instance_id,
                [occasion],
                now,
            )
    return number


def _swept(
    session: Session,
    tenant_id: str,
    kind: str,
    now: datetime,
) -> tuple[NotificationSweep, bool]:
    """The row under its lock, and whether it was there: the first sweep begins now."""
    row = session.get(
        NotificationSweep, (tenant_id, kind), with_for_update=True
    )
    if row is not None:
        return row, True
    row = NotificationSweep(tenant_id=tenant_id, kind=kind, until=now)
    session.add(row)
    session.flush()
    return row, False


def _between(
    session: Session,
    tenant_id: str,
    after: datetime,
    until: datetime,
) -> list[UserTask]:
    query = (
        sa.select(UserTask)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(
            IS_OPEN,
            UserTask.tenant_id == tenant_id,
            UserTask.due_at > after,
            UserTask.due_at <= until,
            ProcessInstance.state == "active",
        )
    )
    return list(session.scalars(query.order_by(UserTask.due_at)))


def _notify(
    session: Session,
    tasks: list[UserTask],
    kind: str,
    now: datetime,
) -> int:
    people = recipients.of_tasks(session, [task.id for task in tasks], now)
    number = 0
    for task in tasks:
        occasion = Occasion(
            kind,
            f"{task.id.rpartition('.')[2]}.{kind}.{task.due_at:%Y%m%d%H%M}",
            people.get(task.id, ()),
            now,
            task.id,
            task.name,
            due_at=task.due_at,
        )
        number += writing.write(
            session,
            task.tenant_id,
            task.instance_id,
            [occasion],
            now,
        )
    return number
