"""已阅: a person has looked at tasks of his inbox; they are no longer new to him."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from orchestrator.services import access
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import (
    IS_OPEN,
    ReadTask,
    UserTask,
    UserTaskCandidate,
)


def mark_read(
    who: access.Viewer,
    task_ids: Collection[str],
    now: datetime,
) -> int:
    """Notes that he has looked at those of the tasks that are open and wait for him, or for somebody for whom
    he stands in; how many were new."""
    addresses = list(who.addresses)
    holders = [who.person_id]
    for absent in who.standing_in:
        addresses += absent.candidates
        holders.append(absent.person_id)
    offered = sa.exists().where(
        UserTaskCandidate.task_id == UserTask.id,
        UserTaskCandidate.candidate.in_(addresses),
    )
    read = sa.exists().where(
        ReadTask.task_id == UserTask.id,
        ReadTask.person_id == who.person_id,
    )
    with transaction() as session:
        results = session.scalars(
            sa.select(UserTask.id).where(
                UserTask.id.in_(task_ids),
                IS_OPEN,
                sa.or_(offered, UserTask.assignee_id.in_(holders)),
                ~read,
            ),
        ).all()
        session.add_all(
            ReadTask(person_id=who.person_id, task_id=task_id, read_at=now)
            for task_id in results
        )
        return len(results)
