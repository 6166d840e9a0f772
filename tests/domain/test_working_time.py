"""What the calendar counts at its edges: nothing added, days told as runs, another city's hours and zone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.calendar import DatedHours, WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
FESTIVAL = {date(2026, 10, day): False for day in range(1, 8)} | {
    date(2026, 10, 10): True,
    date(2026, 9, 27): False,
}
CALENDAR = WorkCalendar(
    FESTIVAL,
    announced_until=date(2026, 12, 31),
    names={date(2026, 10, day): "国庆节" for day in range(1, 8)}
    | {date(2026, 9, 27): "中秋节"},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_nothing_added_leaves_the_closing_minute_as_it_is() -> None:
    assert CALENDAR.add_working_time(
        at("2026-03-02 17:30"), timedelta()
    ) == at("2026-03-02 17:30")
    assert CALENDAR.add_working_time(
        at("2026-03-01 10:00"), timedelta()
    ) == at("2026-03-01 10:00")


def test_a_limit_that_ends_with_the_office_ends_that_day() -> None:
    assert CALENDAR.add_working_time(
        at("2026-03-02 16:30"), timedelta(hours=1)
    ) == at("2026-03-02 17:30")
    assert CALENDAR.add_working_time(
        at("2026-03-02 11:00"), timedelta(hours=1)
    ) == at("2026-03-02 12:00")


def test_holidays_are_told_as_runs_and_festivals_apart() -> None:
    assert CALENDAR.departures(date(2026, 9, 1), date(2026, 10, 31)) == [
        "9月27日中秋节放假",
        "10月1日至10月7日国庆节放假",
        "10月10日调休上班",
    ]
    assert CALENDAR.departures(date(2026, 10, 5), date(2026, 10, 6)) == [
        "10月5日至10月6日国庆节放假"
    ]
    assert CALENDAR.departures(date(2026, 10, 11), date(2026, 10, 31)) == []


def test_an_unnamed_holiday_is_a_statutory_holiday() -> None:
    assert WorkCalendar({date(2026, 5, 1): False}).departures(
        date(2026, 5, 1), date(2026, 5, 1)
    ) == ["5月1日法定节假日放假"]


def test_a_day_begins_where_the_office_stands() -> None:
    # 17:00 UTC on Friday is Saturday 01:00 in Shanghai
    friday_night = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
    assert CALENDAR.add_working_days(friday_night, 1) == at("2026-03-09 17:30")
    assert CALENDAR.add_working_days(friday_night, 0) == at("2026-03-09 17:30")
    in_urumqi = WorkCalendar(
        {}, ((time(10), time(13, 30)), (time(15, 30), time(19))), "Asia/Urumqi"
    )
    assert in_urumqi.add_working_days(
        datetime(2026, 3, 6, 17, 0, tzinfo=UTC), 0
    ) == datetime(2026, 3, 6, 13, 0, tzinfo=UTC)


def test_only_days_after_the_last_announced_one_are_provisional() -> None:
    assert not CALENDAR.is_provisional(date(2026, 12, 31))
    assert CALENDAR.is_provisional(date(2027, 1, 1))


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 30)).map(
    lambda moment: moment.replace(tzinfo=SHANGHAI)
)
ON_THE_QUARTER = INSTANTS.map(
    lambda moment: moment.replace(
        minute=moment.minute // 15 * 15, second=0, microsecond=0
    )
)


@given(ON_THE_QUARTER, st.integers(0, 160), st.integers(0, 160))
def test_quarters_of_working_hours_add_up_even_at_the_edges_of_the_day(
    start, first, second
) -> None:
    one, other = timedelta(minutes=15 * first), timedelta(minutes=15 * second)
    assert CALENDAR.add_working_time(
        CALENDAR.add_working_time(start, one), other
    ) == CALENDAR.add_working_time(start, one + other)


@given(INSTANTS, st.integers(0, 20), st.integers(0, 20))
def test_working_days_add_up(start, first, second) -> None:
    there = CALENDAR.add_working_days(start, first + second)
    assert (
        CALENDAR.add_working_days(
            CALENDAR.add_working_days(start, first), second
        )
        == there
        or first == 0
    )


@given(INSTANTS, st.integers(1, 20))
def test_a_limit_in_working_days_ends_on_a_working_day_at_closing_time(
    start, count
) -> None:
    due = CALENDAR.local(CALENDAR.add_working_days(start, count))
    assert CALENDAR.is_workday(due.date()) and due.time() == time(17, 30)


def test_office_hours_that_change_from_a_day_on_count_from_that_day() -> None:
    summer = DatedHours(
        date(2026, 6, 1), ((time(8), time(12)), (time(15), time(18)))
    )
    autumn = DatedHours(date(2026, 10, 1), CALENDAR.hours)
    calendar = replace(CALENDAR, hours_changes=(summer, autumn))
    friday = calendar.at(date(2026, 5, 29), time(16, 30))
    monday = calendar.at(date(2026, 6, 1), time(8))
    assert calendar.add_working_days(friday, 1) == calendar.at(
        date(2026, 6, 1), time(18)
    )
    assert calendar.add_working_time(
        friday, timedelta(hours=2)
    ) == calendar.at(date(2026, 6, 1), time(9))
    assert calendar.working_time_between(
        friday, monday + timedelta(hours=1)
    ) == timedelta(hours=2)
    assert not calendar.is_open(monday - timedelta(minutes=1))
    assert calendar.is_open(monday)
    assert calendar.is_open(calendar.at(date(2026, 9, 30), time(17, 59)))
    assert not calendar.is_open(calendar.at(date(2026, 10, 9), time(17, 59)))
