"""Tasks and timers that a step opened, as rows: who may take them, when they are due, and on which deadline's ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.domain import deadlines
from orchestrator.domain.deadlines import Ledger
from orchestrator.engine import commands as c
from orchestrator.services.execution import due_dates
from orchestrator.services.outcome.bodies import Directory
from orchestrator.services.outcome.incidents import incident
from orchestrator.services.outcome.rows import FAR_FUTURE, Step
from orchestrator.services.running import Running

SHOWN = 5
"""Bodies that a sentence names."""


def prepare(session: Session, steps: Sequence[Step]) -> None:
    """Fills the steps' task, candidate, deadline and timer rows; all bodies and people of all steps are looked up together."""
    if any(step.opened for step in steps):
        directory = Directory(session, steps)
        for step in steps:
            for row_id, effect in step.opened.items():
                _open_task(step, row_id, effect, directory)
    for step in steps:
        for row_id, timer in step.timers.items():
            _set_timer(step, row_id, timer)


def _open_task(step: Step, row_id: str, effect: c.UserTaskOpened, directory: Directory) -> None:
    running = step.running
    bodies, missing = directory.bodies(running, effect.candidate_groups)
    due_at, provisional = _due(step, effect, row_id, due_dates.role_with_own_hours(running.bundle.jurisdiction, bodies))
    candidates = [*directory.users(running, effect.candidate_users), *bodies]
    assignee = directory.person_id(running, effect.assignee)
    sort = due_at or FAR_FUTURE
    step.tasks.append(
        {
            "id": row_id,
            "tenant_id": running.tenant_id,
            "instance_id": running.id,
            "definition_id": running.definition_id,
            "process_key": running.process_key,
            "element_id": effect.element_id,
            "name": effect.name[:120],
            "form_key": effect.form_key,
            "state": "open",
            "revision": 1,
            "assignee_id": assignee,
            "assigned_at": running.now if assignee is not None else None,
            "owner_id": None,
            "delegation": None,
            "priority": effect.priority,
            "due_at": due_at,
            "due_sort": sort,
            "due_provisional": provisional,
            "follow_up_at": _follow_up(running, effect.follow_up),
            "variables": dict(effect.variables),
            "business_key": running.business_key,
            "title": running.title,
            "territory_path": running.territory_path,
            "opened_at": running.now,
            "closed_at": None,
            "closed_by": None,
        }
    )
    step.candidates += [
        {"task_id": row_id, "candidate": each, "instance_id": running.id, "offered": assignee is None, "due_sort": sort}
        for each in candidates
    ]
    told = {
        "task": effect.task_id,
        "to": candidates,
        "assignee": effect.assignee,
        "due": due_at.isoformat() if due_at else None,
    }
    step.told.append({"element": effect.element_id} | {key: value for key, value in told.items() if value})
    for each in missing:
        details = {"group": each.group, "task": effect.task_id}
        incident(step, effect.element_id, "body-missing", f"「{effect.name}」无人可办：{each.sentence}", details)
    if assignee is not None or missing:
        return
    if not candidates:
        message = nobody_sentence(effect.name, _nobody(effect))
        incident(step, effect.element_id, "assignee-missing", message, {"task": effect.task_id})
    elif not directory.any_at_work(running, effect.candidate_users, bodies):
        names = [*directory.names(bodies), *(f"「{name}」" for name in effect.candidate_users)]
        message = nobody_sentence(effect.name, unstaffed_sentence(names))
        incident(step, effect.element_id, "body-empty", message, {"task": effect.task_id})


def nobody_sentence(task_name: str, why: str) -> str:
    """For the administrator: which task nobody can do, why, and what to do."""
    return f"「{task_name}」无人可办：{why}，请先安排人员，或在运行管理中改派"


def unstaffed_sentence(names: Sequence[str]) -> str:
    """Which bodies or people are asked although nobody is at work there."""
    shown = "、".join(names[:SHOWN]) + (f"等 {len(names)} 个机构" if len(names) > SHOWN else "")
    return f"{shown}没有在岗人员"


def _nobody(effect: c.UserTaskOpened) -> str:
    return f"指定的办理人「{effect.assignee}」已不在岗或不在本辖区" if effect.assignee else "流程图没有指定办理人或办理机构"


def _due(step: Step, effect: c.UserTaskOpened, row_id: str, hours_of: str | None) -> tuple[datetime | None, bool]:
    """When the task is due and whether that is provisional; a named deadline or a limit in words gets its ledger row."""
    if effect.due is None:
        return None, False
    bundle = step.running.bundle
    citation = due_dates.citation_of(bundle.definition, effect.element_id)
    try:
        due = due_dates.read(bundle.jurisdiction, effect.due, step.running.now, citation)
    except due_dates.DueTextInvalid:
        message = f"「{effect.name}」的截止时间「{effect.due}」无法识别，暂无截止时间"
        incident(step, effect.element_id, "due-date-invalid", message, {"task": effect.task_id})
        return None, False
    except due_dates.DeadlineUnknown as unknown:
        (name,) = unknown.args
        message = f"辖区配置中没有名为「{name}」的时限，「{effect.name}」暂无截止时间"
        incident(step, effect.element_id, "deadline-missing", message, {"deadline": name, "task": effect.task_id})
        return None, False
    if due.ledger is None:
        return due.at, False
    row = _deadline(step, row_id, row_id, due.ledger, hours_of)
    return row["due_at"], row["provisional"]


def _set_timer(step: Step, row_id: str, effect: c.TimerSet) -> None:
    running = step.running
    ledger = _ledger_of(step, row_id, effect) if effect.deadline else None
    step.timer_rows.append(
        {
            "id": row_id,
            "tenant_id": running.tenant_id,
            "instance_id": running.id,
            "element_id": effect.element_id,
            "due_at": ledger["due_at"] if ledger else effect.due_at,
            "state": "planned",
            "deadline_id": ledger["id"] if ledger else None,
            "planned_at": running.now,
            "fired_at": None,
            "lag_ms": None,
            "fired_count": 0,
            "left_ms": None,
        }
    )


def _ledger_of(step: Step, row_id: str, effect: c.TimerSet) -> dict[str, Any]:
    """The ledger the timer follows: its task's, when both run on the same named deadline, else one of its own."""
    task_id = f"{step.running.id}.{effect.attached_to}" if effect.attached_to else None
    for row in step.deadlines:
        if row["task_id"] == task_id and row["name"] == effect.deadline:
            return row
    host = task_id if task_id in step.opened else None
    hours_of = next((row["hours_of"] for row in step.deadlines if row["task_id"] == task_id), None)
    ledger = step.running.ledger(effect.deadline or "", step.running.now, effect.element_id)
    return _deadline(step, row_id, host, ledger, hours_of)


def _deadline(step: Step, row_id: str, task_id: str | None, ledger: Ledger, hours_of: str | None) -> dict[str, Any]:
    running = step.running
    calendar = running.calendar_of(hours_of)
    row = {
        "id": row_id,
        "tenant_id": running.tenant_id,
        "instance_id": running.id,
        "task_id": task_id,
        "name": ledger.name,
        "start_at": ledger.start_at,
        "limit_amount": ledger.amount,
        "limit_unit": ledger.unit,
        "citation": ledger.citation,
        "calendar_version": calendar.version,
        "hours_of": hours_of,
        "entries": deadlines.to_json(ledger.entries),
        "due_at": ledger.due_at(calendar),
        "provisional": ledger.provisional(calendar),
    }
    step.deadlines.append(row)
    return row


def _follow_up(running: Running, text: str | None) -> datetime | None:
    """The day on which the task comes up again; None for a text that says no time."""
    if not text:
        return None
    try:
        due = due_dates.read(running.bundle.jurisdiction, text, running.now)
    except (due_dates.DueTextInvalid, due_dates.DeadlineUnknown):
        return None
    return due.at if due.ledger is None else due.ledger.due_at(running.calendar)
