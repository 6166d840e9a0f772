"""The inbox shows what one may do, the most urgent first, page by page, and reads no more than a page however
much there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.store import inbox
from orchestrator.store.inbox import Filters
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.store.planting import NOW, TENANT, offer, plant_matters, plant_people

OFFICE, POLICE = f"{TENANT}:grid-office:990100", f"{TENANT}:police:990100"
ALL = Filters(TENANT)


@pytest.fixture
def people(rows) -> dict[str, int]:
    return plant_people("wang", "li")


def to_do(person: int, *candidates: str, filters: Filters = ALL, after: str = "", size: int = 20):
    with transaction(writing=False) as session:
        return inbox.page_to_do(session, person, candidates, filters, after, size)


def every(page_of, size: int = 3) -> list[str]:
    """Ids of all pages, one after the other."""
    found, after = [], ""
    while True:
        page = page_of(after, size)
        assert len(page.rows) <= size
        found += [row.id for row in page.rows]
        if page.after is None:
            return found
        after = page.after


def test_own_tasks_and_offered_ones_stand_together_by_due_date_each_once(people):
    offered = plant_matters(["甲", "乙"], OFFICE, prefix="a", due=[NOW + timedelta(hours=5), None])
    own = plant_matters(["丙"], OFFICE, prefix="b", assignee=people["wang"], due=[NOW + timedelta(hours=6)])
    police = plant_matters(["丁"], POLICE, prefix="c", due=[NOW + timedelta(hours=1)])
    with transaction() as session:
        both = [{"id": police[0], "instance_id": "c000000", "due_sort": NOW + timedelta(hours=1)}]
        offer(session, both, OFFICE)
    assert [row.id for row in to_do(people["wang"], OFFICE, POLICE).rows] == [
        police[0],
        offered[0],
        own[0],
        offered[1],
    ]
    assert [row.id for row in to_do(people["li"], OFFICE).rows] == [police[0], *offered]
    assert to_do(people["li"]).rows == []


def test_pages_hold_every_task_once_also_when_many_fall_due_at_the_same_instant(people):
    same = [NOW] * 7
    planted = plant_matters(["甲"] * 7, OFFICE, prefix="a", due=same) + plant_matters(
        ["乙"] * 7, POLICE, prefix="b", due=same
    )
    assert every(lambda after, size: to_do(people["li"], OFFICE, POLICE, after=after, size=size)) == planted


def test_a_task_done_between_two_pages_moves_nobody_off_the_second(people):
    planted = plant_matters(["甲"] * 6, OFFICE)
    first = to_do(people["li"], OFFICE, size=3)
    with transaction() as session:
        session.execute(
            sa.update(UserTaskCandidate).where(UserTaskCandidate.task_id == planted[0]).values(offered=False)
        )
    assert [row.id for row in to_do(people["li"], OFFICE, after=first.after, size=3).rows] == planted[3:]


@pytest.mark.parametrize("key", ["x", "2026-03-02_a", "nonsense_a000001.1", "_", "2026-03-02T01:00:00_"])
def test_a_page_key_that_somebody_typed_begins_at_the_first_page(people, key):
    planted = plant_matters(["甲"], OFFICE)
    assert [row.id for row in to_do(people["li"], OFFICE, after=key).rows] == planted


def test_filters_by_procedure_due_date_and_words(people):
    lamps = plant_matters(["路灯不亮", "路灯倾斜"], OFFICE, prefix="a")
    dogs = plant_matters(["犬只扰民"], OFFICE, prefix="b", process_key="case", due=[None])
    mine = plant_matters(["我的路灯"], OFFICE, prefix="c", assignee=people["li"])

    def found(**given: object) -> set[str]:
        return {row.id for row in to_do(people["li"], OFFICE, filters=Filters(TENANT, **given)).rows}

    assert found(text="路灯") == {*lamps, *mine}
    assert found(text="倾斜 路灯") == {lamps[1]}
    assert found(process_key="case") == set(dogs)
    assert found(due_before=NOW + timedelta(minutes=30)) == {lamps[0], *mine}


def test_the_count_stops_just_above_a_thousand(people):
    plant_matters(["甲"] * 1_200, OFFICE, findable=False)
    with transaction(writing=False) as session:
        counts = inbox.count_by_due(session, people["li"], [OFFICE], TENANT, (NOW, NOW, NOW))
    assert counts.all == inbox.COUNT_CAP + 1


def test_what_one_did_and_what_one_started_come_with_the_latest_first(people):
    planted = plant_matters(["甲"] * 5, OFFICE, started_by=people["wang"])
    with transaction() as session:
        for number, task_id in enumerate(planted):
            closed = {
                "state": "completed",
                "closed_by": people["li"],
                "closed_at": NOW + timedelta(hours=number),
            }
            session.execute(sa.update(UserTask).where(UserTask.id == task_id).values(**closed))
    with transaction(writing=False) as session:
        done = every(lambda after, size: inbox.page_done(session, people["li"], ALL, after, size), 2)
        started = every(lambda after, size: inbox.page_started(session, people["wang"], ALL, after, size), 2)
        assert inbox.page_done(session, people["wang"], ALL).rows == []
    assert done == planted[::-1]
    assert started == [task_id.partition(".")[0] for task_id in planted[::-1]]


def test_a_page_reads_no_more_of_twenty_thousand_tasks_than_of_twenty(people):
    bodies = [f"{TENANT}:office:{number}" for number in range(20)]
    for number, body in enumerate(bodies):
        plant_matters(["路灯"] * 1_000, body, prefix=f"{number:02d}", findable=False)
    with transaction() as session:
        session.execute(sa.text("ANALYZE"))
    plan = explain(people["li"], bodies)
    if db.engine.dialect.name == "sqlite":
        assert plan.count("USING INDEX ix_user_task_candidate_offered (candidate=?)") == len(bodies)
        assert "ix_user_task_assignee_open" in plan
        assert "SCAN user_task" not in plan
        return
    read = [
        int(line.split("actual rows=")[1].split(" ")[0].split(".")[0])
        for line in plan.splitlines()
        if "actual rows=" in line
    ]
    assert "ix_user_task_candidate_offered" in plan
    assert max(read) <= 20 * 21 + 21, plan


def explain(person: int, candidates: list[str]) -> str:
    """The plan of the page's own statement; on PostgreSQL with what was really read."""
    seen = []

    def keep(_connection, _cursor, statement, parameters, *_rest):
        seen.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", keep)
    try:
        to_do(person, *candidates)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", keep)
    statement, parameters = next(each for each in seen if "user_task" in each[0])
    how = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, TIMING OFF) "
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql(how + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def test_counters_and_their_filters_agree_also_for_a_task_offered_to_two_bodies(people):
    hour = timedelta(hours=1)
    dues = [NOW - hour, NOW, NOW + hour, NOW + 30 * hour, NOW + 300 * hour, None]
    planted = plant_matters(["甲"] * 6, OFFICE, prefix="a", due=dues)
    held = plant_matters(["乙"], OFFICE, prefix="b", due=[NOW - 2 * hour], assignee=people["li"])
    with transaction() as session:
        row = session.get_one(UserTask, planted[0])
        session.add(
            UserTaskCandidate(
                task_id=row.id,
                candidate=POLICE,
                instance_id=row.instance_id,
                offered=True,
                due_sort=row.due_sort,
            )
        )
    ends = (NOW, NOW + 14 * hour, NOW + 158 * hour)
    bodies = [OFFICE, POLICE]
    with transaction(writing=False) as session:
        counts = inbox.count_by_due(session, people["li"], bodies, TENANT, ends)
        alone = inbox.count_by_due(session, people["wang"], [], TENANT, ends)
    assert (counts.all, counts.overdue, counts.today, counts.week, counts.claimed) == (7, 2, 2, 3, 1)
    assert alone == inbox.Counts(0, 0, 0, 0, 0)

    def found(**given: object) -> set[str]:
        filters = Filters(TENANT, **given)
        return {row.id for row in to_do(people["li"], OFFICE, POLICE, filters=filters).rows}

    assert found(due_before=NOW) == {planted[0], *held}
    assert found(due_from=NOW, due_before=ends[1]) == set(planted[1:3])
    assert found(due_from=NOW, due_before=ends[2]) == set(planted[1:4])
    assert found(claimed=True) == set(held)
