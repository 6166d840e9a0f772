"""The inbox shows what one may do, the most urgent first, page by page, and reads no more than a page however
much there is."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from orchestrator.store import (
    inbox,
    inbox_counts,
    inbox_past,
    inbox_procedures,
    inbox_rows,
)
from orchestrator.store.absences import StandIn
from orchestrator.store.inbox_open import BY_DUE, Filters, Official
from orchestrator.store.inbox_order import SORTS, Order, place_of
from orchestrator.store.instances import Copy
from orchestrator.store.kept_statements import kept
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import ReadTask, UserTask, UserTaskCandidate
from tests.store.planting import (
    NOW,
    TENANT,
    offer,
    plant_matters,
    plant_people,
)

OFFICE, POLICE = f"{TENANT}:grid-office:990100", f"{TENANT}:police:990100"
ALL = Filters(TENANT)


@pytest.fixture
def people(rows) -> dict[str, int]:
    return plant_people("wang", "li")


def to_do(
    person: int,
    *candidates: str,
    filters: Filters = ALL,
    after: str = "",
    before: str = "",
    size: int = 20,
    order: Order = BY_DUE,
):
    with transaction(writing=False) as session:
        place = place_of(order, after, before)
        return inbox.page_to_do(
            session, Official(person, candidates), filters, order, place, size
        )


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


def test_own_tasks_and_offered_ones_stand_together_by_due_date_each_once(
    people,
):
    offered = plant_matters(
        ["甲", "乙"], OFFICE, prefix="a", due=[NOW + timedelta(hours=5), None]
    )
    own = plant_matters(
        ["丙"],
        OFFICE,
        prefix="b",
        assignee=people["wang"],
        due=[NOW + timedelta(hours=6)],
    )
    police = plant_matters(
        ["丁"], POLICE, prefix="c", due=[NOW + timedelta(hours=1)]
    )
    with transaction() as session:
        both = [
            {
                "id": police[0],
                "instance_id": "c000000",
                "due_sort": NOW + timedelta(hours=1),
            }
        ]
        offer(session, both, OFFICE)
    assert [row.id for row in to_do(people["wang"], OFFICE, POLICE).rows] == [
        police[0],
        offered[0],
        own[0],
        offered[1],
    ]
    assert [row.id for row in to_do(people["li"], OFFICE).rows] == [
        police[0],
        *offered,
    ]
    assert to_do(people["li"]).rows == []


def test_pages_hold_every_task_once_also_when_many_fall_due_at_the_same_instant(
    people,
):
    same = [NOW] * 7
    planted = plant_matters(
        ["甲"] * 7, OFFICE, prefix="a", due=same
    ) + plant_matters(["乙"] * 7, POLICE, prefix="b", due=same)
    assert (
        every(
            lambda after, size: to_do(
                people["li"], OFFICE, POLICE, after=after, size=size
            )
        )
        == planted
    )


def test_a_task_done_between_two_pages_moves_nobody_off_the_second(people):
    planted = plant_matters(["甲"] * 6, OFFICE)
    first = to_do(people["li"], OFFICE, size=3)
    with transaction() as session:
        session.execute(
            sa.update(UserTaskCandidate)
            .where(UserTaskCandidate.task_id == planted[0])
            .values(offered=False)
        )
    assert [
        row.id
        for row in to_do(people["li"], OFFICE, after=first.after, size=3).rows
    ] == planted[3:]


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "a~2026-03-02",
        "a000001.1~nonsense",
        "~",
        "~2026-03-02T01:00:00+00:00",
        "a~0001-01-01T00:00:00+14:00",
    ],
)
def test_a_page_key_that_somebody_typed_begins_at_the_first_page(people, key):
    planted = plant_matters(["甲"], OFFICE)
    assert [
        row.id for row in to_do(people["li"], OFFICE, after=key).rows
    ] == planted


def test_filters_by_procedure_due_date_and_words(people):
    lamps = plant_matters(["路灯不亮", "路灯倾斜"], OFFICE, prefix="a")
    dogs = plant_matters(
        ["犬只扰民"], OFFICE, prefix="b", process_key="case", due=[None]
    )
    mine = plant_matters(
        ["我的路灯"], OFFICE, prefix="c", assignee=people["li"]
    )

    def found(**given: object) -> set[str]:
        return {
            row.id
            for row in to_do(
                people["li"], OFFICE, filters=Filters(TENANT, **given)
            ).rows
        }

    assert found(text="路灯") == {*lamps, *mine}
    assert found(text="倾斜 路灯") == {lamps[1]}
    assert found(process_key="case") == set(dogs)
    assert found(due_before=NOW + timedelta(minutes=30)) == {lamps[0], *mine}


def test_one_statement_serves_all_who_ask_the_same_and_each_gets_his_own(
    people,
):
    lamps = plant_matters(["路灯"] * 3, OFFICE)
    dogs = plant_matters(["流浪犬"] * 2, POLICE, prefix="b")
    whole = {row.id for row in to_do(people["li"], OFFICE).rows}
    later = to_do(people["li"], OFFICE, after=f"{lamps[0]}~{NOW.isoformat()}")
    built = kept.cache_info().misses
    assert whole == set(lamps)
    assert {row.id for row in to_do(people["wang"], POLICE).rows} == set(dogs)
    assert [row.id for row in later.rows] == lamps[1:]
    again = to_do(people["wang"], POLICE, after=f"{dogs[0]}~{NOW.isoformat()}")
    assert [row.id for row in again.rows] == dogs[1:]
    assert kept.cache_info().misses == built


def test_the_count_stops_just_above_a_thousand(people):
    plant_matters(["甲"] * 1_200, OFFICE, findable=False)
    with transaction(writing=False) as session:
        of = Official(people["li"], [OFFICE])
        counts = inbox_counts.count_by_due(
            session, of, TENANT, (NOW, NOW, NOW), inbox_counts.LONG_AGO
        )
    assert counts.all == counts.new == inbox_counts.COUNT_CAP + 1


def test_what_one_did_started_and_was_copied_stands_by_any_column_and_pages_both_ways(
    people,
):
    planted = plant_matters(["甲"] * 5, OFFICE, started_by=people["wang"])
    with transaction() as session:
        for number, task_id in enumerate(planted):
            closed = {
                "state": "completed",
                "closed_by": people["li"],
                "closed_at": NOW + timedelta(hours=number),
            }
            session.execute(
                sa.update(UserTask)
                .where(UserTask.id == task_id)
                .values(**closed)
            )
    begun = [task_id.partition(".")[0] for task_id in planted]
    with transaction() as session:
        for number, matter in enumerate(begun):
            session.add(
                Copy(
                    instance_id=matter,
                    body_id=OFFICE,
                    reason=f"原因{9 - number}",
                    sent_at=NOW + timedelta(hours=number),
                )
            )
    with transaction(writing=False) as session:
        lists = {
            "done": (inbox_past.page_done, people["li"], planted),
            "started": (inbox_past.page_started, people["wang"], begun),
            "copies": (inbox_past.page_copies, [OFFICE], begun),
        }
        for name, (read, whose, ids) in lists.items():
            for text in ("", *inbox_past.COLUMNS[name]):
                order = inbox_past.past_order_of(name, text)
                page = partial(_page_of, session, read, whose, order)
                found = every(page, 2)
                if text in ("", "number"):
                    assert found == (ids if text else ids[::-1]), name
                assert sorted(found) == sorted(ids), (name, text)
                second = page(page("", 2).after, 2)
                back = page("", 2, second.before)
                assert [row.id for row in back.rows] == found[:2]
        reasons = inbox_past.past_order_of("copies", "reason")
        rows = inbox_past.page_copies(session, [OFFICE], ALL, reasons).rows
        assert [row.id for row in rows] == begun[::-1]
        assert inbox_past.page_done(session, people["wang"], ALL).rows == []


def _page_of(session, read, whose, order, after, size, before=""):
    place = place_of(order, after, before)
    return read(session, whose, ALL, order, place, size)


WINDOWS = {
    "all": {},
    "process": {"process_key": "errand"},
    "overdue": {"due_before": NOW + timedelta(hours=900)},
    "new": {"new_since": NOW - timedelta(days=1)},
}


def test_each_order_and_filter_reads_no_more_of_twenty_thousand_tasks_than_of_twenty(
    people,
):
    bodies = [f"{TENANT}:office:{number}" for number in range(20)]
    for number, body in enumerate(bodies):
        plant_matters(
            ["路灯"] * 1_000, body, prefix=f"{number:02d}", findable=False
        )
    with transaction() as session:
        session.execute(sa.text("ANALYZE"))
    for by, column in SORTS.items():
        index = "offered" if by == "due" else f"by_{column}"
        for descending in (False, True):
            plan = explain(people["li"], bodies, Order(by, descending))
            _reads_little(plan, f"ix_user_task_candidate_{index}", len(bodies))
        for window in WINDOWS.values():
            read_by_window(people["li"], bodies, Order(by), window)


def read_by_window(
    person: int, bodies: list[str], order: Order, window: dict
) -> None:
    _reads_little(
        explain(person, bodies, order, window),
        "ix_user_task_candidate_",
        len(bodies),
    )


def _reads_little(plan: str, index: str, bodies: int) -> None:
    assert index in plan, plan
    if db.engine.dialect.name == "sqlite":
        assert plan.count("USING INDEX ix_user_task_candidate_") == bodies, (
            plan
        )
        assert "ix_user_task_assignee_open" in plan
        assert "SCAN user_task" not in plan
        return
    read = [
        int(line.split("actual rows=")[1].split(" ")[0].split(".")[0])
        for line in plan.splitlines()
        if "actual rows=" in line
    ]
    assert max(read) <= 20 * 21 + 21, plan


def explain(
    person: int,
    candidates: list[str],
    order: Order,
    window: dict | None = None,
) -> str:
    """The plan of the page's own statement; on PostgreSQL with what was really read."""
    seen = []

    def keep(_connection, _cursor, statement, parameters, *_rest):
        seen.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", keep)
    try:
        to_do(
            person,
            *candidates,
            order=order,
            filters=Filters(TENANT, **(window or {})),
        )
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", keep)
    statement, parameters = next(
        each for each in seen if "user_task" in each[0]
    )
    how = (
        "EXPLAIN QUERY PLAN "
        if db.engine.dialect.name == "sqlite"
        else "EXPLAIN (ANALYZE, TIMING OFF) "
    )
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql(how + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def test_counters_and_their_filters_agree_also_for_a_task_offered_to_two_bodies(
    people,
):
    hour = timedelta(hours=1)
    dues = [
        NOW - hour,
        NOW,
        NOW + hour,
        NOW + 30 * hour,
        NOW + 300 * hour,
        None,
    ]
    planted = plant_matters(["甲"] * 6, OFFICE, prefix="a", due=dues)
    held = plant_matters(
        ["乙"], OFFICE, prefix="b", due=[NOW - 2 * hour], assignee=people["li"]
    )
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
        since = NOW - 3 * hour
        counts = inbox_counts.count_by_due(
            session, Official(people["li"], bodies), TENANT, ends, since
        )
        alone = inbox_counts.count_by_due(
            session, Official(people["wang"], []), TENANT, ends, since
        )
    assert (
        counts.all,
        counts.overdue,
        counts.today,
        counts.week,
        counts.claimed,
    ) == (
        7,
        2,
        2,
        3,
        1,
    )
    assert (counts.new, counts.others) == (7, 0)
    assert alone == inbox_counts.Counts(*[0] * 9)

    def found(**given: object) -> set[str]:
        filters = Filters(TENANT, **given)
        return {
            row.id
            for row in to_do(
                people["li"], OFFICE, POLICE, filters=filters
            ).rows
        }

    assert found(due_before=NOW) == {planted[0], *held}
    assert found(due_from=NOW, due_before=ends[1]) == set(planted[1:3])
    assert found(due_from=NOW, due_before=ends[2]) == set(planted[1:4])
    assert found(claimed=True) == set(held)


def test_every_order_pages_forth_and_back_over_the_same_rows(people):
    titles = ["丙", "甲", "乙", "甲", "丁", "戊", "甲"]
    plant_matters(
        titles[:5],
        OFFICE,
        prefix="a",
        due=[NOW + timedelta(hours=4 - n) for n in range(5)],
    )
    plant_matters(
        titles[5:],
        OFFICE,
        prefix="b",
        assignee=people["li"],
        started_by=people["wang"],
    )
    with transaction() as session:
        session.execute(
            sa.update(UserTask)
            .where(UserTask.id == "a000002.1")
            .values(priority=100, name="复核")
        )
    for by in SORTS:
        for descending in (False, True):
            order = Order(by, descending)
            whole = [
                row.id for row in to_do(people["li"], OFFICE, order=order).rows
            ]
            assert len(whole) == 7
            pages, page = [], to_do(people["li"], OFFICE, order=order, size=3)
            assert page.before is None
            while True:
                pages.append([row.id for row in page.rows])
                if page.after is None:
                    break
                page = to_do(
                    people["li"], OFFICE, order=order, size=3, after=page.after
                )
            assert [each for part in pages for each in part] == whole, order
            back = [pages[-1]]
            while page.before is not None:
                page = to_do(
                    people["li"],
                    OFFICE,
                    order=order,
                    size=3,
                    before=page.before,
                )
                back.append([row.id for row in page.rows])
            assert back == pages[::-1], order
    with transaction(writing=False) as session:
        by_urgency = inbox.page_to_do(
            session,
            Official(people["li"], [OFFICE]),
            ALL,
            Order("urgency", True),
        )
        assert by_urgency.rows[0].id == "a000002.1"


def test_urgent_tasks_stand_above_every_page_in_every_order_until_somebody_claims_them(
    people,
):
    tasks = plant_matters([f"{n}" for n in range(9)], OFFICE)
    urgent, major = tasks[7], tasks[8]
    with transaction() as session:
        session.get_one(UserTask, urgent).priority = 75
        session.get_one(UserTask, major).priority = 100

    def pages(order: Order) -> list[list[str]]:
        found, after = [], ""
        while True:
            with transaction(writing=False) as session:
                page = inbox.page_urgent_first(
                    session,
                    Official(people["li"], [OFFICE]),
                    ALL,
                    order,
                    place_of(order, after, ""),
                    5,
                )
            found.append([row.id for row in page.rows])
            if page.after is None:
                return found
            after = page.after

    for order in (BY_DUE, Order("title", True), Order("arrived")):
        first, second = pages(order)
        assert first[:2] == second[:2] == [major, urgent]
        assert sorted(first[2:] + second[2:]) == tasks[:7]
        _lead_to_each_other([*first, *second[2:]], people["li"], order)
    with transaction() as session:
        session.get_one(UserTask, major).assignee_id = people["wang"]
        session.get_one(UserTask, urgent).assignee_id = people["li"]
        session.execute(
            sa.update(UserTaskCandidate)
            .where(UserTaskCandidate.task_id.in_([urgent, major]))
            .values(offered=False)
        )
    assert pages(BY_DUE)[0][0] == tasks[0]


def _lead_to_each_other(listed: list[str], person: int, order: Order) -> None:
    """Each task of the list names those that stand beside it, and a page can begin with it."""
    of = Official(person, [OFFICE])
    with transaction(writing=False) as session:
        for before, task, after in zip(
            [None, *listed], listed, [*listed[1:], None], strict=False
        ):
            assert inbox.beside_urgent_first(
                session, of, ALL, order, task
            ) == (
                before,
                after,
            )
            place = inbox.place_from(session, order, task)
            page = inbox.page_to_do(session, of, ALL, order, place, 1)
            assert page.rows[0].id == task
        assert inbox.place_from(session, order, "nothing") is None
        assert inbox.place_from(session, order, "a\0") is None


def test_an_offer_follows_its_task_and_names_who_applied(people):
    (task,) = plant_matters(["甲"], OFFICE, started_by=people["wang"])
    with transaction() as session:
        row = session.get_one(UserTask, task)
        row.title, row.name, row.priority = "乙", "复核", 70
    with transaction(writing=False) as session:
        offer_row = session.scalars(sa.select(UserTaskCandidate)).one()
        told = (
            offer_row.title,
            offer_row.name,
            offer_row.priority,
            offer_row.applicant,
            offer_row.opened_at,
        )
        assert told == ("乙", "复核", 70, "wang", NOW)
        assert (offer_row.process_key, offer_row.business_key) == (
            "errand",
            "差-2026-a000000",
        )


def test_new_is_what_arrived_since_and_was_not_looked_at(people):
    seen, unseen = plant_matters(["甲", "乙"], OFFICE)
    with transaction() as session:
        session.add(
            ReadTask(person_id=people["li"], task_id=seen, read_at=NOW)
        )
    new = Filters(TENANT, new_since=NOW - timedelta(hours=1))
    assert [
        row.id for row in to_do(people["li"], OFFICE, filters=new).rows
    ] == [unseen]
    assert len(to_do(people["wang"], OFFICE, filters=new).rows) == 2
    assert (
        to_do(
            people["li"], OFFICE, filters=Filters(TENANT, new_since=NOW)
        ).rows
        == []
    )


def test_what_one_applied_for_or_acted_on_waits_for_others(people):
    applied = plant_matters(
        ["甲"], OFFICE, prefix="a", started_by=people["wang"]
    )
    acted = plant_matters(["乙"], POLICE, prefix="b", assignee=people["li"])
    own = plant_matters(
        ["丙"],
        POLICE,
        prefix="c",
        started_by=people["wang"],
        assignee=people["wang"],
    )
    foreign = plant_matters(["丁"], OFFICE, prefix="d")
    with transaction() as session:
        for number, task in enumerate((acted[0], foreign[0])):
            row = session.get_one(UserTask, task)
            done = {
                each.name: getattr(row, each.name)
                for each in UserTask.__table__.columns
            }
            done |= {
                "id": f"{row.instance_id}.0",
                "state": "completed",
                "closed_at": NOW,
            }
            session.add(
                UserTask(
                    **{
                        **done,
                        "closed_by": people["wang"]
                        if number == 0
                        else people["li"],
                    }
                )
            )
    with transaction(writing=False) as session:

        def waiting(person: str, *bodies: str) -> set[str]:
            of = Official(people[person], bodies)
            return {
                row.id for row in inbox.page_waiting(session, of, ALL).rows
            }

        assert waiting("wang") == {*applied, *acted}
        assert waiting("wang", OFFICE) == {*acted}
        assert waiting("li") == set(foreign)
        assert own[0] not in waiting("wang")
        facts = inbox_rows.facts(session, [*acted, *applied])
        assert {name: of.round for name, of in facts.items() if of.round} == {
            acted[0]: inbox_rows.Round(1, False)
        }
        assert facts[acted[0]].candidates == [POLICE]


def test_procedures_are_those_of_which_something_waits(people):
    plant_matters(["甲"], OFFICE, prefix="a")
    with transaction(writing=False) as session:
        li, police = (
            Official(people["li"], [OFFICE]),
            Official(people["li"], [POLICE]),
        )
        assert inbox_procedures.count_by_procedure(session, li, TENANT, 1) == {
            "errand": 1
        }
        too_many = inbox_counts.COUNT_CAP + 1
        assert inbox_procedures.count_by_procedure(
            session, li, TENANT, too_many
        ) == {"errand": None}
        assert (
            inbox_procedures.count_by_procedure(session, police, TENANT, 0)
            == {}
        )
        assert (
            inbox_procedures.count_by_procedure(
                session, police, TENANT, too_many
            )
            == {}
        )


def test_a_deputys_list_counters_and_search_hold_what_he_does_for_the_absent(
    people,
):
    held = plant_matters(["甲"], POLICE, prefix="a", assignee=people["wang"])
    offered = plant_matters(["乙"], POLICE, prefix="b")
    other = plant_matters(["丙"], POLICE, prefix="c", process_key="case")
    own = plant_matters(["丁"], OFFICE, prefix="d")

    def waiting(keys: tuple[str, ...]) -> Official:
        absent = StandIn(people["wang"], "wang", "wang", (POLICE,), keys)
        return Official(people["li"], [OFFICE], [absent])

    with transaction(writing=False) as session:
        ends, long_ago = (NOW, NOW, NOW), inbox_counts.LONG_AGO
        for keys, expected in (
            ((), {*held, *offered, *other, *own}),
            (("errand",), {*held, *offered, *own}),
        ):
            of = waiting(keys)
            assert {
                row.id for row in inbox.page_to_do(session, of, ALL).rows
            } == expected
            counts = inbox_counts.count_by_due(
                session, of, TENANT, ends, long_ago
            )
            assert (
                counts.all == counts.new == len(expected)
                and counts.claimed == 0
            )
            assert inbox_counts.count_arrived(
                session, of, ALL, long_ago
            ) == len(expected)
            by_key = inbox_procedures.count_by_procedure(
                session, of, TENANT, counts.all
            )
            many = inbox_procedures.count_by_procedure(
                session, of, TENANT, inbox_counts.COUNT_CAP + 1
            )
            assert sum(by_key.values()) == len(expected) and set(many) == {
                "errand"
            }
        found = inbox.page_to_do(
            session, waiting(()), Filters(TENANT, "丙")
        ).rows
        assert [row.id for row in found] == other
        assert (
            inbox.page_to_do(
                session,
                waiting(("errand",)),
                Filters(TENANT, process_key="case"),
            ).rows
            == []
        )
        assert (
            inbox.page_to_do(
                session, waiting(()), Filters(TENANT, claimed=True)
            ).rows
            == []
        )
