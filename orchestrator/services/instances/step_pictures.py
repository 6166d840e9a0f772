"""The photographs, videos and recordings of an instance by the step at which they were given, so that what
was found and what was done stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services.instances.history_parts import (
    HistoryPart,
    numbers_of_tasks,
)
from orchestrator.services.user_tasks.enclosures import SIGNATURE
from orchestrator.store.user_tasks import Attachment, UserTask


@dataclass(frozen=True, slots=True)
class PictureGroup:
    """What was given at one step."""

    step: str
    """Its name; `登记时` for what came with the instance itself."""
    at: datetime
    files: Sequence[Attachment]

    @property
    def pictures(self) -> list[Attachment]:
        return [file for file in self.files if is_picture(file)]


def is_picture(file: Attachment) -> bool:
    """Whether it is a photograph that a page can show."""
    return file.content_type.startswith("image/")


def groups(
    session: Session, files: Sequence[Attachment]
) -> list[PictureGroup]:
    """Those of the files that a page shows or plays, step by step, the earliest first."""
    shown = [
        file
        for file in files
        if file.field_key != SIGNATURE
        and file.content_type.partition("/")[0] in ("image", "video", "audio")
    ]
    of_step: dict[str, list[Attachment]] = {}
    for file in sorted(
        shown, key=lambda attachment: (attachment.uploaded_at, attachment.id)
    ):
        of_step.setdefault(file.task_id or "", []).append(file)
    names = _names(session, [task for task in of_step if task])
    return [
        PictureGroup(
            names.get(task, say("登记时")), given[0].uploaded_at, given
        )
        for task, given in of_step.items()
    ]


def of_part(
    session: Session,
    instance_id: str,
    part: HistoryPart,
    files: Sequence[Attachment],
) -> Sequence[Attachment]:
    """Those of an instance's files that were given in that part of its history; what no step was completed
    with stands in the last part."""
    if part.whole:
        return files
    numbers = numbers_of_tasks(session, instance_id)
    attachments = []
    for file in files:
        given = 1
        if file.task_id:
            given = numbers.get(file.task_id, part.total)
        if part.first <= given <= part.last:
            attachments.append(file)
    return attachments


def count_pictures(files: Sequence[Attachment]) -> int:
    """How many photographs are among the files; a signature is none."""
    return sum(
        is_picture(file) and file.field_key != SIGNATURE for file in files
    )


def _names(session: Session, task_ids: Sequence[str]) -> dict[str, str]:
    if not task_ids:
        return {}
    rows = session.execute(
        sa.select(UserTask.id, UserTask.name).where(UserTask.id.in_(task_ids))
    )
    return {row.id: row.name for row in rows}
