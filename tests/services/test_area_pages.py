"""The open tasks of an area, as its home page counts them, and the rows of an inbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services import access
from orchestrator.services.instances import inbox_rows
from orchestrator.store import area_pages
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.services.world import MONDAY, World


def test_the_area_counts_what_is_inside_it_by_procedure_and_by_place(
    world: World, monkeypatch
) -> None:
    """Tasks of two places below the overseen one, of itself, and of a neighbour; two of instances that nobody
    counts for overseeing the place, due before all others."""
    now = datetime(2026, 11, 27, 2, tzinfo=UTC)
    tonight = now + timedelta(hours=8)
    given = [
        ("1/2/", -1),
        ("1/2/3/", 1),
        ("1/2/3/9/", -2),
        ("1/2/4/", 30),
        ("1/5/", -1),
        ("1/2/4/", -5),
        ("1/2/4/", -6),
    ]
    kept_back = {5: {"restricted": True}, 6: {"state": "suspended"}}
    instance_id = world.start()
    with transaction() as session:
        row = session.get_one(ProcessInstance, instance_id)
        task = session.scalars(
            sa.select(UserTask).where(UserTask.instance_id == row.id)
        ).first()
        assert task is not None
        for number, (path, hours) in enumerate(given):
            copy = _copied(
                row,
                ProcessInstance,
                id=f"i{number}",
                business_key=f"k{number}",
                **kept_back.get(number, {}),
            )
            copy.territory_path = path
            session.add(copy)
            session.flush()
            opened = _copied(
                task,
                UserTask,
                id=f"t{number}",
                instance_id=copy.id,
                territory_path=path,
            )
            opened.due_at = now + timedelta(hours=hours)
            session.add(opened)
    with transaction(writing=False) as session:
        found = area_pages.area(session, row.tenant_id, ["1/2/"], now, tonight)
        assert found is not None
        assert [
            (each.open, each.overdue, each.today)
            for each in found.by_procedure
        ] == [(4, 2, 1)]
        assert {
            each.key: (each.open, each.overdue) for each in found.by_place
        } == {
            "2": (1, 1),
            "3": (2, 1),
            "4": (1, 0),
        }
        assert (
            area_pages.area(session, row.tenant_id, [], now, tonight) is None
        )
        # Of more than are counted, those that are late come first.
        monkeypatch.setattr(area_pages, "MOST_TASKS", 2)
        cut = area_pages.area(session, row.tenant_id, ["1/2/"], now, tonight)
        assert cut is not None and cut.is_cut
        assert (cut.open, cut.overdue) == (2, 2)
        kept = area_pages.kept_back(row.tenant_id)
        assert set(session.scalars(kept)) == {"i5", "i6"}
        assert not session.scalars(area_pages.kept_back("another")).all()


@pytest.mark.one_database
def test_the_few_that_are_kept_back_are_found_by_their_index(
    world: World,
) -> None:
    """SQLite takes a partial index only for the very words of its condition; PostgreSQL, which compares
    meanings, reads so small a table as a whole."""
    with transaction(writing=False) as session:
        bind = session.connection()
        words = area_pages.kept_back("x").compile(
            bind, compile_kwargs={"literal_binds": True}
        )
        plan = bind.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()
    assert ["ix_process_instance_kept_back" in step[3] for step in plan] == [
        True
    ]


@pytest.mark.one_database
def test_a_task_that_went_since_it_was_listed_is_a_row_without_facts(
    world: World,
) -> None:
    world.start()
    with transaction(writing=False) as session:
        task = session.scalars(sa.select(UserTask)).first()
        viewer = access.viewer(session, world.person("wang"), MONDAY)
        assert task is not None and viewer is not None
        gone = _copied(task, UserTask, id="gone")
        rows = inbox_rows.describe(session, viewer, [task, gone], MONDAY)
        assert rows[task.id].origin is not None
        assert (rows["gone"].origin, rows["gone"].round) == (None, None)


def _copied(row, model, **changed):
    values = {
        column.key: getattr(row, column.key)
        for column in sa.inspect(model).column_attrs
    }
    return model(**{**values, **changed})
