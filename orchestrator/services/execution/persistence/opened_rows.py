"""The tasks and timers that opened, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.domain import cases, deadlines
from orchestrator.engine import commands as c
from orchestrator.services.execution.openings import (
    OpenedDeadline,
    OpenedTask,
    PlannedTimer,
    open_task,
    plan_timer,
)
from orchestrator.services.execution.persistence.candidate_bodies import (
    DatabaseDirectory,
)
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
    RowChanges,
)


def prepare(session: Session, steps: Sequence[RowChanges]) -> None:
    """Fills the steps' task, candidate, deadline and timer rows; all bodies and people of all steps are
    looked up together."""
    opened: list[dict[c.EngineTaskId, OpenedTask]] = [{} for _step in steps]
    if any(step.opened for step in steps):
        directory = DatabaseDirectory(session, steps)
        for step, tasks in zip(steps, opened, strict=True):
            for effect in step.opened.values():
                task = tasks[effect.task_id] = open_task(
                    step,
                    effect,
                    directory,
                )
                _add_task(step, task)
    for step, tasks in zip(steps, opened, strict=True):
        for timer in step.timers.values():
            _add_timer(step, plan_timer(step.instance, timer, tasks), tasks)


def _add_task(step: RowChanges, task: OpenedTask) -> None:
    instance = step.instance
    effect = task.effect
    row_id = instance.row_id(effect.task_id)
    provisional = False
    if task.deadline is not None:
        provisional = _add_deadline(step, row_id, row_id, task.deadline)[
            "provisional"
        ]
    sort = task.due_at or FAR_FUTURE
    step.tasks.append(
        {
            "id": row_id,
            "tenant_id": instance.tenant_id,
            "instance_id": instance.id,
            "definition_id": instance.definition_id,
            "process_key": instance.process_key,
            "element_id": effect.element_id,
            "name": effect.name[:120],
            "form_key": effect.form_key,
            "state": "open",
            "revision": 1,
            "assignee_id": task.assignee_id,
            "assigned_at": instance.now
            if task.assignee_id is not None
            else None,
            "owner_id": None,
            "delegation": None,
            "priority": cases.task_priority(
                effect.priority,
                instance.variables,
            ),
            "due_at": task.due_at,
            "due_sort": sort,
            "due_provisional": provisional,
            "follow_up_at": task.follow_up_at,
            "variables": dict(effect.variables),
            "business_key": instance.business_key,
            "title": instance.title,
            "territory_path": instance.territory_path,
            "opened_at": instance.now,
            "closed_at": None,
            "closed_by": None,
        },
    )
    offered = task.assignee_id is None
    step.candidates += [
        {
            "task_id": row_id,
            "candidate": candidate,
            "instance_id": instance.id,
            "offered": offered,
            "due_sort": sort,
        }
        for candidate in task.candidates
    ]


def _add_timer(
    step: RowChanges,
    timer: PlannedTimer,
    opened: dict[c.EngineTaskId, OpenedTask],
) -> None:
    instance = step.instance
    effect = timer.effect
    row_id = instance.row_id(effect.timer_id)
    deadline_id = None
    if timer.follows:
        deadline_id = instance.row_id(timer.follows)
    if timer.own is not None:
        host = None
        if effect.attached_to in opened:
            host = instance.row_id(effect.attached_to)
        deadline_id = _add_deadline(step, row_id, host, timer.own)["id"]
    step.timer_rows.append(
        {
            "id": row_id,
            "tenant_id": instance.tenant_id,
            "instance_id": instance.id,
            "element_id": effect.element_id,
            "due_at": timer.due_at,
            "state": "planned",
            "deadline_id": deadline_id,
            "planned_at": instance.now,
            "fired_at": None,
            "lag_ms": None,
            "fired_count": 0,
            "left_ms": None,
        },
    )


def _add_deadline(
    step: RowChanges,
    row_id: str,
    task_id: str | None,
    deadline: OpenedDeadline,
) -> dict[str, Any]:
    instance = step.instance
    ledger = deadline.ledger
    row = {
        "id": row_id,
        "tenant_id": instance.tenant_id,
        "instance_id": instance.id,
        "task_id": task_id,
        "name": ledger.name,
        "start_at": ledger.start_at,
        "limit_amount": ledger.amount,
        "limit_unit": ledger.unit,
        "limit_until": ledger.until or None,
        "citation": ledger.citation,
        "calendar_version": deadline.calendar.version,
        "hours_of": deadline.counted_for.role,
        "days_of": deadline.counted_for.place,
        "entries": deadlines.to_json(ledger.entries),
        "due_at": deadline.due_at,
        "provisional": ledger.provisional(deadline.calendar),
    }
    step.deadlines.append(row)
    return row
