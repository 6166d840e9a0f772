"""What happens in a territory, for the home page of who oversees it: open tasks by procedure and by place,
and the latest decisions about its lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import ItemListVersion
from orchestrator.store.territories import Territory, inside
from orchestrator.store.user_tasks import IS_OPEN, UserTask

MOST_TASKS = 2_000
"""So many open tasks are looked at: a count over more is told as such."""
LATEST = 5


@dataclass
class OpenTasks:
    """Open tasks of one procedure or one place."""

    key: str
    """Process key, or the place's code."""
    name: str = ""
    """The place's; empty for a procedure."""
    open: int = 0
    today: int = 0
    """Of these, due by the end of the day."""
    overdue: int = 0

    def add(
        self,
        due_at: datetime | None,
        now: datetime,
        tonight: datetime,
    ) -> None:
        self.open += 1
        self.overdue += due_at is not None and due_at < now
        self.today += due_at is not None and now <= due_at < tonight


@dataclass
class Area:
    by_procedure: list[OpenTasks] = field(default_factory=list)
    by_place: list[OpenTasks] = field(default_factory=list)
    """The places right below the overseen ones, those with most overdue tasks first."""
    is_cut: bool = False
    """Whether there are more than MOST_TASKS."""

    @property
    def open(self) -> int:
        return sum(open_tasks.open for open_tasks in self.by_procedure)

    @property
    def overdue(self) -> int:
        return sum(open_tasks.overdue for open_tasks in self.by_procedure)


def area(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    now: datetime,
    tonight: datetime,
) -> Area | None:
    """The open tasks inside the overseen paths, without restricted instances; None where nothing is
    overseen."""
    if not paths:
        return None
    first = (
        sa.select(
            UserTask.process_key,
            UserTask.territory_path,
            UserTask.due_at,
            UserTask.instance_id,
        )
        .where(
            UserTask.tenant_id == tenant_id,
            IS_OPEN,
            inside(UserTask.territory_path, paths),
        )
        # In this order the index is walked no further than needed, and what is late is never cut away.
        .order_by(UserTask.due_at.nulls_last())
        .limit(MOST_TASKS + 1)
        .subquery()
    )
    runs_openly = sa.and_(
        ProcessInstance.state == "active",
        ~ProcessInstance.restricted,
    )
    looked_at = session.execute(
        sa.select(
            first.c.process_key,
            first.c.territory_path,
            first.c.due_at,
            runs_openly.label("runs_openly"),
        )
        .join(ProcessInstance, ProcessInstance.id == first.c.instance_id)
        .order_by(first.c.due_at.nulls_last()),
    ).all()
    procedures = dict[str, OpenTasks]()
    places = dict[str, OpenTasks]()
    for process_key, path, due_at, runs_openly in looked_at[:MOST_TASKS]:
        if not runs_openly:
            continue
        code = _place_below(path, paths)
        procedures.setdefault(process_key, OpenTasks(process_key)).add(
            due_at,
            now,
            tonight,
        )
        places.setdefault(code, OpenTasks(code)).add(due_at, now, tonight)
    names = sa.select(Territory.code, Territory.name).where(
        Territory.tenant_id == tenant_id,
        Territory.code.in_(places),
    )
    for code, name in session.execute(names):
        places[code].name = name
    return Area(
        _sorted(procedures.values()),
        _sorted(places.values()),
        len(looked_at) > MOST_TASKS,
    )


def _sorted(tallies: Iterable[OpenTasks]) -> list[OpenTasks]:
    return sorted(
        tallies,
        key=lambda open_tasks: (
            -open_tasks.overdue,
            -open_tasks.open,
            open_tasks.key,
        ),
    )


def _place_below(path: str, overseen: Sequence[str]) -> str:
    """Code of the place right below the nearest overseen one on the way; of that one itself where the path
    ends there."""
    above = max(
        (value for value in overseen if path.startswith(value)),
        key=len,
        default="",
    )
    return (
        (path[len(above) :] or above)
        .strip("/")
        .split("/")[0 if path != above else -1]
    )


def latest_list_decisions(
    session: Session,
    tenant_id: str,
    territory_codes: Sequence[str],
    since: date,
) -> list[ItemListVersion]:
    """The latest decisions about these territories' lists that took or take effect since that day, without
    the first list; the latest day first."""
    query = (
        sa.select(ItemListVersion)
        .where(
            ItemListVersion.tenant_id == tenant_id,
            ItemListVersion.territory_code.in_(territory_codes),
            ItemListVersion.change != "seed",
            ItemListVersion.effective_on >= since,
        )
        .order_by(
            ItemListVersion.effective_on.desc(),
            ItemListVersion.number.desc(),
        )
        .limit(LATEST)
    )
    return list(session.scalars(query))
