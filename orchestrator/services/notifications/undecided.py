"""Those who were to decide on a request hear that there is nothing to decide any more."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import joined
from orchestrator.services.notifications import recipients
from orchestrator.services.notifications.writing import Occasion
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.user_tasks import UserTask


def of_entry(
    session: Session, request: ProcessInstance, entry: HistoryEntry
) -> Occasion:
    """What the entry by which the request lapsed tells whoever had a task of it; who asked is told anyway."""
    tasks = session.scalars(
        sa.select(UserTask).where(
            UserTask.instance_id == request.id,
            UserTask.state == "cancelled",
            UserTask.closed_at == entry.at,
        )
    ).all()
    ids = [task.id for task in tasks]
    asked = recipients.of_tasks(session, ids, entry.at, state="cancelled")
    return Occasion(
        "result",
        f"{entry.seq}.lapsed",
        set().union(*asked.values()) - {request.started_by},
        entry.at,
        step=joined("、", [task.name for task in tasks]),
        words=str(entry.data.get("reason") or ""),
    )
