"""What was asked about a step of another instance (延期, 挂账) ends when that step is done or its instance
has ended: the clock ends it, so that it does not matter on which version of the procedure it runs.

Whatever is about a whole instance (督办, a meeting) goes on: an answer is owed even where the case was
declared void. Its record says that the case has ended, and whoever has a task of it is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import (
    CLOCK,
    INSTANCE_COLUMNS,
    LockedInstance,
)
from orchestrator.services.execution.persistence import related_instances
from orchestrator.services.instances import closing
from orchestrator.services.records.ids import new_id
from orchestrator.store import requests
from orchestrator.store.incidents import NOT_ENDED, Incident
from orchestrator.store.instances import RUNNING, ProcessInstance
from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask

MOST = 200
"""Requests of one round; the rest wait for the next."""
log = logging.getLogger("gridflow.clock")


def end_all(now: datetime) -> int:
    """Ends the requests whose step is no longer open; returns how many. May run twice."""
    with transaction(writing=False) as session:
        lapsed = requests.lapsed(session, MOST)
        untold = requests.untold(session, MOST)
    for instance_id in untold:
        _apart(instance_id, now, requests.untold, _tell)
    return sum(
        _apart(instance_id, now, requests.lapsed, _end)
        for instance_id in lapsed
    )


def _apart(
    instance_id: str,
    now: datetime,
    still: Callable[[Session, int, str], Sequence[str]],
    act: Callable[[LockedInstance], None],
) -> bool:
    """Does it in a transaction of its own; False where somebody was quicker, or it failed: that becomes an
    incident, and the round goes on."""
    try:
        with transaction() as session:
            row = session.execute(
                sa.select(*INSTANCE_COLUMNS)
                .where(
                    ProcessInstance.id == instance_id,
                    ProcessInstance.state == "active",
                )
                .with_for_update(of=ProcessInstance),
            ).first()
            # Another clock may have done it while this one waited for the lock.
            if row is None or not still(session, 1, instance_id):
                return False
            bundle = bundles.bundle_of(session, row.definition_id)
            act(
                locked_instance.from_row(
                    session,
                    bundle,
                    row,
                    CLOCK,
                    now,
                ),
            )
    except (OperationalError, InterfaceError):
        # The database is away or busy: the next round tries again.
        log.exception("request %s could not be ended yet", instance_id)
        return False
    except Exception as failure:
        log.exception("request %s could not be ended", instance_id)
        _note(instance_id, failure, now)
        return False
    return True


def _note(instance_id: str, failure: Exception, now: datetime) -> None:
    """The administrator has an incident of it; nobody tries it again before he has settled that."""
    with transaction() as session:
        row = session.get_one(
            ProcessInstance, instance_id, with_for_update=True
        )
        noted = sa.select(Incident.id).where(
            Incident.instance_id == instance_id,
            Incident.kind == NOT_ENDED,
            Incident.state == "open",
        )
        if session.scalar(noted) is not None:
            return
        message = say(
            "所涉步骤或事项已经终止，这项申请没有能够随之终止（{name}：{failure}）。请排除原因后重试",
            name=type(failure).__name__,
            failure=failure,
        )
        session.add(
            Incident(
                id=new_id(now),
                tenant_id=row.tenant_id,
                instance_id=instance_id,
                kind=NOT_ENDED,
                message=message,
                details={},
                state="open",
                created_at=now,
            )
        )


def _end(request: LockedInstance) -> None:
    reason = _reason(request.session, request.id)
    related_instances.write_entry(
        request, requests.REQUEST_LAPSED, {"reason": reason}
    )
    closing.close(request.session, request, requests.LAPSED, reason=reason)


def _tell(instance: LockedInstance) -> None:
    reason = _reason(instance.session, instance.id)
    instance.remember(requests.SUBJECT_ENDED, None, reason=reason)
    persistence.write_entries(instance)


def _reason(session: Session, instance_id: str) -> str:
    """What has become of the step or the instance that it is about."""
    row = session.get_one(ProcessInstance, instance_id)
    subject = session.get_one(ProcessInstance, row.about_id)
    if subject.state in RUNNING:
        task = session.get(UserTask, str(row.variables.get("task")))
        return say(
            "“{step}”已经办结或不再办理，不必再审批",
            step=task.name if task is not None else "",
        )
    case = session.get(GridCase, subject.id)
    if case is not None and case.state == "merged":
        main = session.get_one(GridCase, case.merged_into)
        return say("所涉事项已并入 {into}", into=main.case_no)
    if case is not None and case.state == "void":
        return say("所涉事项已作废")
    if subject.state == "cancelled":
        return say("所涉事项已撤回")
    return say("所涉事项已经办结")
