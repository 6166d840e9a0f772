"""Who is asked to do a task."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.once import once
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def asked_for(session: Session, task: UserTask) -> frozenset[str]:
    """As whom people are asked to do the task: bodies, and `user:NAME`."""

    def ask() -> frozenset[str]:
        query = sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == task.id,
        )
        return frozenset(session.scalars(query))

    return once(session, ("asked", task.id), ask)
