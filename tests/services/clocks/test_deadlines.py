"""Statutory deadlines: extension, suspension, and the recount when a year's holidays are announced."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.errors import Forbidden, InstanceChanged, RuleViolated
from orchestrator.services.clocks import deadlines, timers
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.records import history
from orchestrator.store.calendars import CalendarDay
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTaskCandidate


def _deadline(world, instance_id: str) -> Deadline:
    (found,) = world.rows(
        sa.select(Deadline).where(Deadline.instance_id == instance_id)
    )
    return found


def test_an_extension_moves_the_due_date_of_the_task_and_the_timer_with_it(
    world,
):
    errand = world.start()
    ledger = _deadline(world, errand)
    due = deadlines.extend(
        ledger.id,
        deadlines.Extension(2, "working_days", "材料需外调"),
        by=world.person("zhou"),
        now=world.now,
    )
    # Friday, then the make-up Saturday and Monday.
    assert due == datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    task = world.task(errand, "review")
    (timer,) = world.timers(errand)
    offers = world.rows(
        sa.select(UserTaskCandidate.due_sort).where(
            UserTaskCandidate.task_id == task.id
        )
    )
    assert (task.due_at, task.due_sort, timer.due_at, offers) == (
        due,
        due,
        due,
        [due],
    )
    assert timers.fire_due(datetime(2026, 3, 6, 10, 0, tzinfo=UTC)).fired == 0
    assert timers.fire_due(due).fired == 1
    lines = deadline_rows.ledger_of(_deadline(world, errand)).lines(
        _calendar(world)
    )
    assert "周市长助理批准延期 2个工作日（材料需外调）" in lines[2]
    assert history.verify(errand) == []


def test_only_who_oversees_the_place_may_extend(world):
    errand = world.start()
    ledger = _deadline(world, errand)
    for username in ("zhao", "sun", "wang"):
        with pytest.raises(Forbidden):
            deadlines.extend(
                ledger.id,
                deadlines.Extension(2, "working_days", "想多要几天"),
                by=world.person(username),
                now=world.now,
            )
    units = "单位为分钟、小时、日、工作日、工作小时之一"
    with pytest.raises(RuleViolated, match=units):
        deadlines.extend(
            ledger.id,
            deadlines.Extension(0, "working_days", "零天"),
            by=world.person("zhou"),
            now=world.now,
        )
    assert _deadline(world, errand).entries == []


def test_who_has_left_the_body_that_oversees_extends_no_more(world):
    errand, zhou = world.start(), world.person("zhou")
    with transaction() as session:
        his = sa.update(Membership).where(Membership.person_id == zhou)
        session.execute(his.values(until_on=date(2026, 1, 1)))
    with pytest.raises(Forbidden):
        deadlines.extend(
            _deadline(world, errand).id,
            deadlines.Extension(2, "working_days", "外调"),
            by=zhou,
            now=world.now,
        )
    assert _deadline(world, errand).entries == []


def test_while_a_matter_is_suspended_its_clock_stands_still(world):
    errand = world.start()
    ledger, zhou = _deadline(world, errand), world.person("zhou")
    world.later(hours=1)
    deadlines.suspend(
        ledger.id,
        "等待鉴定",
        by=zhou,
        now=world.now,
        review_on=date(2026, 4, 1),
    )
    assert timers.fire_due(world.now + timedelta(days=30)).fired == 0
    assert world.task(errand, "review").due_at is None
    with pytest.raises(InstanceChanged):
        deadlines.suspend(
            ledger.id,
            "再次",
            by=zhou,
            now=world.now,
            review_on=date(2026, 4, 1),
        )
    world.later(
        days=7
    )  # five working days: the holiday is out, the make-up Saturday is in
    # Friday 17:30 and five working days: Saturday, Monday to Thursday.
    due = deadlines.resume(ledger.id, by=zhou, now=world.now)
    assert due == datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
    assert world.task(errand, "review").due_at == due
    assert timers.fire_due(due - timedelta(minutes=1)).fired == 0
    assert timers.fire_due(due).fired == 1
    assert [kind for kind in world.history(errand) if "deadline" in kind] == [
        "deadline-suspended",
        "deadline-resumed",
    ]


def test_a_deadline_of_a_finished_task_moves_no_more(world):
    errand = world.start()
    ledger = _deadline(world, errand)
    world.review(errand)
    with pytest.raises(InstanceChanged):
        deadlines.extend(
            ledger.id,
            deadlines.Extension(2, "working_days", "太晚"),
            by=world.person("zhou"),
            now=world.now,
        )


def _calendar(world):
    with transaction() as session:
        days = session.execute(
            sa.select(CalendarDay.on, CalendarDay.kind)
        ).all()

    return WorkCalendar(
        {date.fromisoformat(on): kind == "workday" for on, kind in days}
    )


def test_a_deadline_is_extended_no_more_often_and_no_longer_than_the_rules_allow(
    world,
):
    errand = world.start()
    ledger, zhou = _deadline(world, errand), world.person("zhou")
    deadlines.extend(
        ledger.id,
        deadlines.Extension(3, "working_days", "外调"),
        by=zhou,
        now=world.now,
    )
    with pytest.raises(RuleViolated) as refused:
        deadlines.extend(
            ledger.id,
            deadlines.Extension(3, "working_days", "再外调"),
            by=zhou,
            now=world.now,
        )
    assert "最多可延 2" in refused.value.reasons[0]
    deadlines.extend(
        ledger.id,
        deadlines.Extension(1, "working_days", "再外调"),
        by=zhou,
        now=world.now,
    )
    with pytest.raises(RuleViolated):
        deadlines.extend(
            ledger.id,
            deadlines.Extension(1, "working_days", "三外调"),
            by=zhou,
            now=world.now,
        )
    assert len(_deadline(world, errand).entries) == 2


def test_a_suspended_task_comes_up_again_on_its_day_of_review(world):
    errand = world.start()
    ledger, zhou = _deadline(world, errand), world.person("zhou")
    with pytest.raises(RuleViolated, match="复查日期应在今天之后"):
        deadlines.suspend(
            ledger.id,
            "等待鉴定",
            by=zhou,
            now=world.now,
            review_on=date(2026, 3, 2),
        )
    deadlines.suspend(
        ledger.id,
        "等待鉴定",
        by=zhou,
        now=world.now,
        review_on=date(2026, 3, 9),
    )
    task = world.task(errand, "review")
    morning = datetime(2026, 3, 8, 16, 0, tzinfo=UTC)
    assert (task.due_at, task.follow_up_at, task.due_sort) == (
        None,
        morning,
        morning,
    )
    deadlines.resume(ledger.id, by=zhou, now=world.now + timedelta(hours=1))
    task = world.task(errand, "review")
    assert (task.follow_up_at, task.due_sort) == (None, task.due_at)
