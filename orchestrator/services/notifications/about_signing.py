"""What people are notified of when somebody is asked to sign (加签), answers, or need not any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services.notifications import recipients
from orchestrator.services.notifications.writing import Occasion
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.user_tasks import UserTask

KINDS = frozenset(
    {"signers-added", "submission-held", "signed", "submission-ended"}
)
"""Of entries about those who are asked to sign, and what waits for them."""


def occasion(
    session: Session,
    entry: HistoryEntry,
    task: UserTask,
    on_task: Callable[[str], Occasion],
) -> Occasion:
    """Who is asked to sign is told so, and his deputy; who asked is told the answer. Whose submission waits
    no more is told why: he has the task again, or somebody else has it.

    `on_task`: the notification of that kind for those who have the task.
    """
    why = entry.data.get("why")
    if entry.kind == "signed" or why == "refused":
        return on_task("returned")
    if entry.kind == "submission-ended":
        return replace(
            on_task("result"),
            people={int(entry.data["writer"])} - {entry.actor_id},
            task_id=None,
            step=say("提交不再等待加签：{name}", name=task.name),
            due_at=None,
        )
    people = recipients.asked_to_sign(
        session,
        [str(signer) for signer in entry.data.get("signers", ())],
        task.process_key,
        entry.at,
    )
    return replace(on_task("assigned"), people=people - {entry.actor_id})
