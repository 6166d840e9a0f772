"""What has been done about late and unclaimed tasks of an instance that moves to another version, whose
profile may say otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.reminders import OverdueRule, stages_of
from orchestrator.services import bundles
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.store.reminders import LATE, TaskReminder, deadline_names


@dataclass(frozen=True, slots=True)
class FormerReminders:
    """As the version that the instance leaves has them."""

    rows: Sequence[TaskReminder]
    jurisdiction: Jurisdiction
    deadlines: Mapping[str, str]
    """Task → name of the deadline that it runs on."""


def before_the_move(
    running: LockedInstance, left_id: str
) -> FormerReminders | None:
    """The instance's reminders; None where it has none."""
    session = running.session
    rows = session.scalars(
        sa.select(TaskReminder).where(TaskReminder.instance_id == running.id)
    ).all()
    if not rows:
        return None
    return FormerReminders(
        rows,
        bundles.bundle_of(session, left_id).jurisdiction,
        deadline_names(session, [row.task_id for row in rows]),
    )


def set_anew(running: LockedInstance, former: FormerReminders | None) -> None:
    """Each reminder is looked at again by what the new version says; what was done already is not done
    twice."""
    if former is None:
        return
    now = running.bundle.jurisdiction
    names = deadline_names(
        running.session, [row.task_id for row in former.rows]
    )
    priorities_changed = former.jurisdiction.priorities != now.priorities
    for row in former.rows:
        if row.kind != LATE:
            if priorities_changed:
                row.next_at = running.now
            continue
        before = stages_of(
            former.jurisdiction.overdue, former.deadlines.get(row.task_id, "")
        )
        after = stages_of(now.overdue, names.get(row.task_id, ""))
        if before != after:
            row.done = _done_already(row.done, before, after)
            row.next_at = running.now


def _done_already(
    done: Sequence[int],
    before: Sequence[OverdueRule],
    after: Sequence[OverdueRule],
) -> list[int]:
    """Numbers of the new stages that were done as old ones."""
    over = [stage for number, stage in enumerate(before) if number in done]
    return [number for number, stage in enumerate(after) if stage in over]
