"""Instances that begin by an event: a message, a signal, a timer of the deployment, a condition. The version
in force takes each."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.engine.timers import Schedule, next_round
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services import bundles, instances
from orchestrator.services.deployments import start_events
from orchestrator.services.execution import persistence
from orchestrator.services.execution.event_chains import Chain
from orchestrator.services.execution.locked_instance import CLOCK
from orchestrator.services.instances import creation
from orchestrator.services.records.ids import new_id
from orchestrator.services.records.submission_keys import (
    Keyed,
    came_before,
)
from orchestrator.store.definitions import version_in_force
from orchestrator.store.session import transaction
from orchestrator.store.start_events import StartEvent
from orchestrator.store.territories import Territory

MOST = 100
"""Starts by timers in one sweep; the rest wait for the next."""
log = logging.getLogger("gridflow.clock")


@dataclass(frozen=True, slots=True)
class Heard:
    """What starts an instance."""

    name: str = ""
    """Of the message or signal."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    place: str | None = None
    """Code of the thrower's territory. A variable `territory` that names a place comes before it; without
    either, the whole jurisdiction."""
    chain: Chain | None = None
    """The chain of an event that another event caused."""


def listening(
    session: Session,
    tenant_id: str,
    kind: str,
    name: str,
    now: datetime,
) -> list[tuple[str, str]]:
    """(definition, start event) of each version in force that the message or signal of this name starts."""
    rows = session.execute(
        sa.select(
            StartEvent.definition_id,
            StartEvent.element_id,
            StartEvent.process_key,
        )
        .where(
            StartEvent.tenant_id == tenant_id,
            StartEvent.kind == kind,
            StartEvent.name == name,
        )
        .where(StartEvent.state == "listening")
        .order_by(StartEvent.definition_id, StartEvent.element_id)
    ).all()
    in_force = {
        key: version_in_force(session, tenant_id, key, now)
        for key in {row.process_key for row in rows}
    }
    return [
        (row.definition_id, row.element_id)
        for row in rows
        if in_force[row.process_key] == row.definition_id
    ]


def begin(
    session: Session,
    definition_id: str,
    start_id: str,
    heard: Heard,
    now: datetime,
) -> str:
    """Starts an instance at that start event; returns its id. Raises EngineError, NotFound."""
    bundle = bundles.bundle_of(session, definition_id)
    tenant_id = definition_id.partition(":")[0]
    place = _place(session, tenant_id, heard)
    begins = creation.NewInstance(
        tenant_id,
        definition_id,
        bundle,
        CLOCK,
        place,
        now,
        new_id(now),
    )
    instance = creation.open_instance(session, begins)
    instance.remember(
        "started",
        start_id,
        name=heard.name,
        form=bundle.definition.elements[start_id].form_key,
        submitted=dict(heard.variables),
    )
    around = instances.circumstances(
        instances.Initiator(CLOCK), place.name, place.path, now, bundle
    )
    persistence.carry_out(
        instance,
        c.StartProcessInstance({**heard.variables, **around}, start_id),
    )
    return instance.id


@dataclass(frozen=True, slots=True)
class StartedByCondition:
    started: int
    """How many instances began."""
    failed: Sequence[str]
    """Why others did not: the condition, or what came first, could not be carried out."""


def by_condition(
    tenant_id: str,
    variables: Mapping[str, Any],
    now: datetime,
    sent: Keyed | None = None,
) -> StartedByCondition:
    """Starts each process whose conditional start is true on these variables; none the second time under the
    key that was `sent`. A process that fails stops no other. Raises RuleViolated where one fails and none
    starts."""
    with transaction() as session:
        if came_before(session, sent, "condition", now):
            return StartedByCondition(0, ())
        rows = session.execute(
            sa.select(
                StartEvent.definition_id,
                StartEvent.element_id,
                StartEvent.process_key,
            )
            .distinct()
            .where(
                StartEvent.tenant_id == tenant_id,
                StartEvent.kind == "conditional",
                StartEvent.state == "listening",
            )
            .order_by(StartEvent.definition_id, StartEvent.element_id)
        ).all()
        started = 0
        failed = []
        for definition_id, element_id, key in rows:
            if version_in_force(session, tenant_id, key, now) != definition_id:
                continue
            place = _Start(definition_id, element_id, 0)
            try:
                with session.begin_nested():
                    started += _began(session, place, variables, now)
            except engine.EngineError as failure:
                log.warning(
                    "%s#%s does not start an instance: %s",
                    definition_id,
                    element_id,
                    failure,
                )
                failed.append(failure.message)
        if failed and not started:
            raise RuleViolated(failed)
        return StartedByCondition(started, tuple(failed))


def _began(
    session: Session,
    start: _Start,
    variables: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Whether the condition is true, and an instance began. Raises EngineError."""
    bundle = bundles.bundle_of(session, start.definition_id)
    holds = engine.start_condition_holds(
        bundle.definition,
        start.element_id,
        variables,
        now,
        start_events.environment(session, bundle),
    )
    if holds:
        begin(
            session,
            start.definition_id,
            start.element_id,
            Heard(variables=variables),
            now,
        )
    return holds


def _place(session: Session, tenant_id: str, heard: Heard) -> Territory:
    for code in (heard.variables.get("territory"), heard.place):
        territory = None
        if isinstance(code, str):
            territory = session.get(Territory, (tenant_id, code))
        if territory is not None:
            return territory
    root = session.scalars(
        sa.select(Territory).where(
            Territory.tenant_id == tenant_id, Territory.parent_code.is_(None)
        )
    ).first()
    if root is None:
        raise NotFound(tenant_id)
    return root


# ----
# the clock


def fire_due(now: datetime) -> int:
    """Starts what timers start by `now`, each in its own transaction; returns how many instances began.

    A start that fails says why on its row, and the next round is planned all the same.
    """
    with transaction(writing=False) as session:
        due = session.execute(_due(now).limit(MOST)).all()
    return sum(_fire(_Start(*row), now) for row in due)


def next_due(now: datetime) -> datetime | None:
    """When the next timer starts an instance after `now`."""
    query = sa.select(sa.func.min(StartEvent.due_at)).where(
        StartEvent.state == "planned", StartEvent.due_at > now
    )
    with transaction(writing=False) as session:
        return session.scalar(query)


class _Start(NamedTuple):
    """A trigger of a start event."""

    definition_id: str
    element_id: str
    number: int


def _due(now: datetime) -> sa.Select[str, str, int]:
    planned = sa.select(
        StartEvent.definition_id, StartEvent.element_id, StartEvent.number
    ).where(StartEvent.state == "planned", StartEvent.due_at <= now)
    return planned.order_by(StartEvent.due_at, StartEvent.definition_id)


def _fire(start: _Start, now: datetime) -> bool:
    try:
        with transaction() as session:
            row = _claim(session, start, now)
            if row is None:
                return False
            if (
                version_in_force(session, row.tenant_id, row.process_key, now)
                != start.definition_id
            ):
                row.state = "cancelled"
                return False
            begin(
                session,
                start.definition_id,
                start.element_id,
                Heard(),
                now,
            )
            row.last_error = None
            _go_on(session, row, now)
            return True
    except (engine.EngineError, RuleViolated, NotFound) as failure:
        log.warning(
            "%s#%s does not start an instance: %s",
            start.definition_id,
            start.element_id,
            failure,
        )
        with transaction() as session:
            row = _claim(session, start, now)
            if row is not None:
                row.last_error = str(failure)
                _go_on(session, row, now)
        return False


def _claim(
    session: Session, start: _Start, now: datetime
) -> StartEvent | None:
    query = sa.select(StartEvent).where(
        StartEvent.definition_id == start.definition_id,
        StartEvent.element_id == start.element_id,
        StartEvent.number == start.number,
        StartEvent.state == "planned",
        StartEvent.due_at <= now,
    )
    return session.scalars(query.with_for_update(skip_locked=True)).first()


def _go_on(session: Session, row: StartEvent, now: datetime) -> None:
    row.fired_at = now
    row.fired_count = (row.fired_count or 0) + 1
    assert row.due_at is not None
    current = Schedule(
        row.due_at,
        None,
        row.rounds_left,
        row.duration,
        row.first_at,
        row.round,
    )
    zone = bundles.bundle_of(session, row.definition_id).jurisdiction.timezone
    start_events.plan(row, next_round(current, zone, now))


def resume(
    session: Session,
    tenant_id: str,
    process_keys: Sequence[str],
    now: datetime,
) -> None:
    """The timers of the version in force, and of the one that is to come, run again from now on: a newer
    version was withdrawn, or the procedure takes new instances again."""
    for key in process_keys:
        counting = {
            version_in_force(session, tenant_id, key, None),
            version_in_force(session, tenant_id, key, now),
        }
        rows = session.scalars(
            sa.select(StartEvent).where(
                StartEvent.definition_id.in_(counting - {None}),
                StartEvent.state == "cancelled",
            )
        ).all()
        for row in rows:
            bundle = bundles.bundle_of(session, row.definition_id)
            timer = (
                bundle.definition.elements[row.element_id]
                .events[row.number]
                .timer
            )
            start_events.plan(
                row,
                start_events.first(
                    timer or ("timeDuration", ""),
                    now,
                    start_events.environment(session, bundle),
                ),
            )
