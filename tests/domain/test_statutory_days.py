"""Days off that the law dates count before the year is announced; what was announced agrees with them."""

from datetime import UTC, date, datetime, time

import chinese_calendar
import pytest

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.statutory_days import FIXED, statutory_days

UNANNOUNCED = WorkCalendar({}, announced_until=date(2026, 12, 31))


def test_the_days_of_2027_are_those_of_the_law() -> None:
    told = {
        day.isoformat(): name for day, name in statutory_days(2027).items()
    }
    assert told == {
        "2027-01-01": "元旦",
        "2027-02-05": "春节",
        "2027-02-06": "春节",
        "2027-02-07": "春节",
        "2027-02-08": "春节",
        "2027-04-05": "清明节",
        "2027-05-01": "劳动节",
        "2027-05-02": "劳动节",
        "2027-06-09": "端午节",
        "2027-09-15": "中秋节",
        "2027-10-01": "国庆节",
        "2027-10-02": "国庆节",
        "2027-10-03": "国庆节",
    }


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_announced_years_rest_on_every_one_of_them(year: int) -> None:
    announced = chinese_calendar.constants.holidays
    assert [day for day in statutory_days(year) if day not in announced] == []


def test_every_year_has_thirteen_days_but_where_two_fall_together() -> None:
    """Mid-autumn may fall on a national day; beyond the table there are the days of the same date."""
    for year in range(2027, 2100):
        days = statutory_days(year)
        assert len(days) in (12, 13), year
        assert {4, 5} >= {
            day.day for day, name in days.items() if name == "清明节"
        }
    assert len(statutory_days(2100)) == len(FIXED)
    assert len(statutory_days(9999)) == len(FIXED)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (datetime(2027, 2, 4, 2, tzinfo=UTC), datetime(2027, 2, 9, 17, 30)),
        (datetime(2027, 4, 2, 2, tzinfo=UTC), datetime(2027, 4, 6, 17, 30)),
        (datetime(2027, 6, 8, 2, tzinfo=UTC), datetime(2027, 6, 10, 17, 30)),
        (datetime(2027, 9, 14, 2, tzinfo=UTC), datetime(2027, 9, 16, 17, 30)),
        (datetime(2028, 10, 2, 2, tzinfo=UTC), datetime(2028, 10, 4, 17, 30)),
    ],
)
def test_a_working_day_of_an_unannounced_year_passes_over_them(
    start: datetime, due: datetime
) -> None:
    counted = UNANNOUNCED.add_working_days(start, 1)
    assert UNANNOUNCED.local(counted).replace(tzinfo=None) == due


def test_an_announced_year_says_for_itself() -> None:
    """What the year's arrangement leaves out is worked, whatever the rule says."""
    known = WorkCalendar({}, announced_until=date(2027, 12, 31))
    assert known.is_workday(date(2027, 6, 9))
    assert not UNANNOUNCED.is_workday(date(2027, 6, 9))
    assert UNANNOUNCED.hours[-1][1] == time(17, 30)
