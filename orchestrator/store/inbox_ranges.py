"""How many offers of a person's bodies fall due in each of some ranges, on PostgreSQL: planned once for all
ranges and bodies, read from an index to a bound of each range, whatever the number of bodies and of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator.store.inbox_open import Filters, in_hand
from orchestrator.store.inbox_shapes import ListShape
from orchestrator.store.kept_statements import array
from orchestrator.store.user_tasks import IS_OFFERED, UserTaskCandidate

_BEGINNING = sa.text("'-infinity'::timestamptz")
_END = sa.text("'infinity'::timestamptz")


def offers_by_range(
    shape: ListShape,
    bounds: Sequence[Any],
    most: int,
    now: Any,
) -> Any:
    """One row with two columns for each range, `read_0` and `tasks_0` and so on: how many offers were read,
    `most` at the most, and of how many tasks they are.

    The ranges lie before, between and behind the bounds. Without what the person has aside `now`.
    """
    ranges = _ranges(bounds)
    candidates = (
        sa.func.unnest(array(shape.of.candidates))
        .table_valued("candidate", name="bodies")
        .render_derived()
    )
    offer = UserTaskCandidate
    due = offer.due_sort
    query = sa.select(offer.task_id).where(
        offer.candidate == candidates.c.candidate,
        IS_OFFERED,
        due >= ranges.c.begins,
        due < ranges.c.ends,
    )
    person: Any = shape.of.person_id
    query = in_hand(query, person, offer.task_id, due, Filters("", now=now))
    of_body = (
        query.order_by(due, offer.task_id)
        .limit(most)
        .correlate(candidates, ranges)
        .lateral("of_body")
    )
    of_range = (
        sa.select(of_body.c.task_id)
        .select_from(candidates)
        .join(of_body, sa.true())
        .limit(most)
        .correlate(ranges)
        .lateral("of_range")
    )
    tasks = (
        sa.select(ranges.c.number, sa.func.count().label("offers"))
        .select_from(ranges)
        .join(of_range, sa.true())
        .group_by(ranges.c.number, of_range.c.task_id)
        .subquery("tasks")
    )
    return sa.select(*_columns(tasks, len(bounds) + 1)).subquery("offers")


def _ranges(bounds: Sequence[Any]) -> Any:
    begins = [_BEGINNING, *bounds]
    ends = [*bounds, _END]
    return sa.union_all(
        *(
            sa.select(
                sa.literal_column(str(number)).label("number"),
                sa.type_coerce(begin, UserTaskCandidate.due_sort.type).label(
                    "begins"
                ),
                sa.type_coerce(end, UserTaskCandidate.due_sort.type).label(
                    "ends"
                ),
            )
            for number, (begin, end) in enumerate(
                zip(begins, ends, strict=True)
            )
        )
    ).subquery("ranges")


def _columns(tasks: Any, count: int) -> list[Any]:
    columns: list[Any] = []
    for number in range(count):
        is_in = tasks.c.number == sa.literal_column(str(number))
        read = sa.func.sum(tasks.c.offers).filter(is_in)
        columns.append(sa.func.coalesce(read, 0).label(f"read_{number}"))
        columns.append(sa.func.count().filter(is_in).label(f"tasks_{number}"))
    return columns
