"""加签和减签: the holder of a task asks others for their opinion, before he submits it or after, and takes
them off again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services import access, bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.records import submission_keys, submitted
from orchestrator.services.records.ids import new_id
from orchestrator.services.user_tasks import (
    enclosures,
    held_submissions,
    locked_task,
)
from orchestrator.services.user_tasks.addressees import find_addressees
from orchestrator.services.user_tasks.assignment import Holding, hold
from orchestrator.store.absences import StandIn
from orchestrator.store.added_signers import (
    AddedSigner,
    HeldSubmission,
    signers_of,
    tasks_to_sign,
)
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask

MOST_SIGNERS = 20
"""Open ones of one task."""
TURNS = {"before": say("提交前加签"), "after": say("提交后加签")}
WAYS = {"all": say("全部"), "any": say("任一")}


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """Who is asked for an opinion, and how."""

    to: str
    """The bodies and people, as somebody wrote them."""
    turn: str
    """One of TURNS."""
    way: str
    """One of WAYS."""
    reason: str


def add(
    task_id: str,
    request: SignatureRequest,
    by: int,
    now: datetime,
    key: str | None = None,
) -> list[str]:
    """加签: those whom the request names are asked for their opinion; their names. The same key does it once.

    The task becomes the person's who asks. Raises what `claim` does, RuleViolated for names that do not go
    and for somebody who is asked already.
    """
    turn = request.turn
    if turn not in TURNS or request.way not in WAYS:
        raise RuleViolated([say("请选择加签的先后和方式")])
    with transaction() as session:
        row = _held(session, task_id, by, now)
        result = find_addressees(session, row.tenant_id, request.to)
        if not submission_keys.is_new(
            session,
            by,
            key,
            f"asking for signatures {task_id}",
            now,
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
        _ask(session, row, request, result, now)
        if turn == "before" or held_submissions.waiting(session, task_id):
            asked_now = sorted(result)
        else:
            asked_now = []
        details = {
            "to": list(result.values()),
            "signers": asked_now,
            "turn": turn,
            "way": request.way,
        }
        hold(
            session,
            row,
            now,
            Holding(
                "signers-added",
                locked_task.holder(row),
                details={**details, "reason": request.reason},
            ),
        )
        return list(result.values())


def _ask(
    session: Session,
    row: Any,
    request: SignatureRequest,
    names: Mapping[str, str],
    now: datetime,
) -> None:
    """A row for each who is asked by the locked person; `names` by candidate."""
    request_id = new_id(now)
    session.add_all(
        AddedSigner(
            id=new_id(now),
            instance_id=row.id,
            task_id=row.task_id,
            request_id=request_id,
            turn=request.turn,
            way=request.way,
            candidate=candidate,
            name=name,
            asked_by=row.person_id,
            asked_at=now,
            reason=request.reason,
            state="open",
            opinion="",
        )
        for candidate, name in names.items()
    )
    session.flush()


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
        row = _held(
            session,
            signer.task_id,
            by,
            now,
        )
        session.refresh(signer, with_for_update=True)
        if signer.state != "open":
            raise NotFound(signer_id)
        signer.state = "removed"
        session.flush()
        held_submissions.end(session, signer.task_id, "removed")
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


def still_disagree(
    session: Session,
    task_id: str,
    data: Mapping[str, Any],
    files: Sequence[str],
) -> bool:
    """Whether what is submitted, with the files beside its form, has to wait for those who sign after; they
    are asked for that.

    Who agreed to the same is not asked again; what was changed since is another thing to agree to.
    """
    before = held_submissions.last(session, task_id)
    changed = not is_same(session, before, data, files)
    requests: dict[str, list[AddedSigner]] = {}
    for signer in signers_of(session, task_id):
        if signer.turn == "after":
            requests.setdefault(signer.request_id, []).append(signer)
    for asked in requests.values():
        if changed or not is_agreed(asked):
            _ask_again(asked, changed)
    session.flush()
    return bool(awaited(session, task_id, "after"))


def is_agreed(asked: Sequence[AddedSigner]) -> bool:
    """Whether those who were asked together have agreed: all of them, or one where any was asked."""
    agreeing = [signer for signer in asked if signer.agrees]
    if asked[0].way == "any":
        return bool(agreeing)
    return len(agreeing) == len(asked)


def _ask_again(asked: Sequence[AddedSigner], changed: bool) -> None:
    for signer in asked:
        if changed or not signer.agrees:
            signer.state = "open"
            signer.agrees = None
            signer.opinion = ""
            signer.answered_by = signer.answered_at = None


def is_same(
    session: Session,
    before: HeldSubmission | None,
    data: Mapping[str, Any],
    files: Sequence[str],
) -> bool:
    """Whether it was submitted before just so, with the same files beside the form."""
    if before is None:
        return False
    written = dict(before.data)
    earlier = enclosures.files_of(written.pop(enclosures.KEPT, {}))
    return submitted.digest(
        session, {**written, "": earlier}
    ) == submitted.digest(session, {**data, "": list(files)})


def hold_submission(
    session: Session,
    row: Any,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keeps what the locked person submitted until those who sign after him have agreed; they are asked."""
    held_submissions.put(session, row.task_id, row.person_id, data, now)
    asked = [
        signer.candidate
        for signer in signers_of(session, row.task_id)
        if signer.state == "open" and signer.turn == "after"
    ]
    hold(
        session,
        row,
        now,
        Holding(
            "submission-held",
            locked_task.holder(row),
            details={"signers": sorted(asked)},
        ),
    )


def request_of(
    session: Session, who: access.Viewer, task: UserTask
) -> tuple[AddedSigner, StandIn | None] | None:
    """The request that the person answers, and the absent person for whom he does; None where he is not
    asked. What he is asked himself comes before what his bodies are, and that before what the absent are.

    Nobody answers as a deputy what he asked himself, on a task that he holds, or where he applied.
    """
    due = [
        signer
        for signer in signers_of(session, task.id)
        if signer.state == "open"
    ]
    if any(
        signer.turn == "after" for signer in due
    ) and not held_submissions.waiting(session, task.id):
        due = [signer for signer in due if signer.turn == "before"]
    own = f"user:{who.username}"
    his = [signer for signer in due if signer.candidate in who.addresses]
    if his:
        return min(his, key=lambda signer: signer.candidate != own), None
    if not who.standing_in or access.applied_himself(session, who, task):
        return None
    for signer in due:
        if who.person_id in (signer.asked_by, task.assignee_id):
            continue
        for absent in who.standing_in:
            if (
                absent.covers(task.process_key)
                and signer.candidate in absent.candidates
            ):
                return signer, absent
    return None


def addresses_of(who: access.Viewer) -> list[str]:
    """As whom he may be asked to sign: his addresses, and those of the people for whom he stands in."""
    absent = [stand_in.candidates for stand_in in who.standing_in]
    return [*who.addresses, *chain.from_iterable(absent)]


def to_sign(session: Session, who: access.Viewer) -> list[Any]:
    """(signer, task) of the open tasks on which the person is asked to sign, for himself or as a deputy."""
    rows = tasks_to_sign(session, addresses_of(who))
    if not who.standing_in:
        return list(rows)
    return [
        row
        for row in rows
        if row.AddedSigner.candidate in who.addresses
        or _is_for_the_deputy(session, who, row)
    ]


def _is_for_the_deputy(session: Session, who: access.Viewer, row: Any) -> bool:
    found = request_of(session, who, row.UserTask)
    return found is not None and found[0].id == row.AddedSigner.id


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
