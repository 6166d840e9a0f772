"""Completing a user task: the form's word is checked, the instance moves on, everything in one
transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.engine import EngineError, UnknownTask
from orchestrator.engine import commands as c
from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    RuleViolated,
    SubmissionKeyUsed,
)
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import (
    department_reach,
    form_checks,
    form_options,
)
from orchestrator.services.deployments.filled_forms import (
    FormFilledIn,
    validated,
)
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.records import (
    attachments,
    purposes,
    submission_keys,
    submitted,
)
from orchestrator.services.registers import list_changes
from orchestrator.services.registers.registered_lists import RegisteredLists
from orchestrator.services.user_tasks import (
    enclosures,
    held_submissions,
    locked_task,
    own_rows,
    signers,
)
from orchestrator.services.user_tasks.enclosures import NOTHING, Enclosed
from orchestrator.store.added_signers import HeldSubmission
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask


@dataclass(frozen=True, slots=True)
class Completed:
    instance_id: str
    next_task_ids: tuple[str, ...] = ()
    """User tasks of the instance that the completion opened."""
    replayed: bool = False
    """The same key had completed it before."""
    held: bool = False
    """It waits for those who sign after."""


@dataclass(frozen=True, slots=True)
class SubmittedWith:
    """What comes with a submission beside the form."""

    key: str | None = None
    """The submission's own: the same key gives the same answer."""
    revision: int | None = None
    """The task's as the page showed it."""
    enclosed: Enclosed = NOTHING
    held_at: datetime | None = None
    """Of what those who sign after have agreed to: when it was submitted."""


ALONE = SubmittedWith()


def complete(
    task_id: str,
    data: Mapping[str, Any],
    by: int,
    now: datetime,
    sent: SubmittedWith = ALONE,
) -> Completed:
    """Completes the task with its form's values and moves the instance on, in one transaction.

    Raises NotFound, Forbidden, TaskAlreadyClosed (who
    was first, and when), TaskClaimedByAnother, InstanceChanged for a stale revision, FormInvalid with every
    field's reason, RuleViolated, SubmissionKeyUsed for the key of another submission. In each case the case
    stays as it was.
    """
    try:
        with transaction() as session:
            return _complete(session, task_id, data, by, now, sent)
    except EngineError as failure:
        note(task_id, failure, by, now)
        raise RuleViolated(
            [
                say(
                    "{message}。已记录异常并通知管理员，您填写的内容请先保存",
                    message=failure.message,
                )
            ]
        ) from failure


def complete_held(
    session: Session, kept: HeldSubmission, now: datetime
) -> Completed:
    """Completes the task with what was submitted and agreed to, in the session's transaction; a deputy's
    counts although the absence is over by now. Raises as `complete`, and EngineError."""
    data = dict(kept.data)
    enclosed = Enclosed(kept=data.pop(enclosures.KEPT, {}))
    sent = SubmittedWith(enclosed=enclosed, held_at=kept.held_at)
    return _complete(
        session,
        kept.task_id,
        data,
        kept.person_id,
        now,
        sent,
    )


def _complete(
    session: Session,
    task_id: str,
    data: Mapping[str, Any],
    by: int,
    now: datetime,
    sent: SubmittedWith,
) -> Completed:
    key = sent.key
    submission_keys.require_sound(key)
    row = locked_task.lock(session, task_id, by, key, sent.held_at or now)
    content = ""
    if key is not None:
        beside = {"": list(sent.enclosed.files or ())}
        content = submitted.digest(session, {**data, **beside})
    answered = _answer(session, row, by, key, content)
    if answered is not None:
        return Completed(
            answered["instance_id"],
            tuple(answered.get("next_task_ids", ())),
            replayed=True,
        )
    _require_completable(session, row, sent.revision)
    bundle = bundles.bundle_of(session, row.definition_id)
    form = bundle.forms.get(row.form_key or "")
    instance = locked_instance.from_row(
        session, bundle, row, locked_task.actor(row), now
    )
    filled = _filled(session, row, instance, data, by)
    enclosed = sent.enclosed
    if (row.signers or row.held) and sent.held_at is None:
        before = held_submissions.own(session, task_id, by)
        files, enclosed = _with_earlier(session, enclosed, before, data)
        if signers.still_disagree(session, task_id, data, files):
            # Who signs after has not agreed yet: what was submitted is kept, with its files.
            attachments.adopt(session, form, filled.values, row.id, task_id)
            _hold_back(session, row, data, enclosed, now)
            return Completed(row.id, held=True)
    if row.held:
        held_submissions.forget(session, task_id)
    instance.remember(
        "user-task-completed",
        row.element_id,
        task=_engine_id(task_id),
        form=row.form_key,
        submitted=filled.values,
        **_about(session, bundle, row),
        **filled.read_then,
        **enclosures.keep(session, row, enclosed, now),
    )
    opened = _carry_out(instance, row, filled)
    attachments.adopt(session, form, filled.values, row.id, task_id)
    if key is not None:
        result = {
            "instance_id": row.id,
            "next_task_ids": opened,
            submitted.DIGEST: content,
        }
        purpose = purposes.of_task(task_id)
        if not submission_keys.claim(session, by, key, purpose, result, now):
            raise SubmissionKeyUsed
    return Completed(row.id, tuple(opened))


def _require_completable(
    session: Session, row: Any, revision: int | None
) -> None:
    """Raises what `complete` does for a locked task that the person may not complete now."""
    locked_task.require_running(session, row)
    locked_task.require_hold(session, row)
    if row.delegation == "pending":
        raise Forbidden(
            say("这项任务是委派给您的，请填写意见后交回委派人，由委派人办结")
        )
    if revision is not None and revision != row.task_revision:
        raise InstanceChanged(say("这项任务刚刚有变动，请核对后重新提交"))
    if row.signers:
        signers.require_answers(session, row.task_id)


def _filled(
    session: Session,
    row: Any,
    instance: LockedInstance,
    data: Mapping[str, Any],
    by: int,
) -> FormFilledIn:
    """Raises FormInvalid, and RuleViolated where a register forbids it."""
    bundle = instance.bundle
    now = instance.now
    path = row.territory_path
    form = bundle.forms.get(row.form_key or "")
    setting = form_options.Setting(
        path,
        by,
        now,
        variables={**row.variables, **row.task_variables},
    )
    if form is not None and form.sources:
        _refuse_departments(session, bundle, form, data, setting)
    values, read_then = validated(session, bundle, form, data, setting)
    purpose = purposes.of_task(row.task_id)
    claim = attachments.Claim(row.tenant_id, by, purpose, row.id)
    attachments.require(session, form, values, claim)
    occasion = form_checks.FormOccasion(path, now, row.variables)
    derived = form_checks.derive(
        session, bundle, row.form_key, values, occasion
    )
    known = {**instance.variables, **values, **derived}
    list_changes.refuse_completion(
        RegisteredLists(session, row.tenant_id),
        list_changes.Change(bundle, known, path, now, row.id),
        instance.variables,
        form,
        {**values, **derived},
    )
    return FormFilledIn(values, derived, read_then)


def _hold_back(
    session: Session,
    row: Any,
    data: Mapping[str, Any],
    enclosed: Enclosed,
    now: datetime,
) -> None:
    """Keeps the submission for those who sign after."""
    kept = enclosures.keep(session, row, enclosed, now)
    if kept:
        data = {**data, enclosures.KEPT: kept}
    signers.hold_submission(session, row, data, now)


def _engine_id(task_id: str) -> c.EngineTaskId:
    return c.EngineTaskId(task_id.rpartition(".")[2])


def _carry_out(
    instance: LockedInstance, row: Any, filled: FormFilledIn
) -> Sequence[str]:
    """Moves the instance on; ids of the user tasks that this opens. Raises InstanceChanged where it has moved
    meanwhile."""
    on = instance.now.astimezone(form_options.zone(instance.bundle)).date()
    variables = {
        **filled.values,
        **filled.derived,
        f"{row.element_id}_by": row.display_name,
        f"{row.element_id}_on": on.isoformat(),
    }
    command = c.CompleteUserTask(_engine_id(row.task_id), variables)
    try:
        return persistence.carry_out(instance, command)
    except UnknownTask as stale:
        raise InstanceChanged(
            say("该事项刚刚有了新进展，请刷新后重试")
        ) from stale


def _with_earlier(
    session: Session,
    enclosed: Enclosed,
    before: HeldSubmission | None,
    data: Mapping[str, Any],
) -> tuple[list[str], Enclosed]:
    """The files that go with the submission, and what goes beside its form: of what the person submitted
    earlier the files, where the page did not ask for them, and the signature, where nothing was changed."""
    if before is None:
        return list(enclosed.files or ()), enclosed
    kept = dict(before.data.get(enclosures.KEPT, {}))
    if enclosed.files is None:
        files = enclosures.files_of(kept)
    else:
        files = list(enclosed.files)
        kept.pop("files", None)
    is_same = signers.is_same(session, before, data, files)
    if enclosed.signed is False or not is_same:
        kept.pop("signature", None)
    return files, replace(enclosed, kept=kept)


def _answer(
    session: Session,
    row: Any,
    by: int,
    key: str | None,
    content: str,
) -> dict[str, Any] | None:
    """What was answered to this submission before. None for a new one, and for one that was changed since:
    its task is completed, which is told as to anybody who comes later. Raises SubmissionKeyUsed."""
    purpose = purposes.of_task(row.task_id)
    is_open = row.task_state == "open"
    answered: dict[str, Any] | None = None
    if row.answered_for == purpose:
        answered = row.answer
    elif key is not None and (row.answered_for is not None or not is_open):
        # Read anew: a first submission may have ended while this one waited for the lock.
        answered = submission_keys.answer(session, by, key, purpose)
    if answered is None or not submitted.is_other(answered, content):
        return answered
    if is_open:
        raise SubmissionKeyUsed
    return None


def _about(session: Session, bundle: Bundle, row: Any) -> dict[str, Any]:
    """Which of several the step was done for, for the history."""
    names = own_rows.own_names(session, bundle, row.task_variables)
    if names:
        return {"about": names}
    return {}


def _refuse_departments(
    session: Session,
    bundle: Bundle,
    form: forms.Form,
    data: Mapping[str, Any],
    setting: form_options.Setting,
) -> None:
    known = setting.variables or {}
    if department_reach.of(bundle.jurisdiction, known) is None:
        return
    choices = department_reach.chosen(form, data)
    levels = department_reach.levels(
        session, (value for ids in choices.values() for value in ids)
    )
    department_reach.refuse_others(bundle.jurisdiction, known, choices, levels)


def note(task_id: str, failure: EngineError, by: int, now: datetime) -> None:
    """The diagram's fault becomes an incident, once however often the official tries."""
    with transaction() as session:
        row = session.execute(
            sa.select(*locked_instance.INSTANCE_COLUMNS, UserTask.element_id)
            .join(UserTask, UserTask.instance_id == ProcessInstance.id)
            .where(UserTask.id == task_id)
            .with_for_update(of=ProcessInstance)
        ).one()
        element_id = failure.element_id or row.element_id
        known = session.scalars(
            sa.select(Incident).where(
                Incident.instance_id == row.id,
                Incident.element_id == element_id,
                Incident.kind == failure.kind,
                Incident.state == "open",
            )
        ).first()
        if known is not None:
            known.attempts += 1
            return
        instance = locked_instance.from_row(
            session,
            bundles.bundle_of(session, row.definition_id),
            row,
            locked_instance.CLOCK,
            now,
        )
        details = {"command": "complete-user-task", "task": task_id, "by": by}
        persistence.note_failure(
            instance,
            element_id,
            failure.kind,
            failure.message,
            details,
        )
