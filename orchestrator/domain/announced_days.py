"""Days as announcements of holidays write them: one date, a span, a name, a day of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from orchestrator.sentences import say

HOLIDAY = "holiday"
WORKDAY = "workday"

LONGEST_RANGE = 31
"""Days: a longer rest is a slip of the pen."""


KINDS = {
    **dict.fromkeys(
        ("休", "假", "放假", "休息", "节假日", "holiday"),
        HOLIDAY,
    ),
    **dict.fromkeys(
        ("班", "上班", "补班", "调休", "调休上班", "工作日", "workday"),
        WORKDAY,
    ),
}


KIND_WORDS = {HOLIDAY: "休", WORKDAY: "班"}
"""What an administrator writes for the two."""


WEEKDAYS = "一二三四五六日"


_WEEKDAY_NAMES = (
    say("周一"),
    say("周二"),
    say("周三"),
    say("周四"),
    say("周五"),
    say("周六"),
    say("周日"),
)


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    kind: str
    """HOLIDAY or WORKDAY."""
    name: str
    """Of the festival; of a make-up day, what it makes up for."""


class DayRefused(ValueError):
    """A line that cannot be read; the message is a Chinese sentence that says what to do."""


def days_between(first: date, last: date) -> list[date]:
    if (last - first).days >= LONGEST_RANGE:
        raise DayRefused(
            say(
                "从 {first} 到 {last} 超过 {longest_range} 天，请核对日期",
                first=first,
                last=last,
                longest_range=LONGEST_RANGE,
            ),
        )
    return [
        first + timedelta(days=number)
        for number in range((last - first).days + 1)
    ]


def made(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise DayRefused(
            say(
                "没有 {year} 年 {month} 月 {day} 日这一天，请核对日期",
                year=year,
                month=month,
                day=day,
            ),
        ) from None


def named(text: str) -> str:
    if len(text) > 40 or "\0" in text:
        raise DayRefused(
            say("名称太长或含有无法识别的字符，请缩短到 40 字以内"),
        )
    return text


def weekday(on: date) -> str:
    return _WEEKDAY_NAMES[on.weekday()]
