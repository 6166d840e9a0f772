"""Of which procedures something waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.inbox_counts import COUNT_CAP
from orchestrator.store.inbox_open import Filters, Official, open_tasks
from orchestrator.store.inbox_shapes import ListShape, shape_of
from orchestrator.store.kept_statements import rows_of
from orchestrator.store.user_tasks import (
    IS_OFFERED,
    IS_OPEN,
    UserTask,
    UserTaskCandidate,
)


def count_by_procedure(
    session: Session,
    of: Official,
    tenant_id: str,
    waiting: int,
    now: datetime | None = None,
) -> dict[str, int | None]:
    """By key of a procedure of which something waits for the person, how much; None where so much is
    `waiting` that it isn't counted. `now`: without what he has aside at this instant."""
    if waiting > COUNT_CAP:
        result = dict.fromkeys(
            _procedures_of(session, of.person_id, of.candidates, tenant_id)
        )
        for absent in of.standing_in:
            keys = _procedures_of(
                session, absent.person_id, absent.candidates, tenant_id
            )
            result |= dict.fromkeys(key for key in keys if absent.covers(key))
        return dict.fromkeys(sorted(result))
    shape, values = shape_of(session, of, Filters(tenant_id, now=now))
    rows = rows_of(session, shape.build(_by_procedure), values)
    return {row.process_key: row.waiting for row in rows}


def _by_procedure(shape: ListShape) -> Any:
    union = open_tasks(
        shape.postgresql, shape.of, shape.filters, size=COUNT_CAP
    )
    ids = sa.select(union.c.task_id).distinct().subquery()
    return (
        sa.select(UserTask.process_key, sa.func.count().label("waiting"))
        .join(ids, ids.c.task_id == UserTask.id)
        .group_by(UserTask.process_key)
        .order_by(UserTask.process_key)
    )


def _procedures_of(
    session: Session,
    person_id: int,
    candidates: Sequence[str],
    tenant_id: str,
) -> list[str]:
    keys = (
        sa.select(ProcessDefinition.key)
        .where(ProcessDefinition.tenant_id == tenant_id)
        .distinct()
    )
    known = keys.subquery()
    offered = [_first_offer(name, known.c.key) for name in candidates]
    held = sa.exists().where(
        UserTask.assignee_id == person_id,
        IS_OPEN,
        UserTask.process_key == known.c.key,
    )
    return list(
        session.scalars(
            sa.select(known.c.key)
            .where(sa.or_(held, *(first.is_not(None) for first in offered)))
            .order_by(known.c.key)
        )
    )


def _first_offer(candidate: str, process_key: Any) -> Any:
    """The offer of the procedure that is due first. In the index's order: the planner takes a procedure of
    which nothing waits for a common one, and would read the whole table for it."""
    return (
        sa.select(UserTaskCandidate.task_id)
        .where(
            UserTaskCandidate.candidate == candidate,
            IS_OFFERED,
            UserTaskCandidate.process_key == process_key,
        )
        .order_by(UserTaskCandidate.due_sort)
        .limit(1)
        .scalar_subquery()
    )
