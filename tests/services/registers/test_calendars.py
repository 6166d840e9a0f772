"""A year's holidays brought into force: every running due date and its timers follow, once, and the report
tells from when to when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from orchestrator import jobs
from orchestrator.domain.announcements import read
from orchestrator.errors import InstanceChanged, RuleViolated
from orchestrator.services import bundles
from orchestrator.services.access import viewer
from orchestrator.services.clocks import deadlines, recalculation, timers
from orchestrator.services.execution import day_layers, locked_instance
from orchestrator.services.instances import case_view
from orchestrator.services.records import history
from orchestrator.services.registers import calendar_years, calendars
from orchestrator.services.registers.calendar_years import CalendarChange
from orchestrator.store.calendars import (
    CalendarDay,
    CalendarMove,
    CalendarVersion,
)
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import Deadline
from tests.services.world import TENANT

EVE = datetime(2026, 12, 30, 1, 0, tzinfo=UTC)
"""Wednesday 30 December 2026, 09:00 in Shanghai; three working days by weekdays end on Monday 4 January,
17:30."""
BY_WEEKDAYS = datetime(2027, 1, 5, 9, 30, tzinfo=UTC)
NEW_YEAR = "2027-01-01至2027-01-03,休,元旦\n2027-01-09,班,元旦调休"
MAY = "2027-05-01至2027-05-05,休,劳动节\n2027-05-08,班,劳动节调休"
"""Says nothing of January."""
LONG = NEW_YEAR.replace("01-03", "01-05")


@pytest.fixture
def eve(world):
    world.now = EVE
    return world


def announce(
    world, text: str = LONG, expected: int | None = None
) -> int | None:
    return calendars.activate(
        TENANT,
        CalendarChange(read(text, 2027), "测试"),
        world.person("wang"),
        world.now,
        2026,
        expected,
    )


def bring(world, text: str = LONG) -> recalculation.Recalculation:
    announce(world, text)
    return recalculation.recalculate(world.now, TENANT)


def ledger(world, instance_id: str) -> Deadline:
    (found,) = world.rows(
        sa.select(Deadline).where(Deadline.instance_id == instance_id)
    )
    return found


def test_a_places_own_festival_does_not_announce_the_year(eve):
    errand = eve.start()
    bring(eve, "2027-02-07至2027-02-13,休,藏历新年")
    task = eve.task(errand, "review")
    assert (task.due_at, task.due_provisional) == (BY_WEEKDAYS, True)
    with transaction(writing=False) as session:
        known = calendar_years.years(session, TENANT, 2026)
    assert [each.year for each in known if each.announced] == [2026]


def test_a_due_date_across_new_year_is_provisional_until_the_year_is_announced_and_its_timer_follows(
    eve,
):
    errand = eve.start()
    task = eve.task(errand, "review")
    assert (task.due_at, task.due_provisional) == (BY_WEEKDAYS, True)
    done = bring(eve)
    # Thursday 31 December, then Wednesday the 6th and Thursday the 7th.
    due = datetime(2027, 1, 7, 9, 30, tzinfo=UTC)
    assert (done.moved, done.left) == (1, 0)
    task, (timer,) = eve.task(errand, "review"), eve.timers(errand)
    assert (
        task.due_at,
        task.due_sort,
        task.due_provisional,
        timer.due_at,
    ) == (
        due,
        due,
        False,
        due,
    )
    assert not ledger(eve, errand).provisional
    assert timers.fire_due(BY_WEEKDAYS).fired == 0
    assert timers.fire_due(due - timedelta(minutes=1)).fired == 0
    assert timers.fire_due(due).fired == 1
    assert eve.elements(errand) == ["review", "urge"]
    assert history.verify(errand) == []


def test_the_history_and_the_report_tell_from_when_to_when(eve):
    errand = eve.start()
    bring(eve)
    (entry,) = eve.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.kind == "deadline-recomputed"
        )
    )
    assert entry.data["before"] == BY_WEEKDAYS.isoformat()
    assert entry.data["due"] == "2027-01-07T09:30:00+00:00"
    with transaction(writing=False) as session:
        who = viewer(session, eve.person("wang"))
        seen = case_view.look(session, who, errand)
    (step,) = [
        step for step in seen.steps if step.kind == "deadline-recomputed"
    ]
    assert (
        step.remark
        == "原截止时间 2027-01-05 17:30；截止时间改为 2027-01-07 17:30"
    )
    (move,) = eve.rows(sa.select(CalendarMove))
    assert (move.instance_id, move.name, move.before_at, move.after_at) == (
        errand,
        "审核",
        BY_WEEKDAYS,
        datetime(2027, 1, 7, 9, 30, tzinfo=UTC),
    )


def test_what_does_not_move_is_provisional_no_more_and_its_history_says_nothing(
    eve,
):
    errand = eve.start()
    assert bring(eve, f"2027-01-01,休,元旦\n{MAY}").moved == 0
    task = eve.task(errand, "review")
    assert (task.due_at, task.due_provisional) == (BY_WEEKDAYS, False)
    assert "deadline-recomputed" not in eve.history(errand)


def test_bringing_the_same_year_into_force_twice_changes_nothing(eve):
    errand = eve.start()
    assert bring(eve).moved == 1
    before = eve.snapshot(errand)
    assert announce(eve) is None
    assert recalculation.recalculate(
        eve.now, TENANT
    ) == recalculation.Recalculation(0, 0, 0)
    assert eve.snapshot(errand) == before
    assert len(eve.rows(sa.select(CalendarVersion.number))) == 1


def test_a_correction_of_an_announced_year_moves_what_runs_and_leaves_what_is_past(
    eve,
):
    late = eve.start()
    eve.later(days=2)
    bring(eve, MAY)
    eve.now = datetime(2027, 1, 5, 1, 0, tzinfo=UTC)
    timers.fire_due(eve.now)
    running_one = eve.start(subject="井盖")
    assert eve.task(running_one, "review").due_at == datetime(
        2027, 1, 8, 9, 30, tzinfo=UTC
    )
    past = eve.task(late, "review").due_at
    assert past == datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
    corrected = calendars.activate(
        TENANT,
        CalendarChange(read(f"{MAY}\n2027-01-07,休,补假", 2027), "更正"),
        None,
        eve.now,
        2027,
    )
    done = recalculation.recalculate(eve.now, TENANT)
    assert (corrected, done.moved) == (2, 1)
    assert eve.task(running_one, "review").due_at == datetime(
        2027, 1, 11, 9, 30, tzinfo=UTC
    )
    assert eve.task(late, "review").due_at == past


def test_what_stays_is_explained_by_the_calendar_it_was_counted_by(eve):
    errand = eve.start()
    bring(eve, MAY)
    eve.now = datetime(2027, 1, 5, 1, 0, tzinfo=UTC)
    calendars.activate(
        TENANT,
        CalendarChange(read(f"{MAY}\n2027-01-04,休,补假", 2027), "更正"),
        None,
        eve.now,
        2027,
    )
    recalculation.recalculate(eve.now, TENANT)
    with transaction(writing=False) as session:
        seen = case_view.look(
            session, viewer(session, eve.person("wang")), errand
        )
    assert "2027-01-04 17:30" in seen.open_tasks[0].lines[1]


def test_nobody_is_made_late_by_a_correction(eve):
    bring(eve, LONG)
    errand = eve.start()
    eve.now = datetime(2027, 1, 6, 1, 0, tzinfo=UTC)
    due = eve.task(errand, "review").due_at
    calendars.activate(
        TENANT,
        CalendarChange(read(NEW_YEAR, 2027), "更正"),
        None,
        eve.now,
        2027,
    )
    assert recalculation.recalculate(
        eve.now, TENANT
    ) == recalculation.Recalculation(0, 1, 0)
    assert eve.task(errand, "review").due_at == due
    (move,) = eve.rows(
        sa.select(CalendarMove).where(CalendarMove.version == 2)
    )
    assert (move.before_at, move.after_at) == (due, None)
    assert timers.fire_due(eve.now).fired == 0


def test_a_suspended_matter_stays_suspended_and_comes_up_on_its_day_of_review(
    eve,
):
    errand = eve.start()
    deadlines.suspend(
        ledger(eve, errand).id,
        "等待鉴定",
        eve.person("zhou"),
        eve.now,
        review_on=date(2027, 1, 20),
    )
    before = eve.task(errand, "review")
    assert bring(eve).moved == 1
    task = eve.task(errand, "review")
    assert (task.due_at, task.follow_up_at, task.due_sort) == (
        None,
        before.follow_up_at,
        before.due_sort,
    )
    assert timers.fire_due(eve.now + timedelta(days=90)).fired == 0


def test_a_finished_step_and_a_finished_matter_are_left_alone(eve):
    errand = eve.start()
    eve.review(errand)
    assert bring(eve) == recalculation.Recalculation(0, 0, 0)
    assert eve.rows(sa.select(CalendarMove)) == []


def test_a_process_that_read_the_old_calendar_learns_of_the_new_one_by_itself(
    eve,
):
    eve.start()
    kept = dict(day_layers._known)
    announce(eve)
    # As in a process that never heard of the announcement: all it has is what it read before.
    day_layers._known.clear()
    day_layers._known.update(kept)
    task = eve.task(eve.start(subject="新件"), "review")
    assert (task.due_at, task.due_provisional) == (
        datetime(2027, 1, 7, 9, 30, tzinfo=UTC),
        False,
    )


def test_an_open_reading_session_sees_the_new_calendar_in_its_next_transaction(
    eve,
):
    errand = eve.start()
    with transaction(writing=False) as session:
        bundle = bundles.bundle_of(
            session, session.get_one(ProcessInstance, errand).definition_id
        )
    reading = db.session()
    assert locked_instance.calendar(reading, bundle).version == "0"
    announce(eve)
    reading.rollback()
    assert locked_instance.calendar(reading, bundle).version == "1"


def test_the_clock_goes_on_where_a_pass_stopped_and_settles_after_a_while(
    eve, monkeypatch
):
    errands = [eve.start(subject=f"第{number}件") for number in range(5)]
    monkeypatch.setattr(recalculation, "BATCH", 2)
    announce(eve)
    assert recalculation.recalculate(
        eve.now, TENANT, limit=3
    ) == recalculation.Recalculation(3, 3, 2)
    assert recalculation.left(eve.now, TENANT) == 2
    assert recalculation.settle(eve.now).moved == 2
    assert {eve.task(errand, "review").due_at for errand in errands} == {
        datetime(2027, 1, 7, 9, 30, tzinfo=UTC)
    }
    # What a transaction begun before has written since is found as well.
    with transaction() as session:
        late = session.get_one(Deadline, ledger(eve, errands[0]).id)
        late.due_at, late.calendar_version = BY_WEEKDAYS, "0"
    stopped = partial(recalculation.recalculate, limit=0)
    with monkeypatch.context() as stopping:
        stopping.setattr(recalculation, "recalculate", stopped)
        assert recalculation.settle(eve.now + recalculation.GRACE).left == 1
    assert eve.rows(sa.select(CalendarVersion.settled_at)) == [None]
    assert recalculation.settle(eve.now + timedelta(minutes=1)).moved == 1
    assert eve.rows(sa.select(CalendarVersion.settled_at)) == [None]
    recalculation.settle(eve.now + recalculation.GRACE)
    assert eve.rows(sa.select(CalendarVersion.settled_at)) == [
        eve.now + recalculation.GRACE
    ]
    assert recalculation.settle(eve.now + timedelta(hours=1)) is None


def test_the_clock_itself_does_it(eve):
    eve.now = datetime.now(UTC)
    announce(eve)
    jobs.tick()
    assert recalculation.left(eve.now, TENANT) == 0


def test_a_deadline_that_cannot_be_counted_becomes_an_incident_and_the_others_move(
    eve,
):
    broken, sound = eve.start(), eve.start(subject="好的")
    with transaction() as session:
        session.get_one(Deadline, ledger(eve, broken).id).limit_unit = "moons"
    assert bring(eve) == recalculation.Recalculation(1, 2, 0)
    assert eve.task(sound, "review").due_at == datetime(
        2027, 1, 7, 9, 30, tzinfo=UTC
    )
    (incident,) = eve.rows(sa.select(Incident))
    assert (incident.instance_id, incident.kind) == (broken, "recount-failed")
    assert "仍按原来的截止时间办理" in incident.message
    assert history.verify() == []


def test_a_year_comes_in_its_turn_and_not_when_it_is_over(eve):
    with pytest.raises(RuleViolated, match="2027 年的放假安排还没有导入"):
        calendars.activate(
            TENANT,
            CalendarChange(read("2028-01-01,休,元旦"), "测试"),
            None,
            eve.now,
            2026,
        )
    with pytest.raises(RuleViolated, match="2025 年已经过去"):
        calendars.activate(
            TENANT,
            CalendarChange(read("2025-01-01,休,元旦"), "测试"),
            None,
            eve.now,
            2026,
        )
    assert eve.rows(sa.select(CalendarVersion)) == []


def test_wrong_lines_bring_nothing_into_force(eve):
    before = eve.rows(sa.select(CalendarDay.on))
    with pytest.raises(RuleViolated, match="第 2 行"):
        announce(eve, "2027-01-01,休,元旦\n2027-01-04,班,元旦调休")
    assert eve.rows(sa.select(CalendarDay.on)) == before


def test_who_looked_at_an_older_calendar_is_told_to_look_again(eve):
    announce(eve, NEW_YEAR, expected=0)
    with pytest.raises(InstanceChanged, match="重新核对"):
        announce(eve, LONG, expected=0)
    assert announce(eve, LONG, expected=1) == 2


def test_what_would_move_is_foreseen_and_nothing_is_written(eve):
    errand = eve.start()
    before = eve.snapshot(errand)
    with transaction(writing=False) as session:
        (found,) = recalculation.foresee(
            session, TENANT, read(LONG, 2027), eve.now, 20
        )
        assert (
            recalculation.foresee(
                session, TENANT, read(MAY, 2027), eve.now, 20
            )
            == []
        )
    assert (found.instance_id, found.name) == (errand, "审核")
    assert (found.before, found.after) == (
        BY_WEEKDAYS,
        datetime(2027, 1, 7, 9, 30, tzinfo=UTC),
    )
    assert eve.snapshot(errand) == before


def test_the_years_are_told_with_the_one_to_be_announced_next(eve):
    with transaction(writing=False) as session:
        assert [
            (each.year, each.announced)
            for each in calendar_years.years(session, TENANT, 2026)
        ] == [
            (2026, True),
            (2027, False),
        ]
    announce(eve)
    with transaction(writing=False) as session:
        found = calendar_years.years(session, TENANT, 2026)
    assert [(each.year, each.announced, each.version) for each in found] == [
        (2026, True, None),
        (2027, True, 1),
        (2028, False, None),
    ]


# ---- each
# jurisdiction's own


def test_what_another_jurisdiction_brings_into_force_moves_nothing_here(eve):
    errand = eve.start()
    before = eve.snapshot(errand)
    assert (
        calendars.activate(
            "elsewhere",
            CalendarChange(read(LONG, 2027), "别处"),
            None,
            eve.now,
            2026,
        )
        == 1
    )
    assert recalculation.settle(eve.now) == recalculation.Recalculation(
        0, 0, 0
    )
    assert eve.snapshot(errand) == before
    assert eve.task(eve.start(subject="新件"), "review").due_at == BY_WEEKDAYS
    with transaction(writing=False) as session:
        assert [
            each.announced
            for each in calendar_years.years(session, TENANT, 2026)
        ] == [
            True,
            False,
        ]
        assert calendar_years.years(session, "elsewhere", 2026)[-2].announced
    # The same year here is the first version here, whoever was first elsewhere.
    assert announce(eve) == 1
    assert recalculation.settle(eve.now).moved == 2


def test_a_correction_here_leaves_the_year_elsewhere_as_it_was(eve):
    calendars.activate(
        "elsewhere",
        CalendarChange(read(LONG, 2027), "别处"),
        None,
        eve.now,
        2026,
    )
    bring(eve, NEW_YEAR)
    with transaction(writing=False) as session:
        (there,) = [
            each
            for each in calendar_years.years(session, "elsewhere", 2026)
            if each.year == 2027
        ]
        assert (len(there.days), there.sources) == (6, ["别处"])
        (here,) = [
            each
            for each in calendar_years.years(session, TENANT, 2026)
            if each.year == 2027
        ]
        assert (len(here.days), here.sources) == (4, ["测试"])


def test_a_source_that_nobody_typed_is_not_made_up(eve):
    calendars.activate(
        TENANT, CalendarChange(read(LONG, 2027), "  "), None, eve.now, 2026
    )
    assert eve.rows(sa.select(CalendarVersion.source)) == ["未注明来源"]
    assert set(
        eve.rows(
            sa.select(CalendarDay.source).where(
                CalendarDay.tenant_id == TENANT
            )
        )
    ) == {"未注明来源"}
