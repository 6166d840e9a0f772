"""The inbox of somebody in twenty bodies with a million open tasks beside the same one with a thousand: the
blocks of the database that each list reads, which no other load changes, and the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store import inbox, inbox_counts
from orchestrator.store.base import table
from orchestrator.store.inbox_open import BY_DUE, Filters, Official
from orchestrator.store.inbox_order import SORTS, Order, place_of
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import UserTask
from tests.bench.asked import Plans, listening, plans_of
from tests.bench.city import NOW, TENANT, new_case

Figure = tuple[str, float, str]
Question = Callable[[Session], Any]


def inbox_figures(
    people: dict[str, int], item: str, many: int
) -> Iterator[Figure]:
    """The ratios of blocks and of time, for each order, filter, later page and the counters."""
    with transaction() as session:
        session.execute(sa.text("DELETE FROM user_task_candidate"))
    instance = new_case(0, people["member"], item)
    of = Official(
        people["office"], [f"bench:{number}" for number in range(20)]
    )
    _fill(instance, 1_000)
    small = {
        name: (_plans(ask), _median_ms(ask))
        for name, ask in _ways(of, _middle()).items()
    }
    _fill(instance, many)
    for name, ask in _ways(of, _middle()).items():
        plans, large = _plans(ask), _median_ms(ask)
        yield (
            f"{name}_blocks_ratio",
            plans.blocks / small[name][0].blocks,
            f"blocks read with {many:,} open tasks over 1,000, of which each body has ten; database {plans}",
        )
        yield (
            f"{name}_time_ratio",
            large / small[name][1],
            f"time ({large:.1f} ms) over that with 1,000; goal ≤ 1.5",
        )
    yield from _of_one_body(people["office"], instance, many // 10)


def _of_one_body(person_id: int, instance: str, many: int) -> Iterator[Figure]:
    """The counters of somebody whose one body has all those tasks."""
    of = Official(person_id, ["bench:0"])
    counters = _ways(of, NOW)["inbox_counters"]
    for count in (inbox_counts.COUNT_CAP, many):
        _fill(instance, count, bodies=1)
        plans, ms = _plans(counters), _median_ms(counters)
        yield (
            f"counters_of_{count}_ms",
            ms,
            f"ms for the counters of a body with {count:,} open tasks; database {plans}",
        )


def _middle() -> datetime:
    """When the task is due that has as many before as behind it: a later page begins there."""
    with transaction(writing=False) as session:
        due = sa.select(UserTask.due_sort).where(UserTask.id.like("inbox%"))
        ids = due.order_by(UserTask.due_sort)
        count = session.scalar(
            sa.select(sa.func.count()).select_from(due.subquery())
        )
        middle = session.scalar(ids.offset((count or 0) // 2).limit(1))
        assert middle is not None
        return middle


def _ways(of: Official, middle: datetime) -> dict[str, Question]:
    def page(order: Order, place: Any = None, **window: Any) -> Question:
        return lambda session: inbox.page_to_do(
            session, of, Filters(TENANT, **window), order, place
        )

    ends = NOW, NOW + timedelta(hours=12), NOW + timedelta(days=5)
    return {
        "inbox": page(BY_DUE),
        **{f"inbox_by_{by}": page(Order(by)) for by in SORTS if by != "due"},
        "inbox_by_title_down": page(Order("title", True)),
        "inbox_later_page": page(
            BY_DUE, place_of(BY_DUE, f"inbox~{middle.isoformat()}")
        ),
        "inbox_overdue": page(BY_DUE, due_before=NOW + timedelta(days=365)),
        "inbox_new": page(BY_DUE, new_since=inbox_counts.LONG_AGO),
        "inbox_of_procedure": page(BY_DUE, process_key="case_handling"),
        "inbox_counters": lambda session: inbox_counts.count_by_due(
            session, of, TENANT, ends, inbox_counts.LONG_AGO
        ),
    }


def _plans(ask: Question) -> Plans:
    with listening() as heard, transaction(writing=False) as session:
        ask(session)
    return plans_of(heard.asked)


def _fill(instance: str, count: int, bodies: int = 100) -> None:
    """So many open tasks, shared out to the bodies."""
    with transaction() as session:
        run = session.execute
        run(
            sa.text(
                "DELETE FROM user_task_candidate WHERE task_id LIKE 'inbox%'"
            )
        )
        run(sa.text("DELETE FROM user_task WHERE id LIKE 'inbox%'"))
        run(sa.text("DELETE FROM process_instance WHERE id LIKE 'inbox%'"))
        _copy_instance(run, instance, count // _TASKS)
        columns = [column.name for column in table(UserTask).columns]
        changed = {
            "id": "'inbox' || n",
            "instance_id": f"'inbox' || n % {count // _TASKS}",
            "state": "'open'",
            "assignee_id": "NULL",
            "due_sort": "due_sort + n * interval '1 minute'",
            "opened_at": "opened_at + n * interval '1 minute'",
            "title": "'事项' || n",
        }
        picked = ", ".join(changed.get(name, name) for name in columns)
        source = (
            "(SELECT * FROM user_task WHERE instance_id = :instance LIMIT 1) t"
        )
        insert = (
            f"INSERT INTO user_task ({', '.join(columns)}) SELECT {picked} FROM {source}, "
            "generate_series(1, :count) n"
        )
        run(sa.text(insert), {"instance": instance, "count": count})
        copied = "instance_id, due_sort, opened_at, priority, process_key, name, title, business_key"
        # The trigger would fill a million rows one by one with what stands in the tasks anyway.
        run(sa.text("ALTER TABLE user_task_candidate DISABLE TRIGGER USER"))
        run(
            sa.text(
                f"INSERT INTO user_task_candidate (task_id, candidate, offered, {copied}) "
                f"SELECT id, 'bench:' || (substr(id, 6)::int % {bodies}), true, {copied} "
                "FROM user_task WHERE id LIKE 'inbox%'"
            )
        )
        run(sa.text("ALTER TABLE user_task_candidate ENABLE TRIGGER USER"))
    with db.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.exec_driver_sql("VACUUM ANALYZE process_instance")
        connection.exec_driver_sql("VACUUM ANALYZE user_task")
        connection.exec_driver_sql("VACUUM ANALYZE user_task_candidate")


_TASKS = 10
"""Open tasks of one process instance."""


def _copy_instance(run: Callable[..., Any], instance: str, count: int) -> None:
    columns = [column.name for column in table(ProcessInstance).columns]
    changed = {"id": "'inbox' || n", "business_key": "'inbox-' || n"}
    picked = ", ".join(changed.get(name, name) for name in columns)
    run(
        sa.text(
            f"INSERT INTO process_instance ({', '.join(columns)}) SELECT {picked} "
            "FROM process_instance, generate_series(0, :count - 1) n WHERE id = :instance"
        ),
        {"instance": instance, "count": count},
    )


def _median_ms(ask: Question) -> float:
    times = []
    with transaction(writing=False) as session:
        for _ in range(40):
            begin = time.perf_counter()
            ask(session)
            times.append(time.perf_counter() - begin)
            session.expunge_all()
    return sorted(times)[20] * 1_000
