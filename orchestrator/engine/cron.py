"""Cron texts as Camunda 7 and Quartz read them: seconds, minutes, hours, day of month, month, day of week
from 1 = Sunday, and perhaps the year.

The text is taken apart here; croniter finds the next instant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from croniter import CroniterBadCronError, CroniterBadDateError, croniter

from orchestrator.sentences import say

MACROS = {
    "@yearly": "0 0 0 1 1 ?",
    "@annually": "0 0 0 1 1 ?",
    "@monthly": "0 0 0 1 * ?",
    "@weekly": "0 0 0 ? * SUN",
    "@daily": "0 0 0 * * ?",
    "@midnight": "0 0 0 * * ?",
    "@hourly": "0 0 * * * ?",
}
"""What Camunda 8 and Spring write in words."""
EXAMPLE = say("0 0 9 ? * MON-FRI（周一至周五 9 点）")
_MONTHS = {
    "JAN": 1,
    "FEB": 2,
    "MAR": 3,
    "APR": 4,
    "MAY": 5,
    "JUN": 6,
    "JUL": 7,
    "AUG": 8,
    "SEP": 9,
    "OCT": 10,
    "NOV": 11,
    "DEC": 12,
}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    (say("秒"), 0, 59, {}),
    (say("分"), 0, 59, {}),
    (say("时"), 0, 23, {}),
    (say("日"), 1, 31, {}),
    (say("月"), 1, 12, _MONTHS),
    (say("周"), 1, 7, _DAYS),
    (say("年"), 1970, 2099, {}),
)
_PART = re.compile(
    r"^(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,4}))?$",
)
_ANY = ("*", "?")
_YEARS_AHEAD = 30
"""A 29 February that is a Monday comes every 28 years."""


class CronInvalid(ValueError):
    """The message is a Chinese sentence that says how to write it."""


def is_cron(text: str) -> bool:
    """Whether the text is meant as cron: several fields, or a word with an @."""
    return text.startswith("@") or len(text.split()) >= 5


def following(text: str, after: datetime, timezone: str) -> datetime:
    """The next instant after `after`, in UTC, by the clock of that zone. Raises CronInvalid, also where there
    is none in 30 years."""
    seconds, minutes, hours, days, months, weekdays, *years = _read(text)
    fields = " ".join(
        (minutes, hours, days, months, weekdays, seconds, *years),
    )
    try:
        result = croniter(
            fields,
            after.astimezone(ZoneInfo(timezone)),
            max_years_between_matches=_YEARS_AHEAD,
        )
        due: datetime = result.get_next(datetime)
    except (CroniterBadCronError, CroniterBadDateError, OverflowError):
        raise CronInvalid(
            say(
                "周期“{text}”没有一天符合，请核对日、月、周，如 {example}",
                text=text,
                example=EXAMPLE,
            ),
        ) from None
    return due.astimezone(UTC)


def _read(text: str) -> list[str]:
    """The fields as lists of numbers, day of week from 0 = Sunday. Raises CronInvalid."""
    parts = MACROS.get(text, text).upper().split()
    if len(parts) not in (6, 7):
        raise CronInvalid(
            say(
                "周期“{text}”的 cron 要写六段：秒 分 时 日 月 周，如 {example}",
                text=text,
                example=EXAMPLE,
            ),
        )
    if not (parts[0].isdecimal() and int(parts[0]) <= 59):
        raise CronInvalid(
            say(
                "周期“{text}”的秒只能写一个数（0 到 59），间隔至少 1 分钟，如 {example}",
                text=text,
                example=EXAMPLE,
            ),
        )
    if parts[3] not in _ANY and parts[5] not in _ANY:
        raise CronInvalid(
            say(
                "周期“{text}”的日和周只能写一个，另一个写 ?，如 {example}",
                text=text,
                example=EXAMPLE,
            ),
        )
    return [
        _field(text, part, *field)
        for part, field in zip(parts, _FIELDS, strict=False)
    ]


def _field(
    text: str,
    written: str,
    name: str,
    low: int,
    high: int,
    words: Mapping[str, int],
) -> str:
    if written in _ANY and (written == "*" or name in "日周"):
        return "*"
    if name == "日" and written == "L":
        return "L"
    if name == "周" and (special := _weekday(written)):
        return special
    numbers = sorted(
        {
            number
            for part in written.split(",")
            for number in _numbers(part, low, high, words)
        },
    )
    if not numbers:
        raise CronInvalid(
            say(
                "周期“{text}”的{name}“{written}”看不懂，请写成 {low} 到 {high}，如 {example}",
                text=text,
                name=name,
                written=written,
                low=low,
                high=high,
                example=EXAMPLE,
            ),
        )
    return ",".join(
        str(number - 1 if name == "周" else number) for number in numbers
    )


def _numbers(
    part: str,
    low: int,
    high: int,
    words: Mapping[str, int],
) -> Iterator[int]:
    """The numbers that a part of a field stands for; none where it cannot be read. `FRI-MON` goes over the
    end."""
    match = _PART.match(part)
    if match is None:
        return
    step = int(match["step"] or 1)
    if match["first"]:
        first = _number(match["first"], words)
    else:
        first = low
    if match["last"]:
        last = _number(match["last"], words)
    else:
        if match["step"] or not match["first"]:
            last = high
        else:
            last = first
    if (
        first is None
        or last is None
        or step < 1
        or not (low <= first <= high and low <= last <= high)
    ):
        return
    size = high - low + 1
    for offset in range(
        0,
        (last - first) % size + 1 if last < first else last - first + 1,
        step,
    ):
        yield low + (first - low + offset) % size


def _number(text: str, words: Mapping[str, int]) -> int | None:
    return words.get(
        text,
        int(text) if text.isdecimal() and text.isascii() else None,
    )


def _weekday(written: str) -> str | None:
    """`6L`, the last Friday of the month, and `6#3`, its third; `L` alone is Saturday."""
    if written == "L":
        return "6"
    match = re.match(r"^([1-7]|[A-Z]{3})(?:L|#([1-5]))$", written)
    day = None
    if match:
        day = _number(match[1], _DAYS)
    if match is None or day is None:
        return None
    if match[2]:
        return f"{day - 1}#{match[2]}"
    return f"L{day - 1}"
