"""A place's own days stand beside the nation's: they count for the deadlines of its bodies and of those below
it, and move these alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from orchestrator.domain.announcements import Announcement, read
from orchestrator.errors import RuleViolated
from orchestrator.services.access import viewer
from orchestrator.services.clocks import recalculation
from orchestrator.services.instances import case_view
from orchestrator.services.registers import (
    calendar_proposals,
    calendar_years,
    calendars,
)
from orchestrator.services.registers.calendar_years import Validity
from orchestrator.store.calendars import (
    NATION,
    CalendarDay,
    CalendarVersion,
    open_proposal,
)
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory
from orchestrator.store.timers import Deadline
from tests.services.registers.test_calendars import LONG, bring, eve
from tests.services.world import TENANT

__all__ = ["eve"]

COUNTY = "990100"
OTHER = "990200"
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
        session.add(
            Territory(
                tenant_id=TENANT,
                code=OTHER,
                name="邻县",
                level="county",
                parent_code="990000",
                path="990000/990200/",
            )
        )
    return eve


def own(
    world, text: str, place: str, first: date | None = None
) -> recalculation.Recalculation:
    announcement = read(text, 2027) if text else Announcement(2027, ())
    calendars.activate(
        TENANT,
        announcement,
        "试验县人民政府公告",
        None,
        world.now,
        2026,
        validity=Validity(place, first),
    )
    return recalculation.recalculate(world.now, TENANT)


@pytest.mark.parametrize(
    ("place", "due", "looked_at"),
    [
        (COUNTY, WITH_FESTIVAL, 1),
        ("990000", WITH_FESTIVAL, 1),
        (OTHER, ANNOUNCED, 0),
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
    # The year's version is still the nation's.
    assert [year.version for year in known if year.year == 2027] == [1]


def test_a_later_year_of_the_nation_keeps_the_places_own_days(announced):
    own(announced, FESTIVAL, COUNTY)
    bring(announced, LONG + "\n2027-05-01,休,劳动节")
    errand = announced.start()
    assert announced.task(errand, "review").due_at == WITH_FESTIVAL


def test_a_place_that_is_not_there_and_a_past_year_are_refused(announced):
    with pytest.raises(RuleViolated, match="没有这个地方"):
        own(announced, FESTIVAL, "990999")
    with pytest.raises(RuleViolated, match="2025 年已经过去"):
        calendars.activate(
            TENANT,
            read("2025-01-06,休,县庆", 2025),
            "",
            None,
            announced.now,
            2026,
            validity=Validity(COUNTY),
        )


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
            announcement,
            "公告",
            two[0],
            announced.now,
            2026,
            1,
            Validity(COUNTY),
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
