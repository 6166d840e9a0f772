"""Working time in the PRC, by worked examples: holidays and make-up days of 2026 as announced."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.deadlines import Ledger, add, from_json, to_json

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = {
    day: False
    for day in chinese_calendar.constants.holidays
    if day.year >= 2025
}
DAYS |= {
    day: True
    for day in chinese_calendar.constants.workdays
    if day.year >= 2025
}
CALENDAR = WorkCalendar(
    DAYS,
    ((time(9), time(12)), (time(14), time(17, 30))),
    announced_until=date(2026, 12, 31),
    version="test",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


EXAMPLES = [
    # start, amount, unit, due
    ("2026-03-02 09:00", 24, "hours", "2026-03-03 09:00"),
    ("2026-03-06 17:59", 24, "hours", "2026-03-07 17:59"),
    ("2026-09-30 16:00", 24, "hours", "2026-10-01 16:00"),
    ("2026-12-31 23:30", 24, "hours", "2027-01-01 23:30"),
    ("2026-03-02 09:00", 3, "days", "2026-03-05 09:00"),
    ("2026-02-27 10:00", 2, "days", "2026-03-01 10:00"),
    ("2026-03-02 09:00", 0, "working_days", "2026-03-02 17:30"),
    ("2026-03-07 09:00", 0, "working_days", "2026-03-09 17:30"),
    ("2026-03-02 09:00", 1, "working_days", "2026-03-03 17:30"),
    ("2026-03-02 17:59", 1, "working_days", "2026-03-03 17:30"),
    ("2026-03-02 23:59", 1, "working_days", "2026-03-03 17:30"),
    ("2026-03-06 17:59", 1, "working_days", "2026-03-09 17:30"),
    ("2026-03-06 09:00", 5, "working_days", "2026-03-13 17:30"),
    ("2026-03-07 11:00", 1, "working_days", "2026-03-09 17:30"),
    ("2026-03-08 11:00", 1, "working_days", "2026-03-09 17:30"),
    # New Year 2026: 1–3 January off, Sunday 4 January a make-up working day
    ("2025-12-31 10:00", 1, "working_days", "2026-01-04 17:30"),
    ("2025-12-31 10:00", 2, "working_days", "2026-01-05 17:30"),
    ("2026-01-01 10:00", 1, "working_days", "2026-01-04 17:30"),
    # Spring Festival 2026: 15–23 February off, Saturdays 14 and 28 February work
    ("2026-02-13 10:00", 1, "working_days", "2026-02-14 17:30"),
    ("2026-02-14 10:00", 1, "working_days", "2026-02-24 17:30"),
    ("2026-02-13 10:00", 5, "working_days", "2026-02-27 17:30"),
    ("2026-02-27 10:00", 1, "working_days", "2026-02-28 17:30"),
    ("2026-02-28 10:00", 1, "working_days", "2026-03-02 17:30"),
    # Tomb-sweeping 2026: 4–6 April off
    ("2026-04-03 10:00", 1, "working_days", "2026-04-07 17:30"),
    # Labour Day 2026: 1–5 May off, Saturday 9 May works
    ("2026-04-30 10:00", 1, "working_days", "2026-05-06 17:30"),
    ("2026-05-08 10:00", 1, "working_days", "2026-05-09 17:30"),
    ("2026-05-09 10:00", 1, "working_days", "2026-05-11 17:30"),
    # Dragon Boat 2026: 19–21 June off
    ("2026-06-18 10:00", 1, "working_days", "2026-06-22 17:30"),
    # Mid-autumn 25–27 September off; National Day 1–7 October off; Sunday 20 September and Saturday 10
    # October work
    ("2026-09-18 10:00", 1, "working_days", "2026-09-20 17:30"),
    ("2026-09-20 10:00", 1, "working_days", "2026-09-21 17:30"),
    ("2026-09-24 10:00", 1, "working_days", "2026-09-28 17:30"),
    ("2026-09-30 16:00", 1, "working_days", "2026-10-08 17:30"),
    ("2026-09-30 16:00", 3, "working_days", "2026-10-10 17:30"),
    ("2026-09-30 16:00", 4, "working_days", "2026-10-12 17:30"),
    ("2026-10-03 08:00", 1, "working_days", "2026-10-08 17:30"),
    ("2026-10-09 12:30", 1, "working_days", "2026-10-10 17:30"),
    # office hours 9–12 and 14–17:30
    ("2026-03-02 09:00", 1, "working_hours", "2026-03-02 10:00"),
    ("2026-03-02 09:00", 3, "working_hours", "2026-03-02 12:00"),
    ("2026-03-02 09:00", 4, "working_hours", "2026-03-02 15:00"),
    ("2026-03-02 11:30", 1, "working_hours", "2026-03-02 14:30"),
    ("2026-03-02 12:30", 1, "working_hours", "2026-03-02 15:00"),
    ("2026-03-02 13:59", 1, "working_hours", "2026-03-02 15:00"),
    ("2026-03-02 08:00", 1, "working_hours", "2026-03-02 10:00"),
    ("2026-03-02 17:00", 1, "working_hours", "2026-03-03 09:30"),
    ("2026-03-02 17:30", 1, "working_hours", "2026-03-03 10:00"),
    ("2026-03-02 18:00", 1, "working_hours", "2026-03-03 10:00"),
    ("2026-03-06 17:00", 1, "working_hours", "2026-03-09 09:30"),
    ("2026-03-06 17:59", 4, "working_hours", "2026-03-09 15:00"),
    ("2026-03-07 10:00", 4, "working_hours", "2026-03-09 15:00"),
    ("2026-09-30 17:00", 2, "working_hours", "2026-10-08 10:30"),
    ("2026-10-10 16:30", 2, "working_hours", "2026-10-12 10:00"),
    ("2026-02-14 17:00", 1, "working_hours", "2026-02-24 09:30"),
    ("2026-03-02 09:00", 13, "working_hours", "2026-03-03 17:30"),
    ("2026-03-02 09:00", 14, "working_hours", "2026-03-04 10:00"),
    ("2026-12-31 17:00", 1, "working_hours", "2027-01-04 09:30"),
    ("2026-12-31 10:00", 1, "working_days", "2027-01-04 17:30"),
    ("2026-12-30 10:00", 1, "working_days", "2026-12-31 17:30"),
]


@pytest.mark.parametrize(("start", "amount", "unit", "due"), EXAMPLES)
def test_a_limit_ends_when_the_office_would_say(
    start, amount, unit, due
) -> None:
    assert add(CALENDAR, at(start), amount, unit) == at(due)


def test_a_deadline_in_a_year_not_announced_yet_is_provisional_and_says_so() -> (
    None
):
    late = Ledger(
        "handle", at("2026-12-30 10:00"), 5, "working_days", "default"
    )
    assert late.provisional(CALENDAR)
    assert "暂定" in late.lines(CALENDAR)[-1]
    assert not Ledger(
        "handle", at("2026-12-30 10:00"), 1, "working_days", "default"
    ).provisional(CALENDAR)
    assert not Ledger(
        "report", at("2026-12-31 10:00"), 48, "hours", "32"
    ).provisional(CALENDAR)


def test_an_extension_counts_from_the_old_due_date_and_stands_in_the_sum() -> (
    None
):
    ledger = Ledger("handle", at("2026-03-02 10:00"), 5, "working_days", "34")
    extended = ledger.extend(
        3, "working_days", at("2026-03-05 10:00"), "县网格中心", "现场复杂"
    )
    assert extended.due_at(CALENDAR) == at("2026-03-12 17:30")
    assert extended.lines(CALENDAR) == [
        "起算：2026-03-02 10:00",
        "时限 5个工作日：2026-03-09 17:30",
        "县网格中心批准延期 3个工作日（现场复杂）：2026-03-12 17:30",
    ]


def test_time_under_suspension_does_not_count_even_across_a_holiday() -> None:
    ledger = Ledger(
        "handle", at("2026-09-28 10:00"), 2, "working_days", "34"
    ).suspend(at("2026-09-29 09:00"), "王主任", "等待鉴定")
    assert ledger.suspended
    resumed = ledger.resume(at("2026-10-08 09:00"))
    assert not resumed.suspended
    # two working days (29 and 30 September) stood still
    assert resumed.due_at(CALENDAR) == at("2026-10-09 17:30")


def test_the_ledger_survives_its_row() -> None:
    ledger = Ledger(
        "handle", at("2026-03-02 10:00"), 5, "working_days", "34"
    ).extend(1, "hours", at("2026-03-03 10:00"), "甲", "乙")
    assert from_json(to_json(ledger.entries)) == ledger.entries


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 30)).map(
    lambda moment: moment.replace(tzinfo=ZONE)
)


@given(
    INSTANTS,
    INSTANTS,
    st.integers(0, 30),
    st.sampled_from(["hours", "days", "working_days", "working_hours"]),
)
def test_a_later_start_is_never_due_earlier(one, other, amount, unit) -> None:
    first, second = sorted((one, other))
    assert add(CALENDAR, first, amount, unit) <= add(
        CALENDAR, second, amount, unit
    )


@given(INSTANTS, st.integers(0, 40), st.integers(0, 40))
def test_working_time_adds_up(start, first, second) -> None:
    together = CALENDAR.add_working_time(
        start, timedelta(hours=first + second)
    )
    assert (
        CALENDAR.add_working_time(
            CALENDAR.add_working_time(start, timedelta(hours=first)),
            timedelta(hours=second),
        )
        == together
    )


@given(INSTANTS, st.integers(0, 60))
def test_working_time_between_is_the_inverse_of_adding_it(
    start, hours
) -> None:
    amount = timedelta(hours=hours)
    assert (
        CALENDAR.working_time_between(
            start, CALENDAR.add_working_time(start, amount)
        )
        == amount
    )
