"""Who is asked to sign a task, and what was submitted for it and waits for those who sign after, or
waited."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.services import user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances.case_view import besides_of
from orchestrator.store import added_signers as queries
from orchestrator.store.absences import StandIn
from orchestrator.store.added_signers import AddedSigner, HeldSubmission
from orchestrator.store.once import once
from orchestrator.store.user_tasks import UserTask
from web.auth import who


def held_of_task(task: UserTask) -> HeldSubmission | None:
    """What waits for those who sign after, or what waited and the reader submitted himself."""
    if (
        task.state != "open"
        or not besides_of(reading(), who(), task.instance_id).signers
    ):
        return None
    return once(
        reading(),
        ("held", who(), task.id),
        lambda: user_tasks.held_submissions.of_reader(
            reading(), task.id, who().person_id
        ),
    )


def signers_of_task(task: UserTask) -> Sequence[AddedSigner]:
    """Whom the holder asked to sign."""
    if not besides_of(reading(), who(), task.instance_id).signers:
        return ()
    return once(
        reading(),
        ("signers", task.id),
        lambda: queries.signers_of(reading(), task.id),
    )


def my_request(
    task: UserTask,
) -> tuple[AddedSigner, StandIn | None] | None:
    """The request that the reader has to answer, and for whom he does it as a deputy."""
    if task.state != "open" or not signers_of_task(task):
        return None
    return once(
        reading(),
        ("request", who(), task.id),
        lambda: user_tasks.signers.request_of(reading(), who(), task),
    )
