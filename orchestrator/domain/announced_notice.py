"""The State Council's notice of a year's holidays, line by line: what is off and what is worked."""

from __future__ import annotations

import re
from datetime import date

from orchestrator.domain.announced_days import (
    HOLIDAY,
    WEEKDAYS,
    WORKDAY,
    Day,
    DayRefused,
    days_between,
    made,
    named,
    weekday,
)
from orchestrator.sentences import say

_MONTH_DAY = (
    r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:[（(]([^）)]*)[）)])?"
)


_ITEM = re.compile(
    r"^\s*(?:[（(]?[一二三四五六七八九十]+[、)）.]|\d+[、.．])?\s*((?:[^：:\d]{1,12}节?))[：:](.*)$",
)


_SPAN = re.compile(rf"{_MONTH_DAY}(?:\s*(?:至|到|—|-|~|～)\s*{_MONTH_DAY})?")


def year_of_notice(text: str) -> int | None:
    match = re.search(r"(\d{4})年(?:部分)?节假日", text) or re.search(
        r"现将(\d{4})年",
        text,
    )
    if match:
        return int(match[1])
    return None


def is_prose(line: str) -> bool:
    """Whether a line is a sentence of the notice: 一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。"""
    return bool(_ITEM.match(line)) and bool(
        re.search(r"\d日.*(放假|上班)", line),
    )


def read_notice(line: str, year: int | None) -> list[Day]:
    if year is None:
        raise DayRefused(say("通知里没有写明年份，请先填写年份"))
    match = _ITEM.match(line)
    assert match is not None  # is_prose looked
    name = named(match[1].strip())
    days = []
    for sentence in re.split("[。；;]", match[2]):
        if "放假" in sentence:
            days += [Day(on, HOLIDAY, name) for on in _off(sentence, year)]
        elif "上班" in sentence:
            days += [
                Day(on, WORKDAY, named(f"{name}调休上班"))
                for on in _spans(sentence, year)
            ]
    return days


def _off(sentence: str, year: int) -> list[date]:
    days = _spans(sentence.partition("放假")[0], year)
    match = re.search(r"(?:共|放假)\s*(\d+)\s*天", sentence)
    if match and int(match[1]) != len(days):
        raise DayRefused(
            say(
                "通知说共 {told} 天，但读出的是 {count} 天，请核对这一行",
                told=match[1],
                count=len(days),
            ),
        )
    return days


def _spans(sentence: str, year: int) -> list[date]:
    days: list[date] = []
    month: int | None = None
    for match in _SPAN.finditer(sentence):
        (
            own,
            first_month,
            first_day,
            first_note,
            then,
            last_month,
            last_day,
            last_note,
        ) = match.groups()
        if first_month:
            month = int(first_month)
        if month is None:
            raise DayRefused(
                say("“{each}”没有写明月份，请核对这一行", each=match[0]),
            )
        begun = _noted(
            made(int(own or year), month, int(first_day)),
            first_note,
        )
        if last_day is None:
            days.append(begun)
            continue
        if last_month:
            month = int(last_month)
        days += days_between(
            begun,
            _noted(
                made(int(then or begun.year), month, int(last_day)),
                last_note,
            ),
        )
    return days


def _noted(on: date, note: str | None) -> date:
    """The date, when the weekday in the brackets after it is its own."""
    match = re.search("(?:周|星期)([一二三四五六日天])", note or "")
    if match and match[1].replace("天", "日") != WEEKDAYS[on.weekday()]:
        raise DayRefused(
            say(
                "{on} 是{weekday}，通知里写的是周{told}，请核对年份和日期",
                on=on,
                weekday=weekday(on),
                told=match[1],
            ),
        )
    return on
