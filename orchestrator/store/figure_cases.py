"""The cases behind a figure, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.figures import BODY, PLACE, STEP
from orchestrator.store.figure_pages import (
    LATE,
    OVERDUE,
    TODAY,
    open_and_due,
)
from orchestrator.store.figures import CountedCase, CountedPart
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.paging import page_of
from orchestrator.store.registers import GridCase, ServiceItem
from orchestrator.store.territories import inside
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

DUE_AT_ONCE = 200
"""Instances with a due task that are looked at together."""
MOST_WINDOWS = 10
"""So often further ones are looked at for one page; where still few fit, the next page goes on."""


@dataclass(frozen=True, slots=True)
class AskedFigure:
    """A figure whose cases are asked for."""

    tenant_id: str
    path: str
    months: Sequence[str]
    measure: str
    """One of LISTED."""
    kind: str = "all"
    key: str = ""
    now: datetime | None = None
    tonight: datetime | None = None
    """Needed for OVERDUE and TODAY."""
    ends: tuple[datetime, datetime] | None = None
    """The first instant of the months and the first one after them; needed for STEP."""


def cases_behind(
    session: Session,
    wanted: AskedFigure,
    may_see: Any,
    after: str = "",
    size: int = 50,
) -> tuple[list[Any], str | None]:
    """(case, name of the item) rows of a figure, the latest first; and the key of the next page."""
    query = (
        sa.select(GridCase, ServiceItem.name)
        .join(CountedCase, CountedCase.instance_id == GridCase.instance_id)
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        .join(ServiceItem, ServiceItem.id == GridCase.item_id)
        .where(
            CountedCase.tenant_id == wanted.tenant_id,
            inside(CountedCase.path, [_path(wanted)]),
            may_see,
        )
    )
    if wanted.kind == BODY:
        query = query.join(
            CountedPart, CountedPart.instance_id == CountedCase.instance_id
        )
    query = (
        query.where(*_of_kind(wanted), *_of_measure(wanted))
        .order_by(CountedCase.instance_id.desc())
        .limit(size + 1)
    )
    if wanted.measure in (OVERDUE, TODAY):
        rows, following = _rows_with_due_tasks(
            session,
            wanted,
            query,
            after,
            size,
        )
    else:
        if after:
            query = query.where(CountedCase.instance_id < after)
        rows = list(session.execute(query))
        following = None
    shown, last = page_of(rows, size, lambda row: row[0].instance_id)
    return shown, last or following


def _rows_with_due_tasks(
    session: Session,
    wanted: AskedFigure,
    query: Any,
    after: str,
    size: int,
) -> tuple[list[Any], str | None]:
    """The first size + 1 rows of the query that have a due task; and where to go on, where MOST_WINDOWS held
    fewer. A window of such instances is asked for at a time: few have one, and the planner would try all
    cases there are for them."""
    rows: list[Any] = []
    for _turn in range(MOST_WINDOWS):
        window = session.scalars(_due_instances(wanted, after)).all()
        of_window = query.where(
            CountedCase.instance_id.in_(window), ~ProcessInstance.restricted
        )
        if window:
            rows += session.execute(of_window).all()
        if len(window) < DUE_AT_ONCE:
            return rows[: size + 1], None
        after = window[-1]
        if len(rows) > size:
            break
    return rows[: size + 1], after


def _path(wanted: AskedFigure) -> str:
    if wanted.kind == PLACE:
        return f"{wanted.path}{wanted.key}/"
    return wanted.path


def _of_kind(wanted: AskedFigure) -> list[sa.ColumnElement[bool]]:
    match wanted.kind:
        case "item":
            return [CountedCase.item == wanted.key]
        case "class":
            return [CountedCase.category == wanted.key]
        case "member":
            return [CountedCase.member == wanted.key]
        case "body":
            return [CountedPart.body_id == wanted.key]
    return []


def _of_measure(wanted: AskedFigure) -> list[sa.ColumnElement[bool]]:
    if wanted.measure in (OVERDUE, TODAY):
        return []
    if wanted.kind == STEP:
        return [_step_done(wanted)]
    of: Any = CountedPart if wanted.kind == BODY else CountedCase
    if wanted.kind == BODY:
        begun = CountedPart.asked
    else:
        begun = CountedCase.registered
    if wanted.measure == "registered":
        return [begun.in_(wanted.months)]
    if wanted.measure == "open":
        return [
            CountedCase.state == sa.literal_column("'open'"),
            of.closed.is_(None),
        ]
    ended = of.closed.in_(wanted.months)
    if wanted.measure == "dropped":
        return [ended, CountedCase.state == "dropped"]
    kept = CountedCase.state != "dropped"
    if wanted.measure == "closed":
        return [ended, kept]
    if wanted.measure in ("on_time", LATE):
        return [ended, kept, of.late.is_(wanted.measure == LATE)]
    if wanted.measure in ("reworked", "first_time"):
        again = wanted.measure == "reworked"
        return [ended, kept, of.reworked.is_(again)]
    return [ended, *_of_archived(wanted)]


def _of_archived(wanted: AskedFigure) -> list[sa.ColumnElement[bool]]:
    """What is counted of archived cases alone."""
    archived = CountedCase.state == "archived"
    match wanted.measure:
        case "untold":
            return [
                archived,
                CountedCase.to_tell.is_(True),
                CountedCase.told.is_(False),
            ]
        case "dissatisfied":
            return [
                archived,
                CountedCase.rated.is_(True),
                CountedCase.satisfied.is_(False),
            ]
    return [archived, getattr(CountedCase, wanted.measure).is_(True)]


def _due_instances(wanted: AskedFigure, after: str) -> sa.Select[str]:
    """The next ones with a due task, the latest first."""
    assert wanted.now is not None and wanted.tonight is not None
    late = wanted.measure == OVERDUE
    if late:
        until = wanted.now
        since = None
    else:
        until = wanted.tonight
        since = wanted.now
    due = sa.select(UserTask.instance_id).where(
        *open_and_due(wanted.tenant_id, wanted.path, until, since)
    )
    if wanted.kind == BODY:
        due = due.join(
            UserTaskCandidate, UserTaskCandidate.task_id == UserTask.id
        )
        due = due.where(UserTaskCandidate.candidate == wanted.key)
    elif conditions := _of_kind(wanted):
        due = due.join(
            CountedCase, CountedCase.instance_id == UserTask.instance_id
        ).where(*conditions)
    if after:
        due = due.where(UserTask.instance_id < after)
    return (
        due.distinct().order_by(UserTask.instance_id.desc()).limit(DUE_AT_ONCE)
    )


def _step_done(wanted: AskedFigure) -> sa.ColumnElement[bool]:
    assert wanted.ends is not None
    return sa.exists().where(
        UserTask.instance_id == CountedCase.instance_id,
        UserTask.state == "completed",
        UserTask.name == wanted.key,
        UserTask.closed_at >= wanted.ends[0],
        UserTask.closed_at < wanted.ends[1],
    )
