"""What a person held goes back to its body when he leaves."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from orchestrator.errors import NotFound
from orchestrator.sentences import say
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.user_tasks import locked_task
from orchestrator.services.user_tasks.assignment import hold
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import IS_OPEN, UserTask


def release_tasks_of(person_id: int, now: datetime) -> int:
    """Gives back every open task that the person holds, and frees what he delegated; how many tasks changed.

    A task that was delegated to him returns to who delegated it; one that he delegated stays with whom has
    it, as his own. Each is a transaction of its own, so that a person with many tasks keeps nobody waiting;
    what is interrupted is taken up by the clock's sweep. Raises NotFound.
    """
    with transaction(writing=False) as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound(str(person_id))
        his = sa.or_(UserTask.assignee_id == person_id, UserTask.owner_id == person_id)
        found = session.scalars(sa.select(UserTask.id).where(IS_OPEN, his).order_by(UserTask.id)).all()
    return sum(_release(task_id, person_id, person.display_name, now) for task_id in found)


def release_task_of_former_member(task_id: str, person_id: int, name: str, now: datetime) -> bool:
    """Gives the task back to its body, whose member the person is no more; whether it changed."""
    return _release(task_id, person_id, name, now, say("已不在该办理机构"))


def _release(task_id: str, person_id: int, name: str, now: datetime, reason: str = say("人员离岗")) -> bool:
    with transaction() as session:
        row = locked_task.lock_alone(session, task_id)
        if row.task_state != "open":
            return False
        told = {"from": name, "reason": reason}
        free = {"owner_id": None, "delegation": None}
        if row.assignee_id == person_id:
            owner = row.owner_id if row.delegation == "pending" else None
            hold(session, row, now, "returned", owner, free, told, CLOCK)
        elif row.owner_id == person_id:
            hold(session, row, now, "delegation-ended", row.assignee_id, free, told, CLOCK)
        else:
            return False
        return True
