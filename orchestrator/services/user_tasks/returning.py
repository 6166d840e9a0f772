"""退回 to an earlier step, and 撤回 of one's own decision while nobody has acted on it.

A step can be gone back to when the diagram leads from it to here, somebody has completed it, and nothing has
been carried out automatically since: what a handler did is not undone. A reminder of a passed time
limit carries nothing out. Tasks of parallel branches that the step comes before are closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.domain.deadlines import Ledger
from orchestrator.engine import EngineError, UnknownTask
from orchestrator.engine import commands as c
from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.handlers.declared import DECLARED
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.execution.openings import HANDLER
from orchestrator.services.execution.persistence.deadline_rows import ledger_of
from orchestrator.services.user_tasks import locked_task
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask

COMPLETED = "user-task-completed"
AUTOMATIC = (
    "external-task-completed",
    "event-delivered",
    "timer-fired",
    "compensation",
    "triggered",
)
"""Kinds of entries by which something happened that nobody can take back."""
SAID = (
    *access.REMARKS,
    "urged",
    "copied",
    "overdue",
    "overdue-escalated",
    "reminded",
)
"""Kinds of entries that decide nothing."""

MOST_ENTRIES = 100
"""So many of the latest entries are looked through for a decision that may be taken back."""


@dataclass(frozen=True, slots=True)
class EarlierStep:
    """A step to which a task may be sent back, and what that means."""

    element_id: str
    name: str
    closes: Sequence[str]
    """Names of the open tasks that end."""
    alone: bool
    """Whether tasks of parallel branches are among them."""
    timed: bool
    """Whether its time limit begins anew."""
    undone: Sequence[str]
    """Names of the steps completed since, whose decisions count no more."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How an instance goes back to a step."""

    task_id: str
    """The open task that is taken back."""
    element_id: str
    """The step that it goes back to."""
    kind: str
    """Of the history entry."""
    reason: str
    kept: Ledger | None = None
    """The time limit that goes on; None where it begins anew."""


def earlier_steps(session: Session, task: UserTask) -> list[EarlierStep]:
    """Where the open task may be sent back to, the latest step first. Nothing moves."""
    instance = session.get_one(ProcessInstance, task.instance_id)
    if (
        task.state != "open"
        or instance.state != "active"
        or instance.engine_state is None
    ):
        return []
    bundle = bundles.bundle_of(session, instance.definition_id)
    open_now = _open_tasks(session, instance.id)
    return _steps(session, bundle, instance.engine_state, task.id, open_now)


def send_back(
    task_id: str,
    element_id: str,
    reason: str,
    by: int,
    now: datetime,
    revision: int | None = None,
) -> None:
    """退回: the instance is at that earlier step again, for those whom its diagram names.

    Raises what `claim` does, RuleViolated without a reason and for a step that is none of `earlier_steps`,
    InstanceChanged when the task has changed since `revision`.
    """
    if not reason.strip():
        raise RuleViolated([say("请写明退回的理由")])
    with transaction() as session:
        row = locked_task.lock(session, task_id, by, now=now)
        locked_task.require_running(session, row)
        locked_task.require_hold(session, row)
        if row.delegation == "pending":
            raise Forbidden(
                say("这项任务是委派给您的，请填写意见后交回委派人")
            )
        if revision is not None and revision != row.task_revision:
            raise InstanceChanged(say("这项任务刚刚有变动，请核对后重新提交"))
        _put_back(
            session,
            row,
            locked_task.actor(row),
            _Way(task_id, element_id, "sent-back", reason),
            now,
        )


def recallable(
    session: Session, instance: ProcessInstance, person_id: int
) -> UserTask | None:
    """The person's own decision that he may take back now: the last that was made, on which nobody has acted
    and nothing has been carried out automatically."""
    if instance.state != "active":
        return None
    bundle = bundles.bundle_of(session, instance.definition_id)
    last = None
    decides = HistoryEntry.kind.not_in(SAID)
    for entry in _latest_first(
        session,
        instance.id,
        decides,
        MOST_ENTRIES,
    ):
        if _reminds(entry, bundle):
            continue
        last = entry
        break
    if last is None or last.kind != COMPLETED or last.actor_id != person_id:
        return None
    task = session.get(UserTask, f"{instance.id}.{last.task}")
    if task is None or task.closed_by != person_id:
        return None
    if _opened_by(session, instance, task) is not None:
        return task
    return None


def recall(instance_id: str, reason: str, by: int, now: datetime) -> str:
    """撤回: what the person decided last is his task again, within the time limit that it had; the task's id.

    Raises NotFound, RuleViolated without a reason, InstanceChanged when somebody has acted on it meanwhile or
    it led to something that can't be taken back.
    """
    if not reason.strip():
        raise RuleViolated([say("请写明撤回的理由")])
    with transaction() as session:
        row = session.execute(
            sa.select(*locked_instance.INSTANCE_COLUMNS)
            .where(ProcessInstance.id == instance_id)
            .with_for_update(of=ProcessInstance)
        ).first()
        person = session.get(Person, by)
        if row is None or person is None:
            raise NotFound(instance_id)
        instance = session.get_one(ProcessInstance, instance_id)
        decided = recallable(session, instance, by)
        following = None
        if decided is not None:
            following = _opened_by(session, instance, decided)
        if decided is None or following is None:
            raise InstanceChanged(
                say("您的决定已有人接着办理，或已自动执行，不能撤回")
            )
        body = session.scalar(
            sa.select(HistoryEntry.actor_body_id)
            .where(
                HistoryEntry.instance_id == instance_id,
                HistoryEntry.actor_id == by,
            )
            .order_by(HistoryEntry.seq.desc())
            .limit(1)
        )
        actor = Actor(by, person.username, person.display_name, body)
        (opened,) = _put_back(
            session,
            row,
            actor,
            _Way(
                following.id,
                decided.element_id,
                "recalled",
                reason,
                _ledger_of(session, decided),
            ),
            now,
        )
        session.execute(
            sa.update(UserTask)
            .where(UserTask.id == opened)
            .values(assignee_id=by, assigned_at=now)
        )
        locked_task.stop_offering(session, opened)
        return opened


def _ledger_of(
    session: Session,
    task: UserTask,
) -> Ledger | None:
    row = session.get(Deadline, task.id)
    if row is None:
        return None
    return ledger_of(row)


def _latest_first(
    session: Session,
    instance_id: str,
    wanted: sa.ColumnElement[bool],
    most: int | None = None,
) -> Sequence[Any]:
    # What people filled in stays in the database: every reader of the instance's page asks.
    return session.execute(
        sa.select(
            HistoryEntry.kind,
            HistoryEntry.element_id,
            HistoryEntry.actor_id,
            HistoryEntry.data["topic"].as_string().label("topic"),
            HistoryEntry.data["task"].as_string().label("task"),
        )
        .where(HistoryEntry.instance_id == instance_id, wanted)
        .order_by(HistoryEntry.seq.desc())
        .limit(most)
    ).all()


def _reminds(
    entry: Any,
    bundle: Bundle,
) -> bool:
    """Whether an automatic entry is a timer beside a step that goes on, or a service task that only tells:
    nothing was carried out by it."""
    if entry.kind == "timer-fired":
        elements = bundle.definition.elements
        timer = elements.get(entry.element_id or "")
        if timer is None:
            return False
        return not timer.interrupting
    if entry.kind != "external-task-completed":
        return False
    topic = DECLARED.get(entry.topic)
    if topic is None:
        return False
    return topic.tells


def _opened_by(
    session: Session, instance: ProcessInstance, decided: UserTask
) -> UserTask | None:
    """A task that the decision opened and from which it can be taken back; None when there is none, or
    somebody holds one of them."""
    decided_at = decided.closed_at
    if decided_at is None:
        return None
    open_now = _open_tasks(session, instance.id)
    opened = [task for task in open_now if task.opened_at >= decided_at]
    bundle = bundles.bundle_of(session, instance.definition_id)
    for task in opened:
        drawn = bundle.definition.elements.get(task.element_id)
        given = drawn is not None and bool(
            drawn.assignee or HANDLER in drawn.properties
        )
        if task.assignee_id is not None and not given:
            return None
    for task in opened:
        steps = _steps(
            session,
            bundle,
            instance.engine_state or b"",
            task.id,
            open_now,
        )
        if any(step.element_id == decided.element_id for step in steps):
            return task
    return None


def _put_back(
    session: Session,
    row: Any,
    actor: Actor,
    way: _Way,
    now: datetime,
) -> list[str]:
    task_id = way.task_id
    element_id = way.element_id
    bundle = bundles.bundle_of(session, row.definition_id)
    instance = locked_instance.from_row(session, bundle, row, actor, now)
    instance.kept_ledger = way.kept
    open_now = _open_tasks(session, row.id)
    steps = _steps(
        session,
        bundle,
        instance.engine_state or b"",
        task_id,
        open_now,
    )
    step = next(
        (step for step in steps if step.element_id == element_id), None
    )
    if step is None:
        raise RuleViolated([say("现在不能退回到这一步，请刷新后重新选择")])
    instance.remember(
        way.kind,
        element_id,
        reason=way.reason.strip(),
        closed=list(step.closes),
    )
    command = c.PutBack(
        c.EngineTaskId(task_id.rpartition(".")[2]), element_id, step.alone
    )
    try:
        return persistence.carry_out(instance, command)
    except EngineError as failure:
        raise RuleViolated(
            [say("不能退回到这一步：{message}", message=failure.message)]
        ) from failure


def _open_tasks(session: Session, instance_id: str) -> Sequence[UserTask]:
    query = sa.select(UserTask).where(
        UserTask.instance_id == instance_id, UserTask.state == "open"
    )
    return session.scalars(query).all()


def _steps(
    session: Session,
    bundle: Bundle,
    content: bytes,
    task_id: str,
    open_now: Sequence[UserTask],
) -> list[EarlierStep]:
    instance_id, _dot, engine_id = task_id.rpartition(".")
    try:
        ways = dict(
            engine.all_ways_back(bundle.definition, content, engine_id)
        )
    except UnknownTask:
        return []
    elements = bundle.definition.elements
    steps: dict[str, EarlierStep] = {}
    undone: list[str] = []
    moved = HistoryEntry.kind.in_((COMPLETED, *AUTOMATIC))
    for entry in _latest_first(session, instance_id, moved):
        if entry.kind != COMPLETED:
            if _reminds(entry, bundle):
                continue
            break
        element = elements.get(entry.element_id or "")
        if element is None:
            continue
        undone.append(element.name)
        if (
            element.id in ways
            and element.id not in steps
            and element.multi is None
        ):
            alone = ways[element.id]
            closes = [
                task.name for task in open_now if alone or task.id == task_id
            ]
            steps[element.id] = EarlierStep(
                element.id,
                element.name,
                closes,
                alone,
                element.due is not None,
                tuple(dict.fromkeys(reversed(undone))),
            )
    return list(steps.values())
