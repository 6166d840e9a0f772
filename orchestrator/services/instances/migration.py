"""The versions of a procedure and its running instances: which could stand in another version, and moving
chosen ones there."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.locked_instance import (
    CLOCK,
    Actor,
    LockedInstance,
)
from orchestrator.services.instances import (
    migration_obstacles,
    migration_rows,
    stranded_tasks,
    values_ahead,
)
from orchestrator.services.records.ids import new_id
from orchestrator.store.definitions import Deployment, ProcessDefinition
from orchestrator.store.instances import RUNNING, ProcessInstance
from orchestrator.store.moves import MoveResult
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask

log = logging.getLogger("gridflow.moving")

WITHHELD = say("（限知悉）")
"""Stands for the title of a restricted instance: designers see numbers and steps, not what such an instance
is about."""
MOST = 200
"""Instances that are judged, or moved, at once."""
UNFORESEEN = say(
    "未移动：系统遇到没有预料到的情况，事项保持原样，仍按原版本办理；已记入日志，请联系技术人员",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A running instance as another version sees it."""

    instance_id: str
    business_key: str
    title: str
    version: int
    """Number of the version it runs on."""
    at: tuple[str, ...]
    """Names of its open tasks."""
    obstacles: tuple[engine.Obstacle, ...]
    """Why it cannot be moved; empty when it can."""

    @property
    def gone(self) -> tuple[str, ...]:
        """Names of the steps it stands at that the other version does not have."""
        return tuple(
            obstacle.name for obstacle in self.obstacles if obstacle.gone
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of an instance that was to be moved."""

    instance_id: str
    business_key: str
    title: str
    refused: tuple[str, ...] = ()
    """Why it stays as it is; empty when it was moved."""
    changed: tuple[str, ...] = ()
    """What the people concerned will notice."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Everything that was chosen together."""

    run_id: str
    version: ProcessDefinition
    """To which they are to be moved."""
    actor: Actor
    now: datetime


def verdicts(
    session: Session,
    tenant_id: str,
    process_key: str,
    target: Bundle,
    except_on: str | None = None,
    skip: int = 0,
) -> list[Standing]:
    """The procedure's running instances, the oldest first, each judged against `target`; not those that are
    on the version `except_on`.

    MOST of them, after the first `skip`.
    """
    query = (
        sa.select(
            *locked_instance.INSTANCE_COLUMNS,
            ProcessInstance.started_at,
            ProcessInstance.restricted,
            ProcessDefinition.version,
        )
        .join(
            ProcessDefinition,
            ProcessDefinition.id == ProcessInstance.definition_id,
        )
        .where(
            ProcessInstance.tenant_id == tenant_id,
            ProcessInstance.process_key == process_key,
            ProcessInstance.state.in_(RUNNING),
        )
        .order_by(ProcessInstance.started_at, ProcessInstance.id)
        .limit(MOST)
        .offset(skip)
    )
    if except_on is not None:
        query = query.where(ProcessInstance.definition_id != except_on)
    rows = session.execute(query).all()
    names, since = _marks(session, [row.id for row in rows])
    standings = []
    for row in rows:
        # Whether it can be moved does not depend on the time, so the time it began does as well as any.
        there = locked_instance.from_row(
            session,
            target,
            row,
            CLOCK,
            row.started_at,
        )
        obstacles = _judged(
            session,
            row.definition_id,
            there,
            since.get(row.id, {}),
        )
        at = tuple(names.get(row.id, ()))
        if row.restricted:
            shown = WITHHELD
        else:
            shown = row.title
        standings.append(
            Standing(
                row.id,
                row.business_key,
                shown,
                row.version,
                at,
                obstacles,
            ),
        )
    return standings


def move(
    instance_ids: Iterable[str],
    definition_id: str,
    by: int,
    now: datetime,
    run_id: str = "",
) -> list[Moved]:
    """Moves the instances to that version of their procedure, each in a transaction of its own; what became
    of each, in order. Each is kept with it, under `run_id`.

    One that cannot be moved stays as it was, with the reasons; one that rests (suspended) is moved and rests
    on. Instances that are not of the same jurisdiction and procedure are told as unknown. Raises NotFound for
    a version that is not of the person's jurisdiction, RuleViolated for one that was withdrawn.
    """
    with transaction(writing=False) as session:
        person = session.get(Person, by)
        version = session.get(ProcessDefinition, definition_id)
        if (
            person is None
            or version is None
            or version.tenant_id != person.tenant_id
        ):
            raise NotFound(definition_id)
        if (
            session.get_one(Deployment, version.deployment_id).withdrawn_at
            is not None
        ):
            raise RuleViolated(
                [
                    say(
                        "第 {version} 版已经撤销，不能再移到它",
                        version=version.version,
                    ),
                ],
            )
        if version.effective_from > now:
            raise RuleViolated(
                [
                    say(
                        "第 {version} 版还没有生效，到生效时间后才能移到它",
                        version=version.version,
                    ),
                ],
            )
    attempt = _Attempt(
        run_id or new_id(now),
        version,
        Actor(by, person.username, person.display_name),
        now,
    )
    chosen = list(dict.fromkeys(instance_ids))
    report = [
        _tried(attempt, number, instance_id)
        for number, instance_id in enumerate(chosen[:MOST])
    ]
    beyond = say("一次最多移动 {most} 件，这件没有移动，请再选一次", most=MOST)
    report += [
        Moved(instance_id, "", "", (beyond,)) for instance_id in chosen[MOST:]
    ]
    with transaction() as session:
        for number, left in enumerate(report[MOST:], MOST):
            _keep(session, attempt, number, left)
    return report


def _tried(attempt: _Attempt, number: int, instance_id: str) -> Moved:
    """As `_move`; what nobody foresaw is logged and told as the reason, and the other instances go on."""
    try:
        with transaction() as session:
            moved = _move(session, attempt, instance_id)
            _keep(session, attempt, number, moved)
            return moved
    except InstanceChanged as changed_meanwhile:
        refused = str(changed_meanwhile)
    except Exception:
        log.exception(
            "instance %s could not be moved to %s",
            instance_id,
            attempt.version.id,
        )
        refused = UNFORESEEN
    with transaction() as session:
        row = session.get(ProcessInstance, instance_id)
        if row is None or row.tenant_id != attempt.version.tenant_id:
            moved = Moved(instance_id, "", "", (refused,))
        else:
            if row.restricted:
                shown = WITHHELD
            else:
                shown = row.title
            moved = Moved(instance_id, row.business_key, shown, (refused,))
        _keep(session, attempt, number, moved)
        return moved


def _move(session: Session, attempt: _Attempt, instance_id: str) -> Moved:
    version = attempt.version
    row = session.execute(
        sa.select(
            *locked_instance.INSTANCE_COLUMNS,
            ProcessInstance.state,
            ProcessInstance.restricted,
        )
        .where(ProcessInstance.id == instance_id)
        .with_for_update(of=ProcessInstance),
    ).first()
    if row is None or (row.tenant_id, row.process_key) != (
        version.tenant_id,
        version.key,
    ):
        return Moved(
            instance_id,
            "",
            "",
            (say("本辖区的这个流程没有这件事项"),),
        )
    known = (
        row.id,
        row.business_key,
        WITHHELD if row.restricted else row.title,
    )
    if row.state not in RUNNING or row.engine_state is None:
        return Moved(*known, (say("已经办结，不再移动"),))
    if row.definition_id == version.id:
        return Moved(
            *known,
            (say("已经在第 {version} 版", version=version.version),),
        )
    left = session.get_one(ProcessDefinition, row.definition_id)
    old = bundles.bundle_of(session, left.id)
    there = locked_instance.from_row(
        session,
        bundles.bundle_of(session, version.id),
        row,
        attempt.actor,
        attempt.now,
    )
    there.definition_id = version.id
    _names, since = _marks(session, [row.id])
    plan = _plan(old, there, since.get(row.id, {}))
    if plan.obstacles:
        return Moved(
            *known, tuple(obstacle.why for obstacle in plan.obstacles)
        )
    leaves = migration_rows.Left(old.definition, left.id, left.version)
    changed = migration_rows.carry_over(there, plan, leaves, version.version)
    for _before, after in plan.tasks:
        stranded_tasks.note(there, f"{row.id}.{after.task_id}")
    return Moved(*known, changed=tuple(changed))


def _keep(
    session: Session,
    attempt: _Attempt,
    number: int,
    moved: Moved,
) -> None:
    session.add(
        MoveResult(
            run_id=attempt.run_id,
            number=number,
            tenant_id=attempt.version.tenant_id,
            process_key=attempt.version.key,
            definition_id=attempt.version.id,
            # One that the procedure does not have is nobody's to name.
            instance_id=moved.instance_id if moved.business_key else None,
            refused=list(moved.refused),
            changed=list(moved.changed),
            person_id=attempt.actor.person_id,
            at=attempt.now,
        ),
    )
    session.flush()


def _judged(
    session: Session,
    left: str,
    there: LockedInstance,
    since: dict[str, datetime],
) -> tuple[engine.Obstacle, ...]:
    """What stands in the way of moving; an instance that cannot be judged does not keep the others from the
    page."""
    try:
        return _plan(bundles.bundle_of(session, left), there, since).obstacles
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception(
            "instance %s cannot be judged against %s",
            there.id,
            there.bundle.definition.key,
        )
        return (engine.Obstacle("", there.title, UNFORESEEN),)


def _plan(
    old: Bundle,
    there: LockedInstance,
    since: dict[str, datetime],
) -> engine.Migration:
    """What moving would mean, or what stands in the way of it; `there` reads the version to move to."""
    content = there.engine_state or b""
    migration = engine.migrate(
        old.definition,
        there.bundle.definition,
        content,
        there.now,
        there.environment,
        since,
    )
    if migration.obstacles:
        return migration
    lacking = migration_obstacles.objections(there, migration)
    lacking += values_ahead.objections(old, there.bundle, migration)
    if lacking:
        return engine.Migration(tuple(lacking))
    return migration


def _marks(
    session: Session,
    ids: Sequence[str],
) -> tuple[dict[str, list[str]], dict[str, dict[str, datetime]]]:
    """By instance: the names of its open tasks; and by engine id, when each task was opened and each timer
    set."""
    names: dict[str, list[str]] = {}
    since: dict[str, dict[str, datetime]] = {}

    def note(rows: Any) -> None:
        for instance_id, row_id, at in rows:
            since.setdefault(instance_id, {})[row_id.rpartition(".")[2]] = at

    tasks = session.execute(
        sa.select(
            UserTask.instance_id,
            UserTask.id,
            UserTask.opened_at,
            UserTask.name,
        )
        .where(UserTask.instance_id.in_(ids), UserTask.state == "open")
        .order_by(UserTask.opened_at, UserTask.id),
    ).all()
    for row in tasks:
        names.setdefault(row.instance_id, []).append(row.name)
    note((row.instance_id, row.id, row.opened_at) for row in tasks)
    planned = sa.and_(
        TimerJob.instance_id.in_(ids),
        TimerJob.state == "planned",
    )
    note(
        session.execute(
            sa.select(
                TimerJob.instance_id,
                TimerJob.id,
                TimerJob.planned_at,
            ).where(planned),
        ).all(),
    )
    return names, since
