"""A place's own days stand beside the nation's: they count for the deadlines of its bodies and of those below
it, and move these alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain.announcements import read
from orchestrator.domain.reminders import OverdueRule
from orchestrator.errors import RuleViolated
from orchestrator.services import bundles
from orchestrator.services.access import viewer
from orchestrator.services.clocks import (
    deadlines,
    late_tasks,
    recalculation,
    unclaimed_tasks,
)
from orchestrator.services.execution import due_dates
from orchestrator.services.figures import facts
from orchestrator.services.installation import presence
from orchestrator.services.instances import case_view
from orchestrator.services.notifications import due
from orchestrator.services.records import history
from orchestrator.services.registers import (
    calendar_proposals,
    calendar_years,
    calendars,
)
from orchestrator.services.registers.calendar_years import (
    CalendarChange,
    Validity,
)
from orchestrator.services.user_tasks import leaving
from orchestrator.store.calendars import (
    NATION,
    CalendarDay,
    CalendarVersion,
    open_proposal,
)
from orchestrator.store.instances import Copy
from orchestrator.store.notifications import Notification
from orchestrator.store.service_processes import ServiceProcess
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.services.registers.test_calendars import LONG, bring, eve
from tests.services.world import TENANT

__all__ = ["eve"]

COUNTY = "990100"
OTHER = "990200"
ALIKE = "99010_"
"""What a pattern of SQL would take for COUNTY."""
GRID = "990100001"
FESTIVAL = "2027-01-06至2027-01-07,休,县庆"
ANNOUNCED = datetime(2027, 1, 7, 9, 30, tzinfo=UTC)
"""What the nation's days make of three working days: the 31st, the 6th and the 7th."""
WITH_FESTIVAL = datetime(2027, 1, 9, 9, 30, tzinfo=UTC)
"""The 31st, Friday the 8th and the make-up Saturday."""


@pytest.fixture
def announced(eve):
    """The nation's days are known; one more county lies beside that of the bodies."""
    bring(eve, LONG)
    with transaction() as session:
        for code, name, level in (
            (OTHER, "邻县", "county"),
            (ALIKE, "某县", "county"),
            (GRID, "第一网格", "grid"),
        ):
            session.add(
                Territory(
                    tenant_id=TENANT,
                    code=code,
                    name=name,
                    level=level,
                    parent_code="990000",
                    path=f"990000/{code}/",
                )
            )
    return eve


def own(
    world,
    text: str,
    place: str,
    first: date | None = None,
    year: int = 2027,
) -> recalculation.Recalculation:
    with transaction(writing=False) as session:
        announcement = calendar_years.announced(
            session, TENANT, text, year, place
        )
    calendars.activate(
        TENANT,
        CalendarChange(
            announcement, "试验县人民政府公告", Validity(place, first)
        ),
        None,
        world.now,
        2026,
    )
    return recalculation.recalculate(world.now, TENANT)


@pytest.mark.parametrize(
    ("place", "due", "looked_at"),
    [
        (COUNTY, WITH_FESTIVAL, 1),
        ("990000", WITH_FESTIVAL, 1),
        (OTHER, ANNOUNCED, 0),
        (ALIKE, ANNOUNCED, 0),
    ],
)
def test_a_deadline_counts_the_days_of_its_bodys_place_and_of_those_above_it(
    announced, place: str, due: datetime, looked_at: int
):
    errand = announced.start()
    assert announced.task(errand, "review").due_at == ANNOUNCED
    assert own(announced, FESTIVAL, place).looked_at == looked_at
    assert announced.task(errand, "review").due_at == due
    # What begins later counts them at once.
    assert announced.task(announced.start(), "review").due_at == due


def test_days_after_the_due_day_leave_a_deadline_unlooked_at(announced):
    errand = announced.start()
    assert own(announced, "2027-07-01,休,县庆", COUNTY).looked_at == 0
    assert announced.task(errand, "review").due_at == ANNOUNCED
    assert announced.rows(
        sa.select(Deadline.calendar_version).where(
            Deadline.instance_id == errand
        )
    ) == ["1"]


def test_the_explanation_names_the_places_own_day(announced):
    errand = announced.start()
    own(announced, FESTIVAL, COUNTY)
    with transaction(writing=False) as session:
        wang = viewer(session, announced.person("wang"))
        seen = case_view.look(session, wang, errand)
    lines = seen.open_tasks[0].lines
    assert any("1月6日至1月7日县庆放假" in line for line in lines)


def test_from_a_day_of_effect_on_the_days_before_it_stay(announced):
    own(announced, FESTIVAL, COUNTY)
    own(announced, "2027-01-08,休,县庆", COUNTY, date(2027, 1, 7))
    with transaction(writing=False) as session:
        year = calendar_years.own_year(session, TENANT, COUNTY, 2027)
    assert [day.on.day for day in year.days] == [6, 8]
    with pytest.raises(RuleViolated, match="不在 2027 年"):
        own(announced, FESTIVAL, COUNTY, date(2028, 1, 1))


def test_own_days_taken_away_count_no_more_and_the_nations_are_untouched(
    announced,
):
    before = announced.rows(sa.select(CalendarDay.source))
    errand = announced.start()
    own(announced, FESTIVAL, COUNTY)
    own(announced, "", COUNTY)
    assert announced.task(errand, "review").due_at == ANNOUNCED
    assert announced.rows(sa.select(CalendarDay.source)) == before
    with transaction(writing=False) as session:
        assert calendar_years.with_own_days(session, TENANT, 2027) == {}
        known = calendar_years.years(session, TENANT, 2026)
        year = calendar_years.own_year(session, TENANT, COUNTY, 2027)
    assert (year.days, list(year.sources)) == ((), []), "no announcement"
    # The year's version is still the nation's.
    assert [year.version for year in known if year.year == 2027] == [1]


def test_a_later_year_of_the_nation_keeps_the_places_own_days(announced):
    own(announced, FESTIVAL, COUNTY)
    bring(announced, LONG + "\n2027-05-01,休,劳动节")
    errand = announced.start()
    assert announced.task(errand, "review").due_at == WITH_FESTIVAL


def test_a_place_without_a_calendar_and_a_past_year_are_refused(announced):
    for code in ("990999", GRID):
        with pytest.raises(RuleViolated, match="没有这个地方"):
            own(announced, FESTIVAL, code)
    with pytest.raises(RuleViolated, match="2025 年已经过去"):
        calendars.activate(
            TENANT,
            CalendarChange(
                read("2025-01-06,休,县庆", 2025), "", Validity(COUNTY)
            ),
            None,
            announced.now,
            2026,
        )


@pytest.mark.one_database
def test_a_place_in_use_no_more_loses_its_days_and_gets_none(announced):
    errand = announced.start()
    own(announced, FESTIVAL, COUNTY)
    with transaction() as session:
        session.get_one(Territory, (TENANT, COUNTY)).active = False
        session.get_one(Territory, (TENANT, OTHER)).active = False
        levels = bundles.profile_in_force(session, TENANT).levels
        listed = calendar_years.places(session, TENANT, levels)
    assert [place.code for place in listed] == ["990000", COUNTY, ALIKE]
    with pytest.raises(RuleViolated, match="试验县已经停用，只能取消"):
        own(announced, f"{FESTIVAL}\n2027-01-08,休,县庆", COUNTY)
    own(announced, "", COUNTY)
    assert announced.task(errand, "review").due_at == ANNOUNCED


@pytest.mark.one_database
def test_a_place_works_on_a_weekday_that_is_off_above_it(announced):
    errand = announced.start()
    own(announced, "2027-01-04,班,照常上班", COUNTY)
    # The 31st, the 4th and the 6th.
    assert announced.task(errand, "review").due_at == datetime(
        2027, 1, 6, 9, 30, tzinfo=UTC
    )
    own(announced, "2027-05-03,休,县庆", "990000")
    own(announced, "2027-05-03,班,照常上班\n2027-05-01,班,照常上班", COUNTY)
    for place, on in ((NATION, "01-04"), (COUNTY, "02-03")):
        with pytest.raises(RuleViolated, match="本来就上班"):
            own(announced, f"2027-{on},班,照常上班", place)


@pytest.mark.one_database
def test_a_place_opens_a_day_that_the_law_closes_in_a_year_not_announced(eve):
    with transaction(writing=False) as session:
        for on, refused in (("2028-10-02", False), ("2028-10-04", True)):
            announcement = calendar_years.announced(
                session, TENANT, f"{on},班,照常上班", None, COUNTY
            )
            assert bool(announcement.errors) == refused


@pytest.mark.one_database
def test_a_former_program_reads_the_nations_days_in_a_version_of_a_place(
    announced,
):
    own(announced, FESTIVAL, COUNTY)
    nations, places = announced.rows(
        sa.select(CalendarVersion).order_by(CalendarVersion.number)
    )
    assert places.days == nations.days
    assert [on for on, *_rest in places.own_days] == [
        "2027-01-06",
        "2027-01-07",
    ]


def test_days_of_a_place_wait_until_every_process_knows_places(announced):
    seen_at = announced.now - timedelta(seconds=30)
    with transaction() as session:
        session.add(
            ServiceProcess(
                id="web:old:1",
                kind="web",
                host="甲机",
                pid=1,
                release="0.1.0",
                started_at=seen_at,
                seen_at=seen_at,
            )
        )
    with pytest.raises(RuleViolated, match="甲机上还有另一个版本的程序"):
        own(announced, FESTIVAL, COUNTY)
    with pytest.raises(RuleViolated, match="甲机"):
        calendar_proposals.propose(
            TENANT,
            CalendarChange(read(FESTIVAL, 2027), "", Validity(COUNTY)),
            announced.person("wang"),
            announced.now,
            2026,
            1,
        )
    bring(announced, LONG + "\n2027-05-01,休,劳动节")
    presence.renew(
        presence.ServingProcess("web", "old", 1, seen_at), announced.now
    )
    own(announced, FESTIVAL, COUNTY)
    assert announced.task(announced.start(), "review").due_at == WITH_FESTIVAL


def test_a_deadline_that_a_former_program_wrote_gets_its_bodys_place(
    announced, monkeypatch
):
    """The clock gives it, a batch at a time, and settles the version only then; a task of bodies in several
    places is not looked at again."""
    monkeypatch.setattr(recalculation, "BATCH", 1)
    monkeypatch.setattr(recalculation, "MOST_PLACED", 1)
    errands = [announced.start(), announced.start()]
    several, one = sorted(
        announced.task(errand, "review").id for errand in errands
    )
    with transaction() as session:
        session.execute(sa.update(Deadline).values(days_of=None))
        session.add(
            Body(
                id=f"{TENANT}:grid-office:{OTHER}",
                tenant_id=TENANT,
                role="grid-office",
                family="grid-office",
                level="county",
                territory_code=OTHER,
                territory_path=f"990000/{OTHER}/",
                name="邻县网格办",
            )
        )
        offer = session.scalars(
            sa.select(UserTaskCandidate).where(
                UserTaskCandidate.task_id == several
            )
        ).first()
        session.execute(
            sa.insert(UserTaskCandidate).values(
                {
                    column.key: getattr(offer, column.key)
                    for column in sa.inspect(UserTaskCandidate).columns
                }
                | {"candidate": f"{TENANT}:grid-office:{OTHER}"}
            )
        )
    own(announced, FESTIVAL, COUNTY)
    places = sa.select(Deadline.days_of).order_by(Deadline.id)
    assert announced.rows(places) == [None, None]
    later = announced.now + recalculation.GRACE
    recalculation.settle(later)
    assert announced.rows(places) == ["990000", None]
    recalculation.settle(later)
    assert announced.rows(places) == ["990000", COUNTY]
    recalculation.settle(later)
    assert recalculation.settle(later) is None
    due = {
        task.id: task.due_at for task in announced.rows(sa.select(UserTask))
    }
    assert due == {several: ANNOUNCED, one: WITH_FESTIVAL}


def test_a_task_that_comes_to_another_place_counts_the_days_there(announced):
    own(announced, FESTIVAL, COUNTY)
    errand = announced.start()
    task = announced.task(errand, "review")
    with transaction(writing=False) as session:
        bodies = [
            session.get_one(Body, f"{TENANT}:grid-office:{code}")
            for code in (COUNTY, "990000")
        ]
    leaving.follow_successor(task.id, *bodies, announced.now)
    task = announced.task(errand, "review")
    assert (task.due_at, task.due_sort) == (ANNOUNCED, ANNOUNCED)
    assert {timer.due_at for timer in announced.timers(errand)} == {ANNOUNCED}
    assert announced.history(errand)[-2:] == [
        "redirected",
        "deadline-followed",
    ]
    assert history.verify(errand) == []
    # One that would be past there keeps its due date, and is counted for that place from then on.
    other, stopped = announced.start(), announced.start()
    still = announced.task(stopped, "review").id
    deadlines.suspend(
        still,
        "等待鉴定",
        by=announced.person("zhou"),
        now=announced.now,
        review_on=date(2027, 2, 1),
    )
    announced.now = ANNOUNCED + timedelta(hours=1)
    task = announced.task(other, "review")
    leaving.follow_successor(task.id, *bodies, announced.now)
    assert announced.history(other)[-1] == "redirected"
    assert announced.task(other, "review").due_at == WITH_FESTIVAL
    with transaction(writing=False) as session:
        assert session.get_one(Deadline, task.id).days_of == "990000"
    # While a deadline stands still nothing is past: it is counted anew.
    leaving.follow_successor(still, *bodies, announced.now)
    with transaction(writing=False) as session:
        assert session.get_one(Deadline, still).due_at == ANNOUNCED
    assert announced.task(stopped, "review").due_at is None


def test_a_task_of_bodies_in_several_places_counts_what_holds_in_all():
    office = f"{TENANT}:grid-office"
    assert due_dates.place_of([f"{office}:{COUNTY}", "user:li"]) == COUNTY
    assert (
        due_dates.place_of([f"{office}:{COUNTY}", f"{office}:{OTHER}"]) is None
    )
    assert due_dates.place_of([]) is None


@pytest.mark.one_database
def test_the_clock_looks_at_the_days_of_the_tasks_place(
    announced, monkeypatch
):
    """What is due soon, who is on call, and the next stage of a late task."""
    own(announced, "2026-12-31,休,县庆", COUNTY, year=2026)
    own(announced, FESTIVAL, COUNTY)
    errand = announced.start()
    task = announced.task(errand, "review")
    due_at = datetime(2027, 1, 6, 6, tzinfo=UTC)
    with transaction() as session:
        row = session.get_one(UserTask, task.id)
        row.due_at = row.due_sort = due_at
        row.priority = 75
    due.sweep(announced.now - timedelta(days=1))
    due.sweep(announced.now)
    soon = sa.select(Notification.kind).where(Notification.kind == "due-soon")
    assert len(announced.rows(soon)) == 2
    due.sweep(announced.now + timedelta(days=1))
    assert len(announced.rows(soon)) == 2

    announced.now = datetime(2026, 12, 31, 2, tzinfo=UTC)
    unclaimed_tasks.sweep(announced.now)
    reasons = announced.rows(sa.select(Copy.reason))
    assert any(reason.startswith("非工作时间") for reason in reasons)

    stage = OverdueRule(after=1, unit="working_days", mark=True)
    monkeypatch.setattr(late_tasks, "stages_of", lambda *_: (stage,))
    for day, times in ((7, 0), (8, 1)):
        announced.now = datetime(2027, 1, day, 9, 31, tzinfo=UTC)
        late_tasks.sweep(announced.now)
        assert announced.history(errand).count("overdue") == times


@pytest.mark.one_database
def test_hours_spent_on_a_step_are_those_of_the_place_that_did_it(
    announced, monkeypatch
):
    own(announced, "2026-12-31,休,县庆", COUNTY, year=2026)
    task = announced.task(announced.start(), "review")
    announced.now += timedelta(days=1, hours=1)
    announced.review(task.instance_id)
    done = announced.task(task.instance_id, "review", "completed")
    minutes = []
    with transaction() as session:
        calendars = facts._Calendars(session, facts.month)
        for code in (COUNTY, "990000"):
            by = {done.id: f"{TENANT}:grid-office:{code}"}
            rows = facts._Rows(None, "", None, done.definition_id, [done])
            rows.done_by = by
            minutes.append(facts._spent(calendars, rows)[0].minutes)
        # Each place's calendar is asked for once.
        monkeypatch.setattr(facts.locked_instance, "calendar", None)
        assert facts._spent(calendars, rows)[0].minutes == minutes[-1]
    # From nine o'clock on; and an hour of the next day.
    assert minutes == [390, 450]


def test_a_year_of_the_nation_that_is_not_announced_has_no_day_of_effect(eve):
    """The days before it would stay as they are: none."""
    with pytest.raises(RuleViolated, match="请把生效日期留空"):
        own(eve, LONG, NATION, date(2027, 3, 1))


def test_a_proposal_keeps_whose_days_it_brings(announced):
    two = announced.person("wang"), announced.person("li")
    announcement = read(FESTIVAL, 2027)
    with transaction(writing=False) as session:
        foreseen = recalculation.foresee(
            session, TENANT, announcement, announced.now, 10, COUNTY
        )
    assert foreseen == []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(calendar_proposals, "_others", lambda *_: True)
        calendar_proposals.propose(
            TENANT,
            CalendarChange(announcement, "公告", Validity(COUNTY)),
            two[0],
            announced.now,
            2026,
            1,
        )
    errand = announced.start()
    with transaction(writing=False) as session:
        waiting = open_proposal(session, TENANT)
        (move,) = recalculation.foresee(
            session, TENANT, announcement, announced.now, 10, COUNTY
        )
    assert (waiting.place, move.after) == (COUNTY, WITH_FESTIVAL)
    calendar_proposals.confirm(TENANT, waiting.id, two[1], announced.now, 2026)
    assert announced.rows(
        sa.select(CalendarVersion.first_on).where(CalendarVersion.number == 2)
    ) == ["2027-01-06"]
    recalculation.recalculate(announced.now, TENANT)
    assert announced.task(errand, "review").due_at == WITH_FESTIVAL
