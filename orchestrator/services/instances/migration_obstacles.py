"""What keeps an instance from moving to another version although its diagram would take it: bodies, people,
limits."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.engine import timers
from orchestrator.sentences import say
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.execution.persistence.candidate_bodies import (
    DatabaseDirectory,
)
from orchestrator.services.execution.persistence.rows import RowChanges
from orchestrator.store.timers import Deadline


def objections(
    running: LockedInstance,
    migration: engine.Migration,
) -> list[engine.Obstacle]:
    """What the jurisdiction lacks for the new version's open tasks; `running` reads the new version
    already."""
    obstacles = []
    found_there = directory(running, migration)
    resting = _suspended(running)
    for before, after in migration.tasks:
        name = timers.ledger_name(after.due or "")
        if name is not None and not known(running, name):
            obstacles.append(
                _obstacle(
                    after,
                    say(
                        "新版“{name}”的时限在辖区配置中没有",
                        name=after.name,
                    ),
                ),
            )
        changes = before is None or before.due != after.due
        if (
            name is None
            and changes
            and f"{running.id}.{after.task_id}" in resting
        ):
            why = say(
                "“{name}”正在挂账，新版的时限不能挂账，请先恢复办理再移动",
                name=after.name,
            )
            obstacles.append(_obstacle(after, why))
        if not asks_others(before, after):
            continue
        bodies, missing = found_there.bodies(running, after.candidate_groups)
        obstacles += [
            _obstacle(
                after,
                say(
                    "新版的“{name}”无人可办：{sentence}",
                    name=after.name,
                    sentence=missing_candidate.sentence,
                ),
            )
            for missing_candidate in missing
        ]
        nobody = (
            not missing
            and not bodies
            and not found_there.users(running, after.candidate_users)
        )
        nobody = (
            nobody and found_there.person_id(running, after.assignee) is None
        )
        if nobody:
            obstacles.append(
                _obstacle(
                    after,
                    say(
                        "新版的“{name}”对这件事项没有办理机构",
                        name=after.name,
                    ),
                ),
            )
    return obstacles


def known(running: LockedInstance, name: str) -> bool:
    """Whether the new version can count that limit: its profile names it, or it says itself how long it
    is."""
    try:
        running.ledger(name, running.now)
    except KeyError:
        return False
    return True


def _suspended(running: LockedInstance) -> set[str]:
    """Ids of the open tasks whose deadline is suspended."""
    rows = running.session.scalars(
        sa.select(Deadline).where(
            Deadline.instance_id == running.id,
            Deadline.id == Deadline.task_id,
        ),
    )
    return {row.id for row in rows if deadline_rows.ledger_of(row).suspended}


def directory(
    running: LockedInstance,
    migration: engine.Migration,
) -> DatabaseDirectory:
    asked: dict[c.EngineTaskId, c.UserTaskOpened] = {
        after.task_id: after
        for before, after in migration.tasks
        if asks_others(before, after)
    }
    return DatabaseDirectory(
        running.session,
        [RowChanges(running, opened=asked)],
    )


def asks_others(
    before: c.UserTaskOpened | None,
    after: c.UserTaskOpened,
) -> bool:
    """Whether the new version names others than the old one would now."""
    if before is None:
        return True
    then = before.candidate_groups, before.candidate_users, before.assignee
    return then != (
        after.candidate_groups,
        after.candidate_users,
        after.assignee,
    )


def _obstacle(task: c.UserTaskOpened, why: str) -> engine.Obstacle:
    return engine.Obstacle(task.element_id, task.name, why)
