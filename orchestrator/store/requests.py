"""Running instances that are about another one (延期申请, 挂账申请, 督办…), and whether what they are about
still runs."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store.incidents import NOT_ENDED, Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.user_tasks import UserTask

LAPSED, SUBJECT_ENDED = "lapsed", "subject-ended"
"""Entries: the request ended with what it was about; it goes on though that was ended from outside."""
REQUEST_LAPSED = "request-lapsed"
"""Entry of the instance that the request was about."""
_SUBJECT = aliased(ProcessInstance)
_STEP = ProcessInstance.variables["task"].as_string()
"""The task that it is about, where it is about one."""
_ABOUT_A_STEP = sa.exists().where(UserTask.id == _STEP)
"""A city's own form may call a text `task`: it is about a step only where it is the id of one."""
_DONE = _ABOUT_A_STEP.where(UserTask.state != "open")
_TOLD = sa.exists().where(
    HistoryEntry.instance_id == ProcessInstance.id,
    HistoryEntry.kind == SUBJECT_ENDED,
)
_FAILED = sa.exists().where(
    Incident.instance_id == ProcessInstance.id,
    Incident.kind == NOT_ENDED,
    Incident.state == "open",
)
"""It waits for the administrator, who has it tried again."""
_ASKING = (
    sa.select(ProcessInstance.id)
    .join(_SUBJECT, _SUBJECT.id == ProcessInstance.about_id)
    .where(
        ProcessInstance.state == "active",
        ProcessInstance.about_id.is_not(None),
        ~_FAILED,
    )
    .order_by(ProcessInstance.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_LAPSED = _ASKING.where(_DONE)
_UNTOLD = _ASKING.where(_SUBJECT.state == "cancelled", ~_ABOUT_A_STEP, ~_TOLD)


def lapsed(
    session: Session,
    limit: int,
    only: str | None = None,
) -> Sequence[str]:
    """Ids of the requests about a step that is no longer open, but for those that have failed. `only`: of
    this one alone."""
    return _ids(session, _LAPSED, limit, only)


def untold(
    session: Session,
    limit: int,
    only: str | None = None,
) -> Sequence[str]:
    """Ids of the instances about a whole one that was merged, voided or withdrawn, whose record does not say
    so. `only`: of this one alone."""
    return _ids(session, _UNTOLD, limit, only)


def _ids(
    session: Session,
    query: sa.Select[str],
    limit: int,
    only: str | None,
) -> Sequence[str]:
    if only is not None:
        query = query.where(ProcessInstance.id == only)
    return session.scalars(query, {"most": limit}).all()


def about_a_step_of(session: Session, instance_id: str) -> Sequence[str]:
    """Numbers of the running requests about a step of the instance."""
    query = sa.select(ProcessInstance.business_key).where(
        ProcessInstance.about_id == instance_id,
        ProcessInstance.state == "active",
        _ABOUT_A_STEP,
    )
    return session.scalars(query.order_by(ProcessInstance.id)).all()
