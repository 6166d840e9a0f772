"""What was submitted for a task and waits for those who sign after, or waited."""

from __future__ import annotations

from orchestrator.services import user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.added_signers import HeldSubmission
from orchestrator.store.besides import besides
from orchestrator.store.once import once
from orchestrator.store.user_tasks import UserTask
from web.auth import who


def held_of_task(task: UserTask) -> HeldSubmission | None:
    """What waits for those who sign after, or what waited and the reader submitted himself."""
    if (
        task.state != "open"
        or not besides(reading(), task.instance_id).signers
    ):
        return None
    return once(
        reading(),
        ("held", who(), task.id),
        lambda: user_tasks.held_submissions.of_reader(
            reading(), task.id, who().person_id
        ),
    )
