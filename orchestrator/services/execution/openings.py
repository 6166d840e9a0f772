"""What opened: who may take a user task, when it is due, and on which deadline a timer runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.domain.calendar import (
    WHOLE_JURISDICTION,
    CountedFor,
    WorkCalendar,
)
from orchestrator.domain.deadlines import Ledger
from orchestrator.engine import commands as c
from orchestrator.sentences import joined, say
from orchestrator.services.execution import due_dates
from orchestrator.services.execution.candidates import Directory
from orchestrator.services.execution.changes import Changes
from orchestrator.services.execution.instance import Instance

SHOWN = 5
"""Bodies that a sentence names."""


HANDLER = "handler"
"""camunda:property of a user task: the variable in which its body named the person who is to do it."""


@dataclass(frozen=True, slots=True)
class OpenedDeadline:
    """A deadline that a task or a timer runs on."""

    ledger: Ledger
    calendar: WorkCalendar
    """With the office hours and days off that count for it."""
    counted_for: CountedFor
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedTask:
    effect: c.UserTaskOpened
    bodies: tuple[str, ...]
    """Ids of the bodies that it is offered to, or would be if nobody had been named."""
    users: tuple[str, ...]
    """Candidates `user:NAME`."""
    assignee_id: int | None
    """The person whom the diagram names, or whom a form named that the diagram points to."""
    deadline: OpenedDeadline | None
    due_at: datetime | None
    """None while it has no due date."""
    follow_up_at: datetime | None

    @property
    def candidates(self) -> list[str]:
        return [*self.users, *self.bodies]


@dataclass(frozen=True, slots=True)
class PlannedTimer:
    effect: c.TimerSet
    due_at: datetime
    follows: c.EngineTaskId | None
    """The task whose deadline it moves with."""
    own: OpenedDeadline | None
    """Its own deadline, where it has a named one and follows no task."""

    def turn(self) -> tuple[datetime, c.EngineTaskId]:
        """By which the clock takes it: of two that are due at once the one with the smaller id is first."""
        return self.due_at, self.effect.timer_id


def open_task(
    changes: Changes[Any], effect: c.UserTaskOpened, directory: Directory
) -> OpenedTask:
    """The task with its candidates and its due date; whatever is amiss with it becomes an incident of the
    changes."""
    instance = changes.instance
    bodies, missing = directory.bodies(instance, effect.candidate_groups)
    counted_for = due_dates.counted_for(instance.bundle.jurisdiction, bodies)
    deadline, due_at = _due(changes, effect, counted_for)
    users = directory.users(instance, effect.candidate_users)
    task = OpenedTask(
        effect=effect,
        bodies=tuple(bodies),
        users=tuple(users),
        assignee_id=_given_to(instance, effect, bodies, directory),
        deadline=deadline,
        due_at=due_at,
        follow_up_at=_follow_up(instance, effect.follow_up),
    )
    changes.assigned.append(_shown(task))
    for group in missing:
        details = {"group": group.group, "task": effect.task_id}
        changes.incident(
            effect.element_id,
            "body-missing",
            say(
                "“{name}”无人可办：{sentence}",
                name=effect.name,
                sentence=group.sentence,
            ),
            details,
        )
    if task.assignee_id is None and not missing:
        _require_somebody(changes, task, directory)
    return task


def _given_to(
    instance: Instance,
    effect: c.UserTaskOpened,
    bodies: Sequence[str],
    directory: Directory,
) -> int | None:
    """Whom the diagram names, else whom its bodies named in the variable of the property HANDLER; None where
    the task is offered to all of them."""
    person_id = directory.person_id(instance, effect.assignee)
    element = instance.bundle.definition.elements.get(effect.element_id)
    if person_id is not None or element is None:
        return person_id
    text = instance.variables.get(element.properties.get(HANDLER, ""))
    if not isinstance(text, str) or not text.strip():
        return None
    return directory.named(instance, text, bodies)


def plan_timer(
    instance: Instance,
    effect: c.TimerSet,
    opened: Mapping[c.EngineTaskId, OpenedTask],
) -> PlannedTimer:
    """The timer with the deadline that it runs on: its task's, when both name the same one, else one of its
    own.

    `opened`: the tasks that the same command opened.
    """
    if effect.deadline is None:
        return PlannedTimer(effect, effect.due_at, None, None)
    task = None
    if effect.attached_to:
        task = opened.get(effect.attached_to)
    counted_for = WHOLE_JURISDICTION
    if task is not None and task.deadline is not None:
        if task.deadline.ledger.name == effect.deadline:
            return PlannedTimer(
                effect, task.deadline.due_at, task.effect.task_id, None
            )
        counted_for = task.deadline.counted_for
    ledger = instance.ledger(effect.deadline, instance.now, effect.element_id)
    own = counted(instance, ledger, counted_for)
    return PlannedTimer(effect, own.due_at, None, own)


def next_in_sequence(changes: Changes[Any]) -> list[c.EngineTaskId]:
    """The opened tasks whose turn has come because the one before is done, where one after the other does a
    step."""
    if not changes.closed or changes.instance.engine_state is None:
        return []
    elements = changes.instance.bundle.definition.elements
    engine_task_ids = []
    for task_id, effect in changes.opened.items():
        element = elements.get(effect.element_id)
        if (
            element is not None
            and element.multi is not None
            and element.multi.sequential
        ):
            engine_task_ids.append(task_id)
    return engine_task_ids


def nobody_sentence(task_name: str, why: str) -> str:
    """For the administrator: which task nobody can do, why, and what to do."""
    return say(
        "“{task_name}”无人可办：{why}，请先安排人员，或在运行管理中改派",
        task_name=task_name,
        why=why,
    )


def unstaffed_sentence(names: Sequence[str]) -> str:
    """Which bodies or people are asked although nobody is at work there."""
    shown = joined("、", names[:SHOWN]) + (
        say("等 {count} 个机构", count=len(names))
        if len(names) > SHOWN
        else ""
    )
    return say("{shown}没有在岗人员", shown=shown)


def _require_somebody(
    changes: Changes[Any], task: OpenedTask, directory: Directory
) -> None:
    """A task that nobody can take is an incident."""
    effect = task.effect
    if not task.candidates:
        message = nobody_sentence(effect.name, _nobody(effect))
        changes.incident(
            effect.element_id,
            "assignee-missing",
            message,
            {"task": effect.task_id},
        )
    elif not directory.any_at_work(
        changes.instance, effect.candidate_users, task.bodies
    ):
        names = [
            *directory.names(task.bodies),
            *(f"“{name}”" for name in effect.candidate_users),
        ]
        message = nobody_sentence(effect.name, unstaffed_sentence(names))
        changes.incident(
            effect.element_id, "body-empty", message, {"task": effect.task_id}
        )


def _nobody(effect: c.UserTaskOpened) -> str:
    if effect.assignee:
        return say(
            "指定的办理人“{assignee}”不在岗、不在本辖区，或者只管理平台、不办理事项",
            assignee=effect.assignee,
        )
    return say("流程图没有指定办理人或办理机构")


def _due(
    changes: Changes[Any], effect: c.UserTaskOpened, counted_for: CountedFor
) -> tuple[OpenedDeadline | None, datetime | None]:
    """The deadline that the task runs on, and when it is due."""
    if effect.due is None:
        return None, None
    instance = changes.instance
    citation = due_dates.citation_of(
        instance.bundle.definition, effect.element_id
    )
    try:
        due = due_dates.read(
            instance.bundle.jurisdiction,
            effect.due,
            instance.now,
            citation,
            instance.variables,
        )
    except due_dates.DueTextInvalid:
        message = say(
            "“{name}”的截止时间“{due}”无法识别，暂无截止时间",
            name=effect.name,
            due=effect.due,
        )
        changes.incident(
            effect.element_id,
            "due-date-invalid",
            message,
            {"task": effect.task_id},
        )
        return None, None
    except due_dates.DeadlineUnknown as unknown:
        (name,) = unknown.args
        message = say(
            "辖区配置中没有名为“{name}”的时限，“{task}”暂无截止时间",
            name=name,
            task=effect.name,
        )
        changes.incident(
            effect.element_id,
            "deadline-missing",
            message,
            {"deadline": name, "task": effect.task_id},
        )
        return None, None
    if due.ledger is None:
        return None, due.at
    ledger, kept = due.ledger, instance.kept_ledger
    if kept is not None and kept.name == ledger.name:
        ledger = kept
    deadline = counted(instance, ledger, counted_for)
    return deadline, deadline.due_at


def counted(
    instance: Instance, ledger: Ledger, counted_for: CountedFor
) -> OpenedDeadline:
    """The deadline by the calendar that counts there."""
    calendar = instance.calendar_of(counted_for)
    due_at = ledger.due_at(calendar)
    return OpenedDeadline(ledger, calendar, counted_for, due_at)


def _follow_up(instance: Instance, text: str | None) -> datetime | None:
    """The day on which the task comes up again; None for a text that says no time."""
    if not text:
        return None
    try:
        due = due_dates.read(instance.bundle.jurisdiction, text, instance.now)
    except (due_dates.DueTextInvalid, due_dates.DeadlineUnknown):
        return None
    if due.ledger is None:
        return due.at
    return due.ledger.due_at(instance.calendar_of())


def _shown(task: OpenedTask) -> dict[str, Any]:
    """The task as the history shows it."""
    effect = task.effect
    data = {
        "task": effect.task_id,
        "to": task.candidates,
        "assignee": effect.assignee,
        "due": task.due_at.isoformat() if task.due_at else None,
    }
    return {"element": effect.element_id} | {
        key: value for key, value in data.items() if value
    }
