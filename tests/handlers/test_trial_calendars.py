"""A trial counts by the calendar of the designer's own city, with its own festivals, as matters do."""

from __future__ import annotations

from datetime import date, timedelta

from orchestrator.domain.announced_days import HOLIDAY, Day
from orchestrator.services import designing
from orchestrator.services.registers import calendars
from orchestrator.services.simulation.backend import NOW
from orchestrator.store.calendars import days_in_force
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT

APPLICATION = {
    "item_name": "夜间巡查",
    "category": "治安安全",
    "legal_basis": "消防条例",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}


def _clocks(office, draft: str) -> list[object]:
    with transaction(writing=False) as session:
        rehearsal = designing.TrialSetup(
            session, session.get_one(Draft, draft)
        )
        rehearsal.replay(
            [designing.TrialStep("start", by="jk-cg", values=APPLICATION)]
        )
        trial = rehearsal.trial()
        return [each.due_at for each in trial.tasks]


def test_a_festival_of_the_city_moves_the_dates_of_a_trial(office) -> None:
    draft = designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )
    before = _clocks(office, draft)
    festival = [
        Day((NOW + timedelta(days=each)).date(), HOLIDAY, "本市庙会")
        for each in range(1, 4)
    ]
    with transaction() as session:
        own = {day.on: day for day in festival}
        there = [
            Day(date.fromisoformat(row.on), row.kind, row.name)
            for row in days_in_force(session, TENANT)
            if int(row.on[:4]) == NOW.year
            and date.fromisoformat(row.on) not in own
        ]
        calendars.bring_into_force(
            session,
            TENANT,
            calendars.NewYear(NOW.year, [*there, *festival], "测试"),
            None,
            office.now,
        )
    after = _clocks(office, draft)
    assert before and None not in before
    assert all(
        later > earlier for earlier, later in zip(before, after, strict=True)
    )
