"""What happens in a territory, for the home page of who oversees it: open tasks by procedure and by place,
and the latest decisions about its lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.instances import KEPT_BACK, ProcessInstance
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
        count: int,
        today: int,
        overdue: int,
    ) -> None:
        self.open += count
        self.today += today
        self.overdue += overdue


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
    rows = session.execute(_counted(tenant_id, paths, now, tonight)).all()
    procedures = dict[str, OpenTasks]()
    places = dict[str, OpenTasks]()
    for row in rows:
        if not row.open:
            continue
        code = _place_below(row.territory_path, paths)
        counts = row.open, row.today, row.overdue
        procedures.setdefault(row.process_key, OpenTasks(row.process_key)).add(
            *counts
        )
        places.setdefault(code, OpenTasks(code)).add(*counts)
    names = sa.select(Territory.code, Territory.name).where(
        Territory.tenant_id == tenant_id,
        Territory.code.in_(places),
    )
    for code, name in session.execute(names):
        places[code].name = name
    return Area(
        _sorted(procedures.values()),
        _sorted(places.values()),
        any(row.more for row in rows),
    )


def kept_back(tenant_id: str) -> sa.Select[str]:
    """Ids of the instances with open tasks that nobody counts for overseeing their place: few, and an index
    holds them."""
    # SQLite takes the index only where its condition stands in the query word for word.
    return sa.select(ProcessInstance.id).where(
        ProcessInstance.tenant_id == tenant_id, sa.text(f"({KEPT_BACK})")
    )


def _counted(
    tenant_id: str,
    paths: Sequence[str],
    now: datetime,
    tonight: datetime,
) -> sa.Select[tuple[str, str, int, int, int, int]]:
    """Open tasks by procedure and place: the MOST_TASKS that are due first, and whether there are `more`."""
    numbered = sa.func.row_number().over(order_by=UserTask.due_at.nulls_last())
    # In this order the index is walked no further than needed, and what is late is never cut away. What
    # nobody may count is left out before the cut: instances that rest or are restricted are few.
    first = (
        sa.select(
            UserTask.process_key,
            UserTask.territory_path,
            UserTask.due_at,
            numbered.label("number"),
        )
        .where(
            UserTask.tenant_id == tenant_id,
            IS_OPEN,
            inside(UserTask.territory_path, paths),
            UserTask.instance_id.not_in(kept_back(tenant_id)),
        )
        .order_by(UserTask.due_at.nulls_last())
        .limit(MOST_TASKS + 1)
        .subquery()
    )
    is_shown = first.c.number <= MOST_TASKS
    count = sa.func.count()
    return sa.select(
        first.c.process_key,
        first.c.territory_path,
        count.filter(is_shown).label("open"),
        count.filter(
            is_shown, first.c.due_at >= now, first.c.due_at < tonight
        ).label("today"),
        count.filter(is_shown, first.c.due_at < now).label("overdue"),
        count.filter(~is_shown).label("more"),
    ).group_by(first.c.process_key, first.c.territory_path)


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
