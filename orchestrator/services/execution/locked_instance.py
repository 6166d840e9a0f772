"""A process instance while one transaction changes it: what the use cases load and `persistence` writes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.announcements import is_announced
from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution.instance import (
    CLOCK,
    Actor,
    Instance,
    without_empty,
)
from orchestrator.services.records import history
from orchestrator.store import calendars
from orchestrator.store.calendars import CalendarVersion
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import address

__all__ = [
    "CLOCK",
    "INSTANCE_COLUMNS",
    "Actor",
    "LockedInstance",
    "calendar",
    "calendar_of_profile",
    "forget_calendar",
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

    def calendar_of(self, role: str | None) -> WorkCalendar:
        """The calendar with the office hours of that role's bodies."""
        return calendar(self.session, self.bundle, role)

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
    _remember_version(
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
    role: str | None = None,
    counted_by: str | None = None,
) -> WorkCalendar:
    """The working calendar of a jurisdiction: the calendar table and its office hours, or those of a role.

    `counted_by`: a deadline's `calendar_version`; the calendar is the one of that time, so that what stayed
    as it was is explained as it was.
    """
    return calendar_of_profile(session, bundle.jurisdiction, role, counted_by)


def calendar_of_profile(
    session: Session,
    profile: Jurisdiction,
    role: str | None = None,
    counted_by: str | None = None,
) -> WorkCalendar:
    """The same, where there is no bundle."""
    days, last, version = _days(session, profile.key, counted_by)
    return WorkCalendar(
        days,
        profile.hours_of(role),
        profile.timezone,
        last,
        version,
        hours_changes=profile.hours_changes_of(role),
    )


_Days = tuple[dict[date, bool], date, str]
_calendars: dict[tuple[str, str, int], _Days] = {}


def forget_calendar() -> None:
    """The database of this address is another one: its calendar is read again. A new version of the same
    needs no forgetting."""
    _calendars.clear()


def _days(session: Session, tenant_id: str, counted_by: str | None) -> _Days:
    now = _version(session, tenant_id)
    if counted_by is not None and counted_by.isdigit():
        number = int(counted_by)
    else:
        number = now
    key = (address(), tenant_id, min(number, now))
    if key not in _calendars:
        _calendars[key] = _read_days(session, tenant_id, key[2])
    return _calendars[key]


def _version(session: Session, tenant_id: str) -> int:
    """The calendar's version, asked once a transaction: another process may have brought a new one into force
    since the last."""
    known = session.info.get("calendar")
    if (
        known is None
        or known[0] is not session.get_transaction()
        or tenant_id not in known[1]
    ):
        return _remember_version(
            session,
            tenant_id,
            calendars.newest_version(session, tenant_id),
        )
    return int(known[1][tenant_id])


def _remember_version(session: Session, tenant_id: str, number: int) -> int:
    known = session.info.get("calendar")
    if known is None or known[0] is not session.get_transaction():
        session.info["calendar"] = (session.get_transaction(), {})
    session.info["calendar"][1][tenant_id] = number
    return number


def _announced_years(days: Iterable[date]) -> list[int]:
    """Years with the nation's holidays; where no year has them, those with any days."""
    of_year: dict[int, list[date]] = {}
    for day in days:
        of_year.setdefault(day.year, []).append(day)
    return [
        year for year, marked in of_year.items() if is_announced(marked)
    ] or list(of_year)


def _read_days(session: Session, tenant_id: str, number: int) -> _Days:
    """The days of a version: of each year, what was in force by then. Years that nobody numbered are always
    in force."""
    years: dict[int, list[Any]] = {}
    own = sa.select(CalendarVersion).where(
        CalendarVersion.tenant_id == tenant_id,
    )
    for row in session.scalars(own.order_by(CalendarVersion.number)):
        numbered = years.setdefault(row.year, [])
        if row.number <= number:
            numbered[:] = [(on, kind) for on, kind, _name in row.days]
    loose = [
        (row.on, row.kind)
        for row in calendars.days_in_force(session, tenant_id)
        if int(row.on[:4]) not in years
    ]
    days = {
        date.fromisoformat(on): kind == "workday"
        for on, kind in [*loose, *itertools.chain(*years.values())]
    }
    announced = _announced_years(days)
    if announced:
        last = date(max(announced), 12, 31)
    else:
        last = date.max
    return days, last, str(number)
