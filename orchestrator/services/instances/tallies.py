"""Done and not done, body by body, of a step that many bodies are asked to do: 交办 and recurring work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle, readable
from orchestrator.services.records.sights import CAREFUL, InstanceSight
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

TALLY = "tally"
"""Extension property of a user task: its instance's page counts it body by body."""
PAGE = 100
"""Bodies on one page."""

STATES: Mapping[str, str] = {
    "overdue": say("逾期未回报"),
    "open": say("未回报"),
    "missed": say("到期未回报"),
    "late": say("迟报"),
    "done": say("已回报"),
}


_SUMMED = ("asked", "done", "late", "missed", "open", "overdue")
"""What a tally sums up over the bodies."""


@dataclass(frozen=True)
class BodyTally:
    """How a body stands, by the last time that it was asked."""

    body: str
    state: str
    """A key of STATES."""
    state_name: str
    asked: int
    done: int
    late: int
    missed: int
    due_at: datetime | None
    done_at: datetime | None
    who: str
    facts: Sequence[tuple[str, str]]
    """What was reported, as (label, value)."""


@dataclass(frozen=True)
class Tally:
    """A step's figures over all bodies, and one page of them."""

    name: str
    bodies: int
    asked: int
    done: int
    late: int
    """Of those done: after the due time."""
    missed: int
    """Asked and taken back because the time was over."""
    open: int
    overdue: int
    rows: Sequence[BodyTally]
    page: int
    pages: int


def of(
    session: Session,
    bundle: Bundle,
    instance_id: str,
    now: datetime,
    page: int = 1,
    sight: InstanceSight = CAREFUL,
) -> list[Tally]:
    """A tally of each step of the diagram that has the property `tally` and was reached. `sight`: of whoever
    reads it."""
    tallies = []
    for element in bundle.definition.elements.values():
        if element.type != "userTask" or not element.properties.get(TALLY):
            continue
        shown = readable(session, bundle)
        form = shown.forms.get(element.form_key or "")
        activity = _CountedActivity(instance_id, element.id, form)
        tally = _tally(session, activity, now, page, sight)
        if tally is not None:
            tallies.append(tally)
    return tallies


@dataclass(frozen=True, slots=True)
class _CountedActivity:
    """A step of an instance that many bodies are asked to do."""

    instance_id: str
    element_id: str
    form: forms.Form | None
    """By which each of them reports."""


def _tally(
    session: Session,
    activity: _CountedActivity,
    now: datetime,
    page: int,
    sight: InstanceSight,
) -> Tally | None:
    counted = _counted(
        activity.instance_id, activity.element_id, now
    ).subquery()
    sums = [sa.func.sum(counted.c[name]) for name in _SUMMED]
    totals = session.execute(sa.select(sa.func.count(), *sums)).one()
    if not totals[0]:
        return None
    pages = -(-totals[0] // PAGE)
    page = max(1, min(page, pages))
    rows = session.execute(
        sa.select(counted, Body.name)
        .outerjoin(Body, Body.id == counted.c.candidate)
        .order_by(
            counted.c.overdue.desc(),
            counted.c.open.desc(),
            counted.c.candidate,
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    last = _last_tasks(
        session,
        activity.instance_id,
        activity.element_id,
        [row.candidate for row in rows],
    )
    # PostgreSQL's sum of sums is a Decimal.
    bodies, asked, done, late, missed, waiting, overdue = map(int, totals)
    return Tally(
        next(iter(last.values())).name,
        bodies,
        asked,
        done,
        late,
        missed,
        waiting,
        overdue,
        _of_bodies(session, activity, rows, last, _Reading(now, sight)),
        page,
        pages,
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """When somebody reads a tally, and what he may see of the reports."""

    now: datetime
    sight: InstanceSight


def _of_bodies(
    session: Session,
    activity: _CountedActivity,
    rows: Sequence[Any],
    last: Mapping[str, Any],
    reading: _Reading,
) -> list[BodyTally]:
    """How each body of the page stands; `last`: by candidate the last task that it was asked."""
    tasks = list(last.values())
    details = _reported(
        session,
        activity.instance_id,
        activity.element_id,
        [task.id for task in tasks],
    )
    names = _people(session, [task.closed_by for task in tasks])
    shown = []
    for row in rows:
        task = last[row.candidate]
        state = _state(task, reading.now)
        done_at = None
        if task.state == "completed":
            done_at = task.closed_at
        reported = details.get(task.id, {})
        shown.append(
            BodyTally(
                row.name or row.candidate,
                state,
                STATES[state],
                row.asked,
                row.done,
                row.late,
                row.missed,
                task.due_at,
                done_at,
                names.get(task.closed_by, ""),
                _facts(activity.form, reported, reading.sight),
            )
        )
    return shown


def _facts(
    form: forms.Form | None,
    reported: Mapping[str, Any],
    sight: InstanceSight,
) -> list[tuple[str, str]]:
    if form is None:
        return []
    return forms.summarise(form, reported, {}, {}, sight.of_forms)


def _counted(
    instance_id: str, element_id: str, now: datetime
) -> sa.Select[str, int, int, int, int, int, int]:
    """For each body that was asked: how often, and what came of it."""

    def number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    done = UserTask.state == "completed"
    waits = UserTask.state == "open"
    return (
        sa.select(
            UserTaskCandidate.candidate,
            sa.func.count().label("asked"),
            number(done).label("done"),
            number(sa.and_(done, UserTask.closed_at > UserTask.due_at)).label(
                "late"
            ),
            number(UserTask.state == "cancelled").label("missed"),
            number(waits).label("open"),
            number(sa.and_(waits, UserTask.due_at < now)).label("overdue"),
        )
        .join(UserTask, UserTask.id == UserTaskCandidate.task_id)
        .where(
            UserTask.instance_id == instance_id,
            UserTask.element_id == element_id,
        )
        .group_by(UserTaskCandidate.candidate)
    )


def _last_tasks(
    session: Session,
    instance_id: str,
    element_id: str,
    candidates: Sequence[str],
) -> dict[str, UserTask]:
    """Body id → the last task that it was asked to do."""
    query = (
        sa.select(UserTaskCandidate.candidate, UserTask)
        .join(UserTask, UserTask.id == UserTaskCandidate.task_id)
        .where(
            UserTask.instance_id == instance_id,
            UserTask.element_id == element_id,
            UserTaskCandidate.candidate.in_(candidates),
        )
        .order_by(UserTask.opened_at, UserTask.id)
    )
    return dict(session.execute(query).all())


def _reported(
    session: Session,
    instance_id: str,
    element_id: str,
    task_ids: Sequence[str],
) -> dict[str, Mapping[str, Any]]:
    """Task id → what was filled in."""
    entries = session.scalars(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == instance_id,
            HistoryEntry.element_id == element_id,
            HistoryEntry.kind == "user-task-completed",
        )
    )
    wanted = {task_id.rpartition(".")[2]: task_id for task_id in task_ids}
    return {
        wanted[task]: entry.data.get("submitted", {})
        for entry in entries
        if (task := str(entry.data.get("task", ""))) in wanted
    }


def _people(
    session: Session, ids: Sequence[int | None]
) -> dict[int | None, str]:
    wanted = {value for value in ids if value is not None}
    rows = session.execute(
        sa.select(Person.id, Person.display_name).where(Person.id.in_(wanted))
    )
    return {row.id: row.display_name for row in rows}


def _state(task: UserTask, now: datetime) -> str:
    if task.state == "open":
        if task.due_at is not None and task.due_at < now:
            return "overdue"
        return "open"
    if task.state == "cancelled":
        return "missed"
    late = (
        task.due_at is not None
        and task.closed_at is not None
        and task.closed_at > task.due_at
    )
    if late:
        return "late"
    return "done"
