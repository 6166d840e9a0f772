"""What the clock does about tasks that wait too long, instance by instance: who is told, and what the history
says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.calendar import CountedFor, WorkCalendar
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.execution import (
    due_dates,
    locked_instance,
    persistence,
)
from orchestrator.services.execution.locked_instance import (
    CLOCK,
    LockedInstance,
)
from orchestrator.services.execution.persistence import RowChanges
from orchestrator.services.execution.persistence.candidate_bodies import (
    resolve_groups,
)
from orchestrator.store.copies import copied_to, deliver_copy
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import tenants
from orchestrator.store.reminders import (
    TaskReminder,
    deadline_names,
    deadlines_of,
)
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

AT_ONCE = 50
"""Instances in one transaction: few enough not to keep a user waiting."""
MOST = 1_000
"""Tasks of a jurisdiction in one round; the rest follow in the next."""

Look = Callable[[Session, str, datetime], Sequence[Any]]
"""look(session, tenant, now): (id, instance_id) of the tasks about which something is to be done."""


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task, its instance under its lock, and what has been done about it."""

    instance: LockedInstance
    row: UserTask
    reminder: TaskReminder
    deadline: str
    """Name of the deadline that it runs on; empty where it has none."""
    asked: frozenset[str]
    """Bodies that are asked for it."""
    counted_for: CountedFor
    """Whose office hours and days off count for it."""

    @property
    def calendar(self) -> WorkCalendar:
        return self.instance.calendar_of(self.counted_for)

    def tell(
        self,
        session: Session,
        groups: Sequence[str],
        reason: str,
        again: bool = True,
        but: Sequence[str] = (),
    ) -> list[str]:
        """Sends a copy to each body that the groups mean, except those that are asked for the task and `but`;
        returns the ids of those bodies. A group that means none is left out, and so is a body that has a copy
        already unless `again`."""
        wanted = [
            filled_in(group, self.instance.variables) for group in groups
        ]
        bodies, _missing = resolve_groups(session, self.instance, wanted)
        others = [
            body
            for body in bodies
            if body not in self.asked and body not in but
        ]
        if not again:
            sentences = copied_to(session, self.instance.id)
            others = [body for body in others if body not in sentences]
        for body in others:
            deliver_copy(
                session,
                self.instance.id,
                body,
                reason,
                self.instance.now,
            )
            self.instance.remember(
                "copied", self.row.element_id, to=body, reason=reason
            )
        return others


def filled_in(group: str, variables: Mapping[str, Any]) -> str:
    """The group with the instance's values in place of `${variable}`."""
    return re.sub(
        r"\$\{(\w+)\}",
        lambda match: str(variables.get(match[1]) or ""),
        group,
    )


def sweep(
    kind: str,
    look: Look,
    act: Callable[[Session, WaitingTask], None],
    now: datetime,
) -> int:
    """Does `act` to every task that `look` finds, in each jurisdiction, some instances in a transaction;
    returns how many tasks that were. An instance that a user holds is left to the next round."""
    with transaction(writing=False) as session:
        known = tenants(session)
    return sum(_sweep_one(tenant, kind, look, act, now) for tenant in known)


def _sweep_one(
    tenant_id: str,
    kind: str,
    look: Look,
    act: Callable[[Session, WaitingTask], None],
    now: datetime,
) -> int:
    with transaction(writing=False) as session:
        results = look(session, tenant_id, now)
    of_instance: dict[str, list[str]] = {}
    for row in results:
        of_instance.setdefault(row.instance_id, []).append(row.id)
    instances = list(of_instance)
    for first in range(0, len(instances), AT_ONCE):
        part = instances[first : first + AT_ONCE]
        tasks = [task for value in part for task in of_instance[value]]
        _remind(part, tasks, kind, act, now)
    return len(results)


def _remind(
    instance_ids: Sequence[str],
    tasks: Sequence[str],
    kind: str,
    act: Callable[[Session, WaitingTask], None],
    now: datetime,
) -> None:
    query = (
        sa.select(*locked_instance.INSTANCE_COLUMNS)
        .where(
            ProcessInstance.id.in_(instance_ids),
            ProcessInstance.state == "active",
        )
        .order_by(ProcessInstance.id)
        .with_for_update(of=ProcessInstance, skip_locked=True)
    )
    with transaction() as session:
        instances = {
            row.id: locked_instance.from_row(
                session,
                bundles.bundle_of(session, row.definition_id),
                row,
                CLOCK,
                now,
            )
            for row in session.execute(query)
        }
        for waiting in _waiting(session, instances, tasks, kind):
            act(session, waiting)
        steps = [
            RowChanges(instance)
            for instance in instances.values()
            if instance.entries
        ]
        if steps:
            session.flush()
            persistence.write(session, steps)


def _waiting(
    session: Session,
    instances: Mapping[str, LockedInstance],
    tasks: Sequence[str],
    kind: str,
) -> list[WaitingTask]:
    """Those of the tasks that are still open in an instance of these."""
    rows = session.scalars(
        sa.select(UserTask)
        .where(
            UserTask.id.in_(tasks),
            UserTask.state == "open",
            UserTask.instance_id.in_(instances),
        )
        .order_by(UserTask.id)
    ).all()
    names = deadline_names(session, [row.id for row in rows])
    deadlines = deadlines_of(session, [row.id for row in rows])
    asked: dict[str, set[str]] = {}
    for task_id, candidate in session.execute(
        sa.select(
            UserTaskCandidate.task_id, UserTaskCandidate.candidate
        ).where(UserTaskCandidate.task_id.in_([row.id for row in rows]))
    ):
        asked.setdefault(task_id, set()).add(candidate)
    return [
        WaitingTask(
            instances[row.instance_id],
            row,
            _reminder(session, row, kind),
            names.get(row.id, ""),
            frozenset(asked.get(row.id, ())),
            counted_for(deadlines.get(row.id), asked.get(row.id, ())),
        )
        for row in rows
    ]


def counted_for(
    deadline: Deadline | None, candidates: Iterable[str]
) -> CountedFor:
    """Whose office hours and days off count for a task: those of its deadline, else the days of the place of
    those whom it is offered to."""
    if deadline is not None:
        return deadline.counted_for
    return CountedFor(None, due_dates.place_of(candidates))


def _reminder(session: Session, row: UserTask, kind: str) -> TaskReminder:
    task_reminder = session.get(TaskReminder, (row.id, kind))
    if task_reminder is None:
        task_reminder = TaskReminder(
            task_id=row.id,
            kind=kind,
            instance_id=row.instance_id,
            due_at=row.due_at,
            done=[],
            told="",
            times=0,
            next_at=None,
        )
        session.add(task_reminder)
    return task_reminder


def how_late(due: datetime, now: datetime) -> str:
    """How long ago the time was over, in words: whole days, else whole hours; empty within the first hour."""
    hours = int((now - due).total_seconds() // 3600)
    if hours >= 24:
        return say("{days}天", days=hours // 24)
    if hours:
        return say("{hours}小时", hours=hours)
    return ""
