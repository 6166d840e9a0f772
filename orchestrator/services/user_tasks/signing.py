"""A signer gives his opinion on a task; once the last one who signs after its holder has agreed, what the
holder submitted counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.engine import EngineError
from orchestrator.errors import (
    FormInvalid,
    GridflowError,
    NotFound,
    RuleViolated,
    StorageAway,
)
from orchestrator.sentences import joined, say
from orchestrator.services import access, bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.records import submission_keys
from orchestrator.services.user_tasks import (
    completing,
    held_submissions,
    locked_task,
    signers,
)
from orchestrator.store.absences import StandIn
from orchestrator.store.added_signers import (
    AddedSigner,
    HeldSubmission,
    signers_of,
)
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment, UserTask

LONGEST_OPINION = 2000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Signed:
    completed: bool = False
    """Whether the task was completed by it."""
    refused: str = ""
    """Why it could not be, although all have agreed: the holder has it again."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a signer says."""

    agrees: bool
    text: str
    files: Sequence[str] = ()
    """Ids of what the person uploaded with it."""


def sign(
    task_id: str,
    opinion: Opinion,
    by: int,
    now: datetime,
    key: str | None = None,
) -> Signed:
    """Gives the opinion, with files that the person uploaded, and completes the task where it was the last
    one that was missing. The same key does it once.

    Who disagrees after the holder has submitted gives it back to the holder; where any one is enough, once
    nobody else may agree. Raises NotFound for who is not asked, TaskAlreadyClosed, RuleViolated for an
    opinion that is missing or too long.
    """
    agrees = opinion.agrees
    given = _required(opinion.text)
    with transaction() as session:
        row = locked_task.lock_alone(session, task_id)
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"signing {task_id}",
            now,
        ):
            return Signed()
        who = access.viewer(session, by, now)
        task = session.get_one(UserTask, task_id)
        request = None
        if who is not None:
            request = signers.request_of(session, who, task)
        if who is None or request is None:
            raise NotFound(task_id)
        locked_task.require_open(session, row)
        asked, absent = request
        asked.state = "given"
        asked.agrees = agrees
        asked.opinion = given
        asked.answered_by = by
        asked.answered_at = now
        session.flush()
        if asked.way == "any" and (agrees or asked.turn == "before"):
            _spare_the_others(session, asked)
        names = _adopt(session, row, opinion.files, by)
        actor = _actor(who, asked, absent)
        _remember(
            session,
            row,
            actor,
            now,
            asked,
            names,
        )
        if asked.turn == "after" and _is_lost(session, asked):
            held_submissions.end(session, task_id, "disagreed")
        kept = held_submissions.waiting(session, task_id)
        if kept is None or _is_awaited(session, task_id):
            return Signed()
        result, failure = _complete(session, kept, now)
        holder = kept.person_id
    if failure is not None:
        completing.note(task_id, failure, holder, now)
    return result


def _required(opinion: str) -> str:
    given = opinion.strip()
    if not given:
        raise RuleViolated([say("请填写加签意见")])
    if len(given) > LONGEST_OPINION:
        sentence = say(
            "意见最多写 {most} 字，现在有 {count} 字，请删减",
            most=LONGEST_OPINION,
            count=len(given),
        )
        raise RuleViolated([sentence])
    return given


def _spare_the_others(session: Session, asked: AddedSigner) -> None:
    for other in _together(session, asked):
        if other.state == "open":
            other.state = "unneeded"
    session.flush()


def _together(session: Session, asked: AddedSigner) -> list[AddedSigner]:
    return [
        signer
        for signer in signers_of(session, asked.task_id)
        if signer.request_id == asked.request_id
    ]


def _is_lost(session: Session, asked: AddedSigner) -> bool:
    """Whether those who were asked together can't agree any more."""
    if asked.agrees:
        return False
    return asked.way == "all" or not any(
        other.agrees or other.state == "open"
        for other in _together(session, asked)
    )


def _is_awaited(session: Session, task_id: str) -> bool:
    return any(
        signer.state == "open" for signer in signers_of(session, task_id)
    )


def _complete(
    session: Session, kept: HeldSubmission, now: datetime
) -> tuple[Signed, EngineError | None]:
    """Completes the task with what its holder submitted, in the transaction of the last opinion. What the
    rules or the diagram refuse goes back to him with the reason; the opinion stays."""
    task_id = kept.task_id
    failure: EngineError | None = None
    try:
        with session.begin_nested():
            completing.complete_held(session, kept, now)
        return Signed(completed=True), None
    except StorageAway:
        raise
    except GridflowError as refused:
        sentences = _reasons_of(refused)
    except EngineError as broken:
        sentences = say(
            "{message}。已记录异常并通知管理员", message=broken.message
        )
        failure = broken
    held_submissions.end(session, task_id, "refused", sentences)
    row = locked_task.lock_alone(session, task_id)
    bundle = bundles.bundle_of(session, row.definition_id)
    instance = locked_instance.from_row(
        session,
        bundle,
        row,
        locked_instance.CLOCK,
        now,
    )
    instance.remember(
        held_submissions.ENDED,
        row.element_id,
        task=task_id.rpartition(".")[2],
        why="refused",
        reason=sentences,
    )
    persistence.write_entries(instance)
    return Signed(refused=sentences), failure


def _reasons_of(refused: GridflowError) -> str:
    """What was wrong, in sentences."""
    if isinstance(refused, RuleViolated):
        return joined("；", refused.reasons)
    if isinstance(refused, FormInvalid):
        reasons = [
            sentence
            for sentences in refused.errors.values()
            for sentence in sentences
        ]
        return joined("；", [str(refused), *dict.fromkeys(reasons)])
    if isinstance(refused, NotFound):
        return say("提交人已不能办理这项任务")
    return str(refused)


def _actor(
    who: access.Viewer, asked: AddedSigner, absent: StandIn | None
) -> Actor:
    """The signer in the capacity in which he was asked."""
    body: str | None = asked.candidate
    if asked.candidate.startswith("user:"):
        bodies = absent.body_ids if absent else who.body_ids
        body = next(iter(bodies), None)
    return Actor(
        who.person_id,
        who.username,
        who.display_name,
        body,
        absent.name if absent else "",
    )


def _adopt(
    session: Session,
    row: Any,
    files: Sequence[str],
    by: int,
) -> list[str]:
    """The files become the instance's, so that the holder can read them; their names."""
    mine = sa.select(Attachment).where(
        Attachment.id.in_(files),
        Attachment.uploaded_by == by,
        Attachment.instance_id.is_(None),
    )
    names = []
    for attachment in session.scalars(mine):
        attachment.instance_id = row.id
        attachment.task_id = row.task_id
        names.append(attachment.filename)
    return names


def _remember(
    session: Session,
    row: Any,
    actor: Actor,
    now: datetime,
    asked: AddedSigner,
    files: list[str],
) -> None:
    bundle = bundles.bundle_of(session, row.definition_id)
    instance = locked_instance.from_row(
        session,
        bundle,
        row,
        actor,
        now,
    )
    task = row.task_id.rpartition(".")[2]
    instance.remember(
        "signed",
        row.element_id,
        task=task,
        turn=asked.turn,
        answer="agree" if asked.agrees else "disagree",
        reason=asked.opinion,
        files=files,
    )
    persistence.write_entries(instance)
