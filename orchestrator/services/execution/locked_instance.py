"""A process instance while one transaction changes it: what the use cases load and `persistence` writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.calendar import (
    WHOLE_JURISDICTION,
    CountedFor,
    WorkCalendar,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import day_layers
from orchestrator.services.execution.instance import (
    CLOCK,
    Actor,
    Instance,
    without_empty,
)
from orchestrator.services.records import history
from orchestrator.store.calendars import CalendarVersion
from orchestrator.store.instances import ProcessInstance

__all__ = [
    "CLOCK",
    "INSTANCE_COLUMNS",
    "Actor",
    "LockedInstance",
    "calendar",
    "calendar_of_profile",
    "from_row",
]


@dataclass(kw_only=True)
class LockedInstance(Instance):
    """An instance on the database, under its lock."""

    session: Session
    definition_id: str
    process_key: str
    business_key: str
    territory_code: str
    started_by: int | None
    revision: int
    history_seq: int
    history_hash: bytes

    def __post_init__(self) -> None:
        self.known_title = self.title
        """As it is stored."""

    @property
    def calendar(self) -> WorkCalendar:
        return calendar(self.session, self.bundle)

    def calendar_of(
        self, counted_for: CountedFor = WHOLE_JURISDICTION
    ) -> WorkCalendar:
        """The calendar with the office hours and the days off that count there."""
        return calendar(self.session, self.bundle, counted_for)

    def row_id(self, task_id: str) -> str:
        """Id of the row of the engine's task, timer or subscription."""
        return f"{self.id}.{task_id}"

    def seal(self) -> list[dict[str, Any]]:
        """The rows of the gathered entries, numbered and chained on; they are gathered no more."""
        rows = []
        for entry in self.entries:
            self.history_seq += 1
            clean = without_empty(entry.data)
            what = (
                self.now,
                entry.kind,
                entry.element_id,
                self.actor.person_id,
                self.actor.body_id,
                clean,
            )
            self.history_hash = history.link(
                self.history_hash,
                self.id,
                self.history_seq,
                what,
            )
            names = (
                "at",
                "kind",
                "element_id",
                "actor_id",
                "actor_body_id",
                "data",
            )
            own = {
                "instance_id": self.id,
                "seq": self.history_seq,
                "hash": self.history_hash,
            }
            rows.append({**own, **dict(zip(names, what, strict=True))})
        self.entries = []
        return rows


INSTANCE_COLUMNS: tuple[Any, ...] = (
    ProcessInstance.id,
    ProcessInstance.tenant_id,
    ProcessInstance.definition_id,
    ProcessInstance.process_key,
    ProcessInstance.business_key,
    ProcessInstance.title,
    ProcessInstance.territory_code,
    ProcessInstance.territory_path,
    ProcessInstance.started_by,
    ProcessInstance.revision,
    ProcessInstance.history_seq,
    ProcessInstance.history_hash,
    ProcessInstance.engine_state,
    ProcessInstance.variables,
    sa.select(sa.func.max(CalendarVersion.number))
    .where(CalendarVersion.tenant_id == ProcessInstance.tenant_id)
    .correlate(ProcessInstance)
    .scalar_subquery()
    .label("calendar_version"),
)
"""What `from_row` reads; the calendar's version comes along, so that it costs no statement of its own."""


def from_row(
    session: Session,
    bundle: Bundle,
    row: Any,
    actor: Actor,
    now: datetime,
) -> LockedInstance:
    """The running instance of a row that holds INSTANCE_COLUMNS first."""
    values = {
        column.key: value
        for column, value in zip(INSTANCE_COLUMNS, row, strict=False)
    }
    day_layers.remember_version(
        session,
        values["tenant_id"],
        values.pop("calendar_version") or 0,
    )
    return LockedInstance(
        session=session,
        bundle=bundle,
        actor=actor,
        now=now,
        **values,
    )


def calendar(
    session: Session,
    bundle: Bundle,
    counted_for: CountedFor = WHOLE_JURISDICTION,
    counted_by: str | None = None,
) -> WorkCalendar:
    """The working calendar of a jurisdiction: its days off, those of the place, and the office hours that
    count.

    `counted_by`: a deadline's `calendar_version`; the calendar is the one of that time, so that what stayed
    as it was is explained as it was.
    """
    profile = bundle.jurisdiction
    return calendar_of_profile(session, profile, counted_for, counted_by)


def calendar_of_profile(
    session: Session,
    profile: Jurisdiction,
    counted_for: CountedFor = WHOLE_JURISDICTION,
    counted_by: str | None = None,
) -> WorkCalendar:
    """The same, where there is no bundle."""
    known = day_layers.of_jurisdiction(session, profile.key, counted_by)
    return known.calendar(session, profile, counted_for)
