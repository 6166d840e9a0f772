"""The instance that another one is about, as who decides on the other needs it: what was reported, and
what runs until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Destroyed, NotFound
from orchestrator.services import bundles
from orchestrator.services.access import Viewer, visible_instance
from orchestrator.services.instances import history_parts, open_tasks
from orchestrator.services.instances.entry_remarks import Names
from orchestrator.services.instances.history_parts import HistoryPart
from orchestrator.services.instances.open_tasks import OpenTask
from orchestrator.services.instances.timeline import Moves, timeline_of
from orchestrator.services.records import sights
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import Attachment


@dataclass(frozen=True)
class Subject:
    instance: ProcessInstance
    facts: Sequence[tuple[str, str]]
    """What it began with, as a person reads it."""
    open_tasks: Sequence[OpenTask]


def subject_of(
    session: Session,
    who: Viewer,
    instance: ProcessInstance,
    now: datetime,
) -> Subject | None:
    """The instance that `instance` is about; None when it is about none, or about one that the viewer may not
    see."""
    if instance.about_id is None:
        return None
    try:
        about = visible_instance(session, who, instance.about_id)
    except (Destroyed, NotFound):
        return None
    bundle = bundles.bundle_of(session, about.definition_id)
    began = history_parts.page_of(
        session,
        about.id,
        HistoryPart(1, 1, about.history_seq),
    )
    moves = Moves.of(session, bundle, about.id)
    files = sa.select(Attachment.id, Attachment.filename).where(
        Attachment.instance_id == about.id,
    )
    names = Names({}, {}, dict(session.execute(files).all()))
    lines = timeline_of(session, moves, about, began, names)
    if any(line.graded for line in lines):
        sight = sights.sight(session, who, about, now)
        names = replace(names, sight=sight)
        lines = timeline_of(session, moves, about, began, names)
    rows = open_tasks.rows_of(session, about.id)
    return Subject(
        about,
        [fact for line in lines for fact in line.facts],
        open_tasks.shown(session, bundle, rows, (), now),
    )
