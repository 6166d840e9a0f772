"""What waits for others: open tasks of instances that a person applied for or acted on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from orchestrator.store.inbox_open import Official
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import IS_OPEN, UserTask, UserTaskCandidate

MOST_FOLLOWED = 500
"""Of the running instances that he applied for, and of the tasks that he did last, so many are followed."""


def with_others(of: Official) -> Any:
    """Ids of the open tasks that others have, of instances that the person began or acted on."""
    begun = (
        sa.select(ProcessInstance.id)
        .where(
            ProcessInstance.started_by == of.person_id,
            ProcessInstance.state == sa.literal_column("'active'"),
        )
        .order_by(ProcessInstance.started_at.desc())
        .limit(MOST_FOLLOWED)
        .subquery()
    )
    acted = (
        sa.select(UserTask.instance_id)
        .where(UserTask.closed_by == of.person_id)
        .order_by(UserTask.closed_at.desc())
        .limit(MOST_FOLLOWED)
        .subquery()
    )
    followed = sa.union(
        sa.select(begun.c.id),
        sa.select(acted.c.instance_id),
    ).subquery()
    # Looked up for each of the few tasks: for a condition EXISTS, PostgreSQL would read all that his bodies
    # ever had.
    offer = (
        sa.select(UserTaskCandidate.task_id)
        .where(
            UserTaskCandidate.task_id == UserTask.id,
            UserTaskCandidate.candidate.in_(of.candidates),
        )
        .limit(1)
        .scalar_subquery()
    )
    his = sa.case(
        (
            UserTask.assignee_id.is_not(None),
            UserTask.assignee_id == of.person_id,
        ),
        else_=offer.is_not(None),
    )
    return (
        sa.select(UserTask.id.label("task_id"))
        .select_from(followed)
        .join(
            UserTask,
            sa.and_(UserTask.instance_id == followed.c.id, IS_OPEN),
        )
        .where(~his)
    )
