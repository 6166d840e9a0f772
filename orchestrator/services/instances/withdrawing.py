"""Withdrawing (撤回) an instance that nobody has begun to handle."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, InstanceChanged, NotFound
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.instances import closing
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask


def may_cancel(
    session: Session,
    instance: ProcessInstance,
    person_id: int,
) -> bool:
    """Whether this person may withdraw it now: he started it, it runs, and nobody has completed a task of
    it."""
    if instance.state != "active" or instance.started_by != person_id:
        return False
    return not _is_begun(session, instance.id)


def _is_begun(session: Session, instance_id: str) -> bool:
    completed = sa.select(UserTask.id).where(
        UserTask.instance_id == instance_id,
        UserTask.state == "completed",
    )
    return session.scalar(completed.limit(1)) is not None


def cancel(instance_id: str, reason: str, by: int, now: datetime) -> None:
    """Withdraws (撤回) a running instance: its tasks and timers close, its record stays. Only who started it
    may.

    Raises NotFound, also for who may not see it, Forbidden, InstanceChanged when it has ended already.
    """
    with transaction() as session:
        row = session.get(ProcessInstance, instance_id, with_for_update=True)
        if row is None:
            raise NotFound(instance_id)
        if row.started_by != by:
            who = access.viewer(session, by, now)
            if who is None:
                raise NotFound(instance_id)
            access.visible_instance(session, who, instance_id)
            raise Forbidden(say("只有发起人可以撤回"))
        if row.state != "active":
            raise InstanceChanged(say("该事项已经办结，不能撤回"))
        if _is_begun(session, instance_id):
            raise InstanceChanged(
                say("该事项已有人办理，不能撤回；如需终止请联系办理机构"),
            )
        person = session.get_one(Person, by)
        values = session.execute(
            sa.select(*locked_instance.INSTANCE_COLUMNS).where(
                ProcessInstance.id == instance_id,
            ),
        ).one()
        bundle = bundles.bundle_of(session, row.definition_id)
        instance = locked_instance.from_row(
            session,
            bundle,
            values,
            Actor(
                by,
                person.username,
                person.display_name,
                row.started_by_body,
            ),
            now,
        )
        closing.close(session, instance, "cancelled", reason=reason)
