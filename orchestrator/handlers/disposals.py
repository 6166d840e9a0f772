"""archive.appraise and archive.destroy: what was decided of dossiers whose term is over, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain.retention import appraised
from orchestrator.handlers.context import CannotCarryOut, HandlerContext
from orchestrator.handlers.disposal_obstacles import Measure, obstacle
from orchestrator.sentences import say
from orchestrator.store import disposals, erasing
from orchestrator.store.disposals import DisposalEntry
from orchestrator.store.instances import HistoryEntry, ProcessInstance


def appraise(context: HandlerContext) -> Mapping[str, Any]:
    """Notes which of the listed dossiers are kept on: those that an appraiser named. The others go
    on to be approved."""
    entries = disposals.listed_by(context.session, context.instance.id)
    answer = appraised(
        context.variables, [entry.dossier_id for entry in entries]
    )
    year = context.now.astimezone(_zone(context)).year
    kept_until = date(year + answer.years, 12, 31)
    for entry in entries:
        if entry.dossier_id in answer.kept:
            entry.state = disposals.KEPT
            entry.kept_until = kept_until
    return answer.variables


def destroy(context: HandlerContext) -> Mapping[str, Any]:
    """Destroys the dossiers that were approved. What must not be destroyed is withheld with its reason.

    Raises CannotCarryOut where fewer people took part than the diagram demands.
    """
    _require_people(context)
    session = context.session
    measure = Measure.of(context)
    counts = {disposals.DESTROYED: 0, disposals.WITHHELD: 0}
    for entry in disposals.listed_by(session, context.instance.id):
        if entry.state != disposals.LISTED:
            continue
        whole = _locked(context, entry.dossier_id)
        reason = obstacle(session, measure, entry, whole)
        if reason:
            entry.state = disposals.WITHHELD
            entry.reason = reason
        else:
            _destroy(context, entry, whole)
        counts[entry.state] += 1
    return {
        "destroyed_count": counts[disposals.DESTROYED],
        "withheld_count": counts[disposals.WITHHELD],
    }


def _destroy(
    context: HandlerContext,
    entry: DisposalEntry,
    whole: list[ProcessInstance],
) -> None:
    title = say("档案已销毁")
    parts = [
        erasing.erase(
            context.session,
            row,
            context.instance.id,
            title,
            context.now,
        )
        for row in whole
    ]
    entry.state = disposals.DESTROYED
    entry.destroyed_at = context.now
    entry.entries = sum(part.entries for part in parts)
    entry.files = sum(part.files for part in parts)
    context.remember(
        disposals.ENTRY,
        remark=entry.number,
        parts=[
            [part.instance_id, part.entries, part.digest] for part in parts
        ],
        kept_as=entry.kept_as,
        until=entry.until.isoformat(),
    )


def _locked(context: HandlerContext, dossier_id: str) -> list[ProcessInstance]:
    """The instances of the dossier, locked, the first one first."""
    session = context.session
    first = session.get_one(
        ProcessInstance,
        dossier_id,
        with_for_update=True,
        populate_existing=True,
    )
    whole = [first]
    for row in whole:
        whole += session.scalars(
            sa.select(ProcessInstance)
            .where(ProcessInstance.about_id == row.id)
            .order_by(ProcessInstance.id)
            .with_for_update()
        )
    return whole


def _require_people(context: HandlerContext) -> None:
    """Those who appraised, approved and witnessed must be as many people as the diagram says, and two tasks
    that it opens together are not the same person's."""
    signed = _who_signed(context)
    for steps in context.opened_together():
        together = [signed[step] for step in steps if step in signed]
        if len(set(together)) < len(together):
            raise CannotCarryOut(
                say(
                    "要由两方分别办理的任务是同一个人办理的；请由另一个人办理其中一项"
                )
            )
    people = set(signed.values())
    least = int(context.variables.get("least_people") or 0)
    if len(people) < least:
        raise CannotCarryOut(
            say(
                "鉴定、批准、监销至少由 {least} 个人分别办理，现在只有 {many} 个人；请由另一个人监销",
                least=least,
                many=len(people),
            )
        )


def _who_signed(context: HandlerContext) -> dict[str, int]:
    """User task → who completed it last. Who tries again what failed has signed nothing."""
    rows = context.session.execute(
        sa.select(HistoryEntry.element_id, HistoryEntry.actor_id)
        .where(
            HistoryEntry.instance_id == context.instance.id,
            HistoryEntry.kind == "user-task-completed",
        )
        .order_by(HistoryEntry.seq)
    ).all()
    signed = {row.element_id: row.actor_id for row in rows}
    if context.completed is not None:
        signed[context.completed] = context.actor_id
    return {
        step: person for step, person in signed.items() if person is not None
    }


def _zone(context: HandlerContext) -> ZoneInfo:
    return ZoneInfo(context.jurisdiction.timezone)
