"""The demonstration's runs in the order of time, on the database, with the clock that is passed in."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestrator.errors import GridflowError
from orchestrator.services.clocks import deadlines, timers
from orchestrator.services.simulation.demonstration.demonstration_backend import (
    DemonstrationBackend,
)
from orchestrator.services.simulation.demonstration.office_times import (
    OfficeTimes,
)
from orchestrator.services.simulation.demonstration.planning import PlannedRun
from orchestrator.services.simulation.interpreter import MEANINGLESS, VERBS
from orchestrator.services.simulation.scenario_people import (
    FolderDirectory,
    Unknown,
)
from orchestrator.services.simulation.scenario_run import (
    Failed,
    ScenarioRun,
    reasons_of,
)
from orchestrator.services.simulation.step_shapes import span
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask

MINUTE = timedelta(minutes=1)
RESTING = 2
"""How many instances have their clock stopped (挂账)."""
_WAITS = frozenset({"到期", "经过"})


@dataclass
class _Playing:
    planned: PlannedRun
    run: ScenarioRun
    done: int = 0
    """Steps played."""


@dataclass
class Played:
    """What came of it."""

    refused: list[str] = field(default_factory=list)
    """Steps that the services did not accept, with the reason: their instances stay as they stand."""
    resting: int = 0
    """Instances whose clock was stopped."""


def play(
    backend: DemonstrationBackend,
    directory: FolderDirectory,
    runs: Sequence[PlannedRun],
    times: OfficeTimes,
    now: datetime,
) -> Played:
    """Plays every run as far as it goes before now; due timers fire on the way, each at its time."""
    played = Played()
    playing = [
        _Playing(run, ScenarioRun(backend, directory, run.scenario))
        for run in runs
    ]
    waiting = [
        (value.planned.begins_at, number)
        for number, value in enumerate(playing)
    ]
    heapq.heapify(waiting)
    while waiting:
        at, number = heapq.heappop(waiting)
        _reach(backend, at)
        value = playing[number]
        reason = _step(backend, value)
        if reason is not None:
            played.refused.append(f"{value.planned.scenario.name}：{reason}")
            continue
        following = _next(backend, value, times)
        if following is not None and following <= now:
            heapq.heappush(waiting, (following, number))
    _reach(backend, now)
    backend.fire(now)
    may_rest = [value for value in playing if value.planned.may_rest]
    for value in may_rest:
        played.resting += played.resting < RESTING and _rest(backend, value)
    return played


def _reach(backend: DemonstrationBackend, until: datetime) -> None:
    """Timers fire on the way; a temporary item leaves its list on its day."""
    while (due := timers.next_due(backend.now)) is not None and due <= until:
        backend.fire(due)
    if until.date() > backend.now.date():
        backend.fire(until)
    backend.now = until


def _step(backend: DemonstrationBackend, value: _Playing) -> str | None:
    """Why the next step was not accepted; None where it was."""
    step = value.planned.scenario.steps[value.done]
    value.done += 1
    if step.verb in _WAITS:
        return None
    backend.instead = value.planned.values
    try:
        VERBS[step.verb](value.run, step)
    except (Failed, Unknown) as failed:
        return str(failed)
    except GridflowError as refused:
        return reasons_of(refused)
    except MEANINGLESS as wrong:
        return f"{type(wrong).__name__} {wrong}"
    return None


def _next(
    backend: DemonstrationBackend,
    value: _Playing,
    times: OfficeTimes,
) -> datetime | None:
    """When the next step is due; None after the last, and where a clock that it waits for does not run."""
    if value.done >= len(value.planned.scenario.steps):
        return None
    step = value.planned.scenario.steps[value.done]
    if step.verb == "到期":
        try:
            instance_id = value.run.instance_of(step)
            element_id = value.run.element(instance_id, str(step.subject))
        except (Failed, Unknown):
            return None
        clocks = (
            clock
            for clock in backend.clocks(instance_id)
            if clock.element_id == element_id
        )
        clock = next(clocks, None)
        if clock:
            return max(clock.due_at, backend.now) + MINUTE
        return None
    if step.verb == "经过":
        length = span(step.subject)
        if length:
            return backend.now + length
        return None
    gaps = value.planned.gaps
    return times.after(backend.now, gaps[(value.done - 1) % len(gaps)])


def _rest(backend: DemonstrationBackend, value: _Playing) -> bool:
    """Whether the clock of the task that the instance waits at could be stopped, by the first person who
    may."""
    review_on = (backend.now + timedelta(days=10)).date()
    with transaction(writing=False) as session:
        waiting = session.execute(
            sa.select(Deadline.id, UserTask.territory_path)
            .join(UserTask, UserTask.id == Deadline.task_id)
            .where(
                UserTask.instance_id.in_(value.run.instances.values()),
                UserTask.state == "open",
            )
            .order_by(Deadline.id),
        ).first()
        if waiting is None:
            return False
        above = [code for code in waiting.territory_path.split("/") if code]
        people = session.scalars(
            sa.select(Membership.person_id)
            .join(Body, Body.id == Membership.body_id)
            .where(
                Body.tenant_id == backend.tenant_id,
                Body.territory_code.in_(above),
                Body.oversees,
            )
            .order_by(Membership.id),
        ).all()
    for person_id in people:
        with suppress(GridflowError):
            deadlines.suspend(
                waiting.id,
                "等待外单位提供材料",
                person_id,
                backend.now,
                review_on,
            )
            return True
    return False
