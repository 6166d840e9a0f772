"""Service tasks: the handler and the engine's next steps in one savepoint; what fails leaves an incident and
nothing else."""

from __future__ import annotations

import traceback
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import SessionTransaction

from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.errors import RuleViolated
from orchestrator.handlers import TOPICS
from orchestrator.handlers.approvals import APPROVER
from orchestrator.handlers.context import (
    BpmnError,
    CannotCarryOut,
    HandlerContext,
    HandlerRefused,
    InstanceRef,
    needs_savepoint,
)
from orchestrator.sentences import say, sentence_of
from orchestrator.services.execution import loop
from orchestrator.services.execution.locked_instance import (
    INSTANCE_COLUMNS,
    LockedInstance,
    from_row,
)
from orchestrator.services.execution.persistence import (
    related_instances,
    votes,
)
from orchestrator.services.execution.persistence.rows import (
    RowChanges,
    write_rows,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def serve(
    step: RowChanges,
    effect: c.ExternalTaskWanted,
) -> engine.Outcome | None:
    """Runs the handler and tells the engine its answer. None when it failed: an incident says why, the
    instance waits there."""
    instance = step.instance
    handler = TOPICS.get(effect.topic)
    details: dict[str, Any] = {"task": effect.task_id, "topic": effect.topic}
    if handler is None:
        message = say(
            "“{name}”的主题“{topic}”没有处理程序，请联系技术人员更新程序后重试",
            name=effect.name,
            topic=effect.topic,
        )
        step.incident(effect.element_id, "handler-missing", message, details)
        return None
    kept = instance.bookmark()
    savepoint = None
    if needs_savepoint(handler):
        savepoint = instance.session.begin_nested()
    try:
        answer: c.Command
        try:
            result = dict(handler(_context(instance, effect)) or {})
            if savepoint is not None:
                instance.session.flush()
            answer = loop.answer(instance, effect, result)
        except BpmnError as error:
            # A business error of the diagram: what the handler wrote is undone, the diagram says what happens
            # next.
            _undo(savepoint)
            instance.forget_since(kept)
            answer = loop.business_error(
                instance,
                effect,
                error.code,
                error.message,
            )
        outcome = instance.advance(answer)
        if savepoint is not None and savepoint.is_active:
            savepoint.commit()
        return outcome
    except CannotCarryOut as objection:
        _undo(savepoint)
        instance.forget_since(kept)
        return _not_carried_out(step, effect, objection)
    except Exception as failure:
        _undo(savepoint)
        instance.forget_since(kept)
        kind, message = _told(effect, failure)
        if kind == "handler-failed" and not isinstance(
            failure,
            HandlerRefused,
        ):
            details["trace"] = traceback.format_exc(limit=-4)
        step.incident(effect.element_id, kind, message, details)
        return None


def _undo(savepoint: SessionTransaction | None) -> None:
    if savepoint is not None and savepoint.is_active:
        savepoint.rollback()


def _not_carried_out(
    step: RowChanges,
    effect: c.ExternalTaskWanted,
    objection: CannotCarryOut,
) -> engine.Outcome | None:
    """The diagram's own way back where it draws one; else whoever set it off keeps his task. An incident only
    when nobody did.

    Raises RuleViolated for a person: nothing of his act is written, and the reason stands beside what he
    typed.
    """
    instance = step.instance
    if instance.bundle.definition.catches(
        effect.element_id,
        CannotCarryOut.CODE,
    ):
        return instance.advance(
            loop.business_error(
                instance,
                effect,
                CannotCarryOut.CODE,
                str(objection),
            ),
        )
    if instance.actor.person_id is not None:
        advice = say("请退回补正或不予同意；没有这一选项的，请先处理上述原因")
        raise RuleViolated(
            [
                say(
                    "“{name}”现在不能执行：{objection}",
                    name=effect.name,
                    objection=objection,
                ),
                advice,
            ],
        )
    message = say(
        "{objection}。请核对后重试，或由办理机构处理", objection=objection
    )
    step.incident(
        effect.element_id,
        "handler-failed",
        message,
        {"task": effect.task_id, "topic": effect.topic},
    )
    return None


def _told(effect: c.ExternalTaskWanted, failure: Exception) -> tuple[str, str]:
    """Kind and sentence of the incident."""
    if isinstance(failure, engine.EngineError):
        return failure.kind, say(
            "“{name}”之后的流程无法继续：{message}",
            name=effect.name,
            message=failure.message,
        )
    if isinstance(failure, HandlerRefused):
        return "handler-failed", sentence_of(failure)
    return (
        "handler-failed",
        say(
            "“{name}”执行失败（{error}：{failure}），排除原因后请重试",
            name=effect.name,
            error=type(failure).__name__,
            failure=failure,
        ),
    )


def _context(
    running: LockedInstance,
    effect: c.ExternalTaskWanted,
) -> HandlerContext:
    return HandlerContext(
        session=running.session,
        instance=InstanceRef(
            running.id,
            running.tenant_id,
            running.territory_code,
            running.territory_path,
            running.business_key,
            running.title,
            running.process_key,
            running.started_by,
        ),
        element_id=effect.element_id,
        variables=effect.variables,
        actor_id=running.actor.person_id,
        actor_name=running.actor.name,
        actor_body_id=running.actor.body_id,
        now=running.now,
        jurisdiction=running.bundle.jurisdiction,
        approvals=running.bundle.definition.marked(APPROVER),
        remember=lambda kind, **data: running.remember(
            kind,
            effect.element_id,
            **data,
        ),
        remember_with=lambda written, kind, **data: running.remember_with(
            written,
            kind,
            effect.element_id,
            **data,
        ),
        rehome=lambda instance_id, move: _rehome(running, instance_id, move),
        tell_about=lambda kind, **data: related_instances.write_entry(
            running,
            kind,
            data,
        ),
        extend_about=lambda task_id, amount, unit, reason: (
            related_instances.extend(
                running,
                task_id,
                amount,
                unit,
                reason,
            )
        ),
        suspend_about=lambda task_id, reason, review_on, reviewer: (
            related_instances.suspend(
                running,
                task_id,
                reason,
                review_on,
                reviewer,
            )
        ),
        resume_about=lambda task_id: related_instances.resume(
            running, task_id
        ),
        completed=_completed(running),
        agreed=lambda element_id: votes.agreed(running, element_id),
        read_clock=running.read_clock,
        opened_together=running.bundle.definition.opened_together,
    )


def _completed(running: LockedInstance) -> str | None:
    """The user task whose completion is among the entries that are not yet written."""
    for entry in reversed(running.entries):
        if entry.kind == "user-task-completed":
            return entry.element_id
    return None


def _rehome(running: LockedInstance, instance_id: str, move: str) -> None:
    """Open tasks of another instance that wait for bodies of the old grid wait for the same bodies of the new
    one."""
    old, _arrow, new = move.partition(">")
    session = running.session
    rows = session.execute(
        sa.select(UserTaskCandidate.task_id, UserTaskCandidate.candidate)
        .join(UserTask, UserTask.id == UserTaskCandidate.task_id)
        .where(
            UserTask.instance_id == instance_id,
            UserTask.state == "open",
            UserTaskCandidate.candidate.endswith(f":{old}"),
        ),
    ).all()
    for task_id, candidate in rows:
        tenant, role, _code = candidate.split(":")
        session.execute(
            sa.update(UserTaskCandidate)
            .where(
                UserTaskCandidate.task_id == task_id,
                UserTaskCandidate.candidate == candidate,
            )
            .values(candidate=f"{tenant}:{role}:{new}", offered=True),
        )
        session.execute(
            sa.update(UserTask)
            .where(UserTask.id == task_id)
            .values(
                assignee_id=None,
                assigned_at=None,
                revision=UserTask.revision + 1,
            ),
        )
    row = session.execute(
        sa.select(*INSTANCE_COLUMNS).where(ProcessInstance.id == instance_id),
    ).one()
    other = from_row(
        session,
        running.bundle,
        row,
        running.actor,
        running.now,
    )
    other.remember(
        "re-homed",
        None,
        before=old,
        after=new,
        because=running.business_key,
    )
    write_rows(session, [RowChanges(other)])
