"""A signer gives his opinion on a task; once the last one who signs after its holder has agreed, what the
holder submitted counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.records import submission_keys
from orchestrator.services.user_tasks import (
    completing,
    enclosures,
    locked_task,
    signers,
)
from orchestrator.store.added_signers import AddedSigner
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment

LONGEST_OPINION = 2000
"""Characters."""


def sign(
    task_id: str,
    agrees: bool,
    opinion: str,
    by: int,
    now: datetime,
    files: Sequence[str] = (),
    key: str | None = None,
) -> bool:
    """Gives the opinion, with files that the person uploaded; whether the task was completed by it. The same
    key does it once.

    Who disagrees after the holder has submitted gives it back to the holder. Raises NotFound for who is not
    asked, TaskAlreadyClosed, RuleViolated for an opinion that is missing or too long.
    """
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
    with transaction() as session:
        row = locked_task.lock_alone(session, task_id)
        if not submission_keys.is_new(
            session, by, key, f"signing {task_id}", now
        ):
            return False
        who = access.viewer(session, by, now)
        asked = None
        if who is not None:
            asked = _asked(session, task_id, who)
        if who is None or asked is None:
            raise NotFound(task_id)
        locked_task.require_open(session, row)
        asked.state = "given"
        asked.agrees = agrees
        asked.opinion = given
        asked.answered_by = by
        asked.answered_at = now
        if asked.way == "any":
            others = (
                AddedSigner.request_id == asked.request_id,
                AddedSigner.state == "open",
            )
            session.flush()
            session.execute(
                sa.update(AddedSigner).where(*others).values(state="unneeded")
            )
        names = _adopt(session, row, files, by)
        body: str | None = asked.candidate
        if asked.candidate.startswith("user:"):
            body = next(iter(who.body_ids), None)
        _remember(
            session,
            row,
            Actor(by, who.username, who.display_name, body),
            now,
            asked,
            names,
        )
        kept = signers.held(session, task_id)
        if kept is not None and not agrees:
            signers.drop_held(session, task_id)
            kept = None
        ready = kept is not None and not signers.awaited(
            session, task_id, "after"
        )
    if ready:
        return _complete(task_id, now)
    return False


def _complete(task_id: str, now: datetime) -> bool:
    """Completes the task with what its holder submitted; if that can't be any more, he has it again."""
    with transaction(writing=False) as session:
        kept = signers.held(session, task_id)
        if kept is None:
            return False
        person_id = kept.person_id
        data = dict(kept.data)
        enclosed = enclosures.Enclosed(kept=data.pop(enclosures.KEPT, {}))
    try:
        completing.complete(task_id, data, person_id, now, enclosed=enclosed)
    except Exception:
        with transaction() as session:
            signers.drop_held(session, task_id)
        raise
    return True


def _asked(
    session: Session, task_id: str, who: access.Viewer
) -> AddedSigner | None:
    """The open request that the person answers: his own before his bodies'."""
    query = sa.select(AddedSigner).where(
        AddedSigner.task_id == task_id,
        AddedSigner.state == "open",
        AddedSigner.candidate.in_(who.addresses),
    )
    added_signers = session.scalars(
        query.order_by(AddedSigner.asked_at).with_for_update()
    ).all()
    return min(
        added_signers,
        key=lambda added_signer: (
            not added_signer.candidate.startswith("user:")
        ),
        default=None,
    )


def _adopt(
    session: Session, row: Any, files: Sequence[str], by: int
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
    instance = locked_instance.from_row(session, bundle, row, actor, now)
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
