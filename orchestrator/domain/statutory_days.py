"""The days off that the law itself dates, for years whose arrangement is not announced yet.

全国年节及纪念日放假办法, as revised by State Council decree 795 of 2024: New Year's Day, the eve of the lunar
year and the three days after it, Qingming, 1 and 2 May, the dragon boat and mid-autumn festivals, 1 to 3
October. Which working days are given off for those on weekends is for the yearly arrangement to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

import chinese_calendar
from lunardate import LunarDate

FIXED = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}
"""Days of the same date every year."""
LUNAR = {
    (5, 5): "端午节",
    (8, 15): "中秋节",
}
"""Month and day of the lunar calendar."""
SPRING_DAYS = range(-1, 3)
"""From New Year's Eve on, counted from the first day of the lunar year."""
QINGMING = "清明"
FIRST_YEAR = 2025
"""The first whole year under the revised rule."""
LAST_YEAR = 2099
"""Up to here the lunar calendar is tabled; later years have the days of the same date alone."""


@cache
def statutory_days(year: int) -> Mapping[date, str]:
    """Day off → its name. The one of two that fall on the same day has the name of the fixed date."""
    days: dict[date, str] = {}
    if FIRST_YEAR <= year <= LAST_YEAR:
        days[_qingming(year)] = "清明节"
        for (month, number), name in LUNAR.items():
            days[_solar(year, month, number)] = name
        new_year = _solar(year, 1, 1)
        for offset in SPRING_DAYS:
            days[new_year + timedelta(days=offset)] = "春节"
    for (month, number), name in FIXED.items():
        days[date(year, month, number)] = name
    return MappingProxyType(days)


def _solar(year: int, month: int, number: int) -> date:
    day: date = LunarDate(year, month, number).to_solar_date()
    return day


def _qingming(year: int) -> date:
    """The solar term, which begins on one of the first days of April."""
    terms: list[tuple[date, str]] = chinese_calendar.get_solar_terms(
        date(year, 4, 1), date(year, 4, 10)
    )
    for day, name in terms:
        if name == QINGMING:
            return day
    return date(year, 4, 5)
