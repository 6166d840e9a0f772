"""The rows of an instance that moves to another version, and the words for them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.sentences import say
from orchestrator.services.execution import due_dates
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
    RowChanges,
)
from orchestrator.services.instances import migration_obstacles
from orchestrator.store.timers import Deadline, TimerJob


class MovedRows:
    def __init__(
        self,
        running: LockedInstance,
        migration: engine.Migration,
        left: engine.Definition,
    ) -> None:
        self.left = left
        """The version that the instance leaves."""
        self.running = running
        self.session = running.session
        self.step = RowChanges(running)
        self.migration = migration
        self.directory = migration_obstacles.directory(running, migration)
        self.changed: list[str] = []
        """What changed, in words."""
        self.task_entries: list[dict[str, object]] = []
        """What the history keeps of tasks that are asked of others or due at another time."""
        self.zone = ZoneInfo(running.bundle.jurisdiction.timezone)
        of_instance = Deadline.instance_id == running.id
        self.ledgers = {
            row.id: row
            for row in self.session.scalars(
                sa.select(Deadline).where(of_instance),
            )
        }
        planned = sa.and_(
            TimerJob.instance_id == running.id,
            TimerJob.state == "planned",
        )
        self.timers = {
            row.id: row
            for row in self.session.scalars(sa.select(TimerJob).where(planned))
        }
        self.tasks = {
            self._row_id(after.task_id): after
            for _before, after in migration.tasks
        }

    def _called(self, element_id: str) -> str:
        element = self.running.bundle.definition.elements.get(
            element_id,
        ) or self.left.elements.get(element_id)
        return (element.name if element is not None else "") or say("时限")

    def _moment(self, at: datetime | None) -> str:
        if at is None or at >= FAR_FUTURE:
            return say("无期限")
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _row_id(self, task_id: str) -> str:
        return f"{self.running.id}.{task_id}"

    def _instant(self, text: str | None, start: datetime) -> datetime | None:
        if not text:
            return None
        try:
            return due_dates.read(
                self.running.bundle.jurisdiction,
                text,
                start,
            ).at
        except (due_dates.DueTextInvalid, due_dates.DeadlineUnknown):
            return None
