"""What is counted of each case, from its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.calendar import CountedFor, WorkCalendar
from orchestrator.domain.figures import BodyPart, CaseFact, Spent, rounded
from orchestrator.domain.jurisdiction.values import FigureRules
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.registers import GridCase, ServiceItem
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

PeriodOf = Callable[[WorkCalendar, datetime], str]
DROPPED = ("merged", "void")
_FORMS = ("started", "user-task-completed")
_REWORKED = "reworked"


@dataclass
class _Rows:
    """What there is of one case."""

    case: GridCase
    category: str
    started_by: int | None
    definition_id: str
    tasks: list[UserTask] = field(default_factory=list)
    asked: dict[str, list[str]] = field(default_factory=dict)
    """Task → the bodies that it was offered to."""
    done_by: dict[str, str] = field(default_factory=dict)
    """Task → the body that did it."""
    submitted: list[Mapping[str, Any]] = field(default_factory=list)
    """What was filled in, the first form first."""
    failed_at: list[datetime] = field(default_factory=list)
    """When checks failed."""


@dataclass(frozen=True)
class _Calendars:
    """The calendars by which many cases are counted: each place's is asked for once."""

    session: Session
    period: PeriodOf
    known: dict[tuple[str, str], WorkCalendar] = field(default_factory=dict)

    def of(self, definition_id: str, place: str) -> WorkCalendar:
        """With the days off of the place: where a case lies, or whose body did a step."""
        key = (definition_id, place)
        if key not in self.known:
            self.known[key] = locked_instance.calendar(
                self.session,
                bundles.bundle_of(self.session, definition_id),
                CountedFor(None, place or None),
            )
        return self.known[key]


def facts_of(
    session: Session,
    instance_ids: Sequence[str],
    period: PeriodOf | None = None,
) -> dict[str, CaseFact]:
    """Instance → what is counted of it, for those that are cases and not restricted (限知悉). `period`: into
    which period an instant falls; into a month by default."""
    rows = _rows(session, instance_ids)
    calendars = _Calendars(session, period or month)
    return {
        instance_id: _fact(calendars, value)
        for instance_id, value in rows.items()
    }


def _rows(session: Session, instance_ids: Sequence[str]) -> dict[str, _Rows]:
    query = (
        sa.select(
            GridCase,
            ServiceItem.category,
            ProcessInstance.started_by,
            ProcessInstance.definition_id,
        )
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        .join(ServiceItem, ServiceItem.id == GridCase.item_id)
        .where(
            GridCase.instance_id.in_(instance_ids),
            ~ProcessInstance.restricted,
        )
    )
    rows = {row[0].instance_id: _Rows(*row) for row in session.execute(query)}
    tasks = (
        sa.select(UserTask)
        .where(UserTask.instance_id.in_(rows))
        .order_by(UserTask.opened_at, UserTask.id)
    )
    for task in session.scalars(tasks):
        rows[task.instance_id].tasks.append(task)
    offered = sa.select(
        UserTaskCandidate.instance_id,
        UserTaskCandidate.task_id,
        UserTaskCandidate.candidate,
    )
    for instance_id, task_id, candidate in session.execute(
        offered.where(UserTaskCandidate.instance_id.in_(rows)).order_by(
            UserTaskCandidate.candidate,
        ),
    ):
        if not candidate.startswith("user:"):
            rows[instance_id].asked.setdefault(task_id, []).append(candidate)
    entries = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id.in_(rows),
        HistoryEntry.kind.in_((*_FORMS, _REWORKED)),
    )
    for entry in session.scalars(
        entries.order_by(HistoryEntry.instance_id, HistoryEntry.seq),
    ):
        value = rows[entry.instance_id]
        if entry.kind == _REWORKED:
            value.failed_at.append(entry.at)
            continue
        value.submitted.append(entry.data.get("submitted") or {})
        if entry.data.get("task") and entry.actor_body_id:
            value.done_by[f"{entry.instance_id}.{entry.data['task']}"] = (
                entry.actor_body_id
            )
    return rows


def _fact(calendars: _Calendars, rows: _Rows) -> CaseFact:
    bundle = bundles.bundle_of(calendars.session, rows.definition_id)
    case = rows.case
    place = case.territory_path.rstrip("/").rpartition("/")[2]
    calendar = calendars.of(rows.definition_id, place)
    rules = bundle.jurisdiction.figures
    if case.state in DROPPED:
        state = "dropped"
    else:
        state = case.state
    over = None
    if state != "open":
        over = case.archived_at
    to_tell = _is_to_tell(rules, rows)
    ratings = [
        str(entry[rules.rated_in])
        for entry in rows.submitted
        if entry.get(rules.rated_in)
    ]
    return CaseFact(
        path=case.territory_path,
        item=case.item_id,
        category=rows.category,
        member=str(rows.started_by or ""),
        registered=calendars.period(calendar, case.found_at),
        state=state,
        closed=calendars.period(calendar, over) if over is not None else None,
        late=any(_is_late(task) for task in rows.tasks),
        reworked=case.rework_count > 0,
        to_tell=to_tell,
        told=to_tell
        and any(
            _is_done(task) and task.element_id in rules.told_by
            for task in rows.tasks
        ),
        rated=bool(ratings),
        satisfied=bool(ratings) and ratings[-1] in rules.content,
        minutes=(
            rounded(calendar.working_time_between(case.found_at, over))
            if over is not None and state == "archived"
            else None
        ),
        parts=_parts(calendars.period, calendar, rows),
        spent=_spent(calendars, rows),
    )


def month(calendar: WorkCalendar, at: datetime) -> str:
    """The month of the instant in the jurisdiction's zone, as 2026-11."""
    return calendar.local(at).strftime("%Y-%m")


def week(calendar: WorkCalendar, at: datetime) -> str:
    """The week of the instant in the jurisdiction's zone, as 2026W48."""
    return periods.week_of(calendar.local(at).date())


def _is_to_tell(rules: FigureRules, rows: _Rows) -> bool:
    if not rules.told_by:
        return False
    if rows.submitted:
        first = rows.submitted[0]
    else:
        first = {}
    return not rules.told_where or bool(first.get(rules.told_where))


def _is_done(task: UserTask) -> bool:
    return task.state == "completed"


def _is_late(task: UserTask) -> bool:
    """Done, or taken back, after its due time."""
    return (
        task.closed_at is not None
        and task.due_at is not None
        and task.closed_at > task.due_at
    )


def _bodies(rows: _Rows, task: UserTask) -> list[str]:
    """Who did the task; while nobody has, who was asked."""
    asked = rows.asked.get(task.id, [])
    done_by = rows.done_by.get(task.id)
    if _is_done(task) and done_by is not None:
        return [done_by]
    return asked


def _parts(
    period: PeriodOf, calendar: WorkCalendar, rows: _Rows
) -> tuple[BodyPart, ...]:
    by_body: dict[str, list[UserTask]] = {}
    for task in rows.tasks:
        for body_id in _bodies(rows, task):
            by_body.setdefault(body_id, []).append(task)
    return tuple(
        _part(
            partial(period, calendar),
            body_id,
            tasks,
            _asked_again(rows, tasks),
        )
        for body_id, tasks in sorted(by_body.items())
    )


def _part(
    period: Callable[[datetime], str],
    body_id: str,
    tasks: Sequence[UserTask],
    reworked: bool,
) -> BodyPart:
    ends = [task.closed_at for task in tasks if task.closed_at is not None]
    last = None
    if len(ends) == len(tasks):
        last = max(ends)
    return BodyPart(
        body_id,
        period(min(task.opened_at for task in tasks)),
        period(last) if last is not None else None,
        any(_is_late(task) for task in tasks),
        reworked,
    )


def _asked_again(rows: _Rows, tasks: Sequence[UserTask]) -> bool:
    """Whether a failed check led straight back to a step that the body had done: those of later steps, as who
    checks again, are asked only when somebody has done his part."""
    return any(
        _leads_back(rows, tasks, failed_at) for failed_at in rows.failed_at
    )


def _leads_back(
    rows: _Rows, tasks: Sequence[UserTask], failed_at: datetime
) -> bool:
    done = {task.element_id for task in tasks if task.opened_at < failed_at}
    next_done = min(
        (
            task.closed_at
            for task in rows.tasks
            if task.closed_at is not None and task.closed_at > failed_at
        ),
        default=None,
    )
    return any(
        task.element_id in done
        and task.opened_at >= failed_at
        and (next_done is None or task.opened_at < next_done)
        for task in tasks
    )


def _spent(calendars: _Calendars, rows: _Rows) -> tuple[Spent, ...]:
    spent = []
    for task in rows.tasks:
        if not _is_done(task) or task.closed_at is None:
            continue
        body_id = rows.done_by.get(task.id, "")
        place = body_id.rpartition(":")[2]
        calendar = calendars.of(rows.definition_id, place)
        minutes = rounded(
            calendar.working_time_between(task.opened_at, task.closed_at),
        )
        spent.append(
            Spent(
                calendars.period(calendar, task.closed_at),
                task.name,
                body_id,
                minutes,
            ),
        )
    return tuple(spent)
