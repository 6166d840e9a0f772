"""Retiring a procedure (停用): it takes no new instances from a day on, what runs ends; and its undoing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.designing.publishing import FURTHEST
from orchestrator.services.instances import event_starts
from orchestrator.services.records.ids import new_id
from orchestrator.store.definitions import (
    Deployment,
    newest_deployment,
    version_in_force,
)
from orchestrator.store.retirements import Retirement, retirements
from orchestrator.store.session import transaction


def retire(
    tenant_id: str,
    process_key: str,
    from_at: datetime | None,
    reason: str,
    by: int,
    now: datetime,
) -> None:
    """The procedure takes no new instances from then on, without a day from now on. Raises NotFound,
    RuleViolated for a day out of reach or a procedure that is retired already."""
    if from_at is not None and not now < from_at <= now + FURTHEST:
        raise RuleViolated(
            [say("停用日期应在今天之后、一年之内；不填表示立即停用")]
        )
    with transaction() as session:
        _one_at_a_time(session, tenant_id)
        if version_in_force(session, tenant_id, process_key, None) is None:
            raise NotFound(process_key)
        if process_key in retirements(session, tenant_id):
            raise RuleViolated([say("这个流程已经停用，请刷新页面查看")])
        session.add(
            Retirement(
                id=new_id(now),
                tenant_id=tenant_id,
                process_key=process_key,
                from_at=from_at or now,
                reason=reason,
                decided_by=by,
                decided_at=now,
            )
        )


def bring_back(
    tenant_id: str,
    process_key: str,
    by: int,
    now: datetime,
) -> None:
    """The procedure takes new instances again; its timers run from now on. Raises NotFound where it is not
    retired."""
    with transaction() as session:
        _one_at_a_time(session, tenant_id)
        retirement = retirements(session, tenant_id).get(process_key)
        if retirement is None:
            raise NotFound(process_key)
        retirement.undone_by = by
        retirement.undone_at = now
        session.flush()
        if retirement.from_at <= now:
            event_starts.resume(session, tenant_id, [process_key], now)


def _one_at_a_time(session: Session, tenant_id: str) -> None:
    newest = newest_deployment(session, tenant_id)
    if newest is None:
        raise NotFound(tenant_id)
    session.get_one(Deployment, newest.id, with_for_update=True)
