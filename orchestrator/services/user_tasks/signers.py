"""加签和减签: the holder of a task asks others for their opinion, before he submits it or after, and takes
them off again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.records import submission_keys
from orchestrator.services.records.ids import new_id
from orchestrator.services.user_tasks import locked_task
from orchestrator.services.user_tasks.addressees import find_addressees
from orchestrator.services.user_tasks.assignment import hold
from orchestrator.store.added_signers import (
    AddedSigner,
    HeldSubmission,
    signers_of,
)
from orchestrator.store.session import transaction

MOST_SIGNERS = 20
"""Open ones of one task."""
TURNS = {"before": say("提交前加签"), "after": say("提交后加签")}
WAYS = {"all": say("全部"), "any": say("任一")}


def add(
    task_id: str,
    to: str,
    turn: str,
    way: str,
    reason: str,
    by: int,
    now: datetime,
    key: str | None = None,
) -> list[str]:
    """加签: those named in `to` (bodies, people) are asked for their opinion; their names. The same key does
    it once.

    `turn` is one of TURNS, `way` one of WAYS. The task becomes the person's who asks. Raises what `claim`
    does, RuleViolated for names that do not go and for somebody who is asked already.
    """
    if turn not in TURNS or way not in WAYS:
        raise RuleViolated([say("请选择加签的先后和方式")])
    with transaction() as session:
        row = _held(session, task_id, by, now)
        result = find_addressees(session, row.tenant_id, to)
        if not submission_keys.is_new(
            session, by, key, f"asking for signatures {task_id}", now
        ):
            return list(result.values())
        asked = [
            signer
            for signer in signers_of(session, task_id)
            if signer.state == "open"
        ]
        reasons = _refused(row, result, asked)
        if reasons:
            raise RuleViolated(reasons)
        request_id = new_id(now)
        session.add_all(
            AddedSigner(
                id=new_id(now),
                instance_id=row.id,
                task_id=task_id,
                request_id=request_id,
                turn=turn,
                way=way,
                candidate=key,
                name=name,
                asked_by=by,
                asked_at=now,
                reason=reason,
                state="open",
                opinion="",
            )
            for key, name in result.items()
        )
        session.flush()
        details = {
            "to": list(result.values()),
            "signers": sorted(result),
            "turn": turn,
            "way": way,
        }
        hold(
            session,
            row,
            now,
            "signers-added",
            locked_task.holder(row),
            told={**details, "reason": reason},
        )
        return list(result.values())


def _refused(
    row: Any, result: Mapping[str, str], asked: list[AddedSigner]
) -> list[str]:
    known = {added_signer.candidate for added_signer in asked}
    reasons = [
        say("{name}已经加签，不必再加", name=name)
        for key, name in result.items()
        if key in known
    ]
    if f"user:{row.username}" in result:
        reasons.append(say("不能给自己加签"))
    if len(known) + len(result) > MOST_SIGNERS:
        reasons.append(
            say("一项任务最多同时加签 {most} 个", most=MOST_SIGNERS)
        )
    return reasons


def remove(signer_id: str, by: int, now: datetime) -> None:
    """减签: somebody who has not answered is asked no more; what waited for him is to be submitted again.
    Raises NotFound, also once he has answered."""
    with transaction() as session:
        signer = session.get(AddedSigner, signer_id)
        if signer is None:
            raise NotFound(signer_id)
        row = _held(session, signer.task_id, by, now)
        session.refresh(signer, with_for_update=True)
        if signer.state != "open":
            raise NotFound(signer_id)
        signer.state = "removed"
        session.flush()
        drop_held(session, signer.task_id)
        instance = locked_instance.from_row(
            session,
            bundles.bundle_of(session, row.definition_id),
            row,
            locked_task.actor(row),
            now,
        )
        task = row.task_id.rpartition(".")[2]
        instance.remember(
            "signer-removed", row.element_id, task=task, to=[signer.name]
        )
        persistence.write_entries(instance)


def awaited(session: Session, task_id: str, turn: str) -> list[str]:
    """Names of those whose opinion is still wanted, before or after the holder's."""
    return [
        signer.name
        for signer in signers_of(session, task_id)
        if signer.state == "open" and signer.turn == turn
    ]


def require_answers(session: Session, task_id: str) -> None:
    """Raises RuleViolated while somebody who signs before has not given his opinion."""
    names = awaited(session, task_id, "before")
    if names:
        raise RuleViolated(
            [
                say(
                    "还在等 {names} 的加签意见，收到后再提交，或者先减签",
                    names=joined("、", names),
                )
            ]
        )


def hold_submission(
    session: Session, row: Any, data: Mapping[str, Any], now: datetime
) -> None:
    """Keeps what the locked person submitted until those who sign after him have agreed."""
    session.merge(
        HeldSubmission(
            task_id=row.task_id,
            person_id=row.person_id,
            data=dict(data),
            held_at=now,
        )
    )
    session.flush()
    hold(session, row, now, "submission-held", locked_task.holder(row))


def held(session: Session, task_id: str) -> HeldSubmission | None:
    """What was submitted for the task and waits for those who sign after."""
    return session.get(HeldSubmission, task_id)


def drop_held(session: Session, task_id: str) -> None:
    """What was submitted waits no more: it is to be submitted again."""
    session.execute(
        sa.delete(HeldSubmission).where(HeldSubmission.task_id == task_id)
    )


def _held(session: Session, task_id: str, by: int, now: datetime) -> Any:
    row = locked_task.lock(session, task_id, by, now=now)
    locked_task.require_open(session, row)
    locked_task.require_hold(session, row)
    if row.delegation == "pending":
        raise Forbidden(
            say("这项任务是委派给您的，不能加签，请填写意见后交回委派人")
        )
    if (
        row.acting_body is None
        and not row.named
        and row.assignee_id != row.person_id
    ):
        raise Forbidden(say("只有办理人可以加签"))
    return row
