"""The rows of a version's triggered start events: what it listens to, and when its timers start an instance
next."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.engine.timers import (
    Schedule,
    TimerTextInvalid,
    next_round,
    schedule,
)
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import due_dates, locked_instance
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.start_events import StartEvent


def listen(
    session: Session,
    row: ProcessDefinition,
    definition: engine.Definition,
    bundle: Bundle | None,
    now: datetime,
) -> None:
    """Adds the rows of a new version's triggered start events; its timers count from when it comes into
    force.

    `bundle` says the time zone and the deadlines; without one (a deployment without a profile) Asia/Shanghai,
    and no deadline.
    """
    since = max(now, row.effective_from)
    for element in definition.triggered_starts:
        for number, event in enumerate(element.events):
            start_event = StartEvent(
                definition_id=row.id,
                element_id=element.id,
                number=number,
                tenant_id=row.tenant_id,
                process_key=row.key,
                kind=event.kind,
                name=event.reference,
                state="listening",
                planned_at=now,
            )
            if event.timer is not None:
                plan(
                    start_event,
                    first(event.timer, since, environment(session, bundle)),
                )
            session.add(start_event)


def environment(session: Session, bundle: Bundle | None) -> engine.Environment:
    """What the engine may know before an instance begins."""
    if bundle is None:
        return engine.Environment()
    calendar = locked_instance.calendar(session, bundle)
    return engine.Environment(
        timezone=bundle.jurisdiction.timezone,
        deadline=lambda name, start: due_dates.new_ledger(
            bundle.jurisdiction,
            name,
            start,
        ).due_at(calendar),
    )


def first(
    timer: tuple[str, str],
    since: datetime,
    environment: engine.Environment,
) -> Schedule | None:
    """The first start after `since`. None for a day that is past: it was the start of an older version, or of
    none."""
    try:
        planned = schedule(*timer, since, environment)
    except (TimerTextInvalid, KeyError):
        return None
    if planned.due_at >= since:
        return planned
    return next_round(planned, environment.timezone, since)


def plan(row: StartEvent, planned: Schedule | None) -> None:
    """Sets the row to its next time; None: there is none."""
    if planned is None:
        row.state = "done"
        return
    row.state = "planned"
    row.due_at = planned.due_at
    row.rounds_left = planned.rounds_left
    row.duration = planned.duration
    row.first_at = planned.first
    row.round = planned.round
